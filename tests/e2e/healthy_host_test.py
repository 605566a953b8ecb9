"""A busy healthy host raises no alert: short connections at a high rate, and bursts of clients.

CONNWATCH_HEALTHY_SECONDS=60 makes it a minute instead of ten seconds.
"""
import contextlib
import os
import socket
import time
import unittest

import sockets
from alert_watch import alerts, transitions
from network import sysctl
from short_connections import ShortConnections
from support import Daemon, main, network_namespace

SECONDS = float(os.environ.get("CONNWATCH_HEALTHY_SECONDS", "10"))
PER_SECOND = 10_000
CLIENTS_AT_ONCE = 500
DEADLINE_S = 60


class HealthyHostTest(unittest.TestCase):
    def burst(self, server):
        """New clients all at once, as after a failover; accepted and served."""
        with contextlib.ExitStack() as stack:
            for _ in range(CLIENTS_AT_ONCE):
                client = stack.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(server.getsockname())
            for _ in range(CLIENTS_AT_ONCE):
                stack.enter_context(server.accept()[0])

    def test_it_raises_nothing(self):
        self.enterContext(network_namespace())
        kept = self.enterContext(sockets.Sockets())
        sysctl("ipv4/tcp_max_tw_buckets", 1_000_000)
        server = kept.listener(backlog=1024)
        with Daemon("") as daemon:
            load = ShortConnections(self, PER_SECOND, SECONDS)
            begin = time.monotonic()
            bursts = 0
            while load.are_running():
                self.assertLess(time.monotonic() - begin, SECONDS + DEADLINE_S)
                self.burst(server)
                bursts += 1
                time.sleep(0.5)
            took = time.monotonic() - begin
            print(f"{load.join() / took:.0f} connections a second for "
                  f"{took:.0f} s and {bursts} bursts of {CLIENTS_AT_ONCE}; alerts at the end: "
                  f"{list(alerts(daemon))}; in the log: {transitions(daemon)}")
            self.assertEqual([one for one in transitions(daemon) if one[1] == "firing"], [])


if __name__ == "__main__":
    main()
