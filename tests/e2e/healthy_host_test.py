"""A busy healthy host raises no alert: short connections at a high rate, and bursts of clients.

CONNWATCH_HEALTHY_SECONDS=60 makes it a minute instead of ten seconds.
"""
import contextlib
import multiprocessing
import os
import socket
import time
import unittest

import sockets
from alert_watch import alerts, transitions
from network import sysctl
from support import Daemon, main, network_namespace

SECONDS = float(os.environ.get("CONNWATCH_HEALTHY_SECONDS", "10"))
PER_SECOND = 10_000
WORKERS = 2
ADDRESSES = 64  # of each worker, so that ports in TIME-WAIT are not met again
CLIENTS_AT_ONCE = 500
AT_ONCE = 25  # connections between looks at the clock
# At connect(), ports are counted for each destination. linux/in.h; older Pythons lack the name.
NO_PORT_AT_BIND = (socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
DEADLINE_S = 60


def make_connections(worker, made):
    """Opens and closes connections, each end first in turn, as fast as the rate allows."""
    addresses = [f"127.66.{worker}.{number + 1}" for number in range(ADDRESSES)]
    with socket.create_server((addresses[0], 0), backlog=128) as server:
        name = server.getsockname()
        begin = time.monotonic()
        while (elapsed := time.monotonic() - begin) < SECONDS:
            if made.value > elapsed * PER_SECOND / WORKERS:
                time.sleep(0.001)
                continue
            for i in range(AT_ONCE):
                client = socket.socket()
                client.setsockopt(*NO_PORT_AT_BIND)
                client.bind((addresses[made.value % ADDRESSES], 0))
                client.connect(name)
                ends = [client, server.accept()[0]]
                ends[i % 2].close()
                ends[1 - i % 2].close()
                made.value += 1


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
        context = multiprocessing.get_context("fork")
        made = [context.Value("q", 0, lock=False) for _ in range(WORKERS)]
        with Daemon("") as daemon:
            workers = [context.Process(target=make_connections, args=(number, made[number]))
                       for number in range(WORKERS)]
            begin = time.monotonic()
            for worker in workers:
                worker.start()
                self.addCleanup(worker.kill)
            bursts = 0
            while any(worker.is_alive() for worker in workers):
                self.assertLess(time.monotonic() - begin, SECONDS + DEADLINE_S)
                self.burst(server)
                bursts += 1
                time.sleep(0.5)
            took = time.monotonic() - begin
            for worker in workers:
                worker.join()
                self.assertEqual(worker.exitcode, 0)
            print(f"{sum(count.value for count in made) / took:.0f} connections a second for "
                  f"{took:.0f} s and {bursts} bursts of {CLIENTS_AT_ONCE}; alerts at the end: "
                  f"{list(alerts(daemon))}; in the log: {transitions(daemon)}")
            self.assertEqual([one for one in transitions(daemon) if one[1] == "firing"], [])


if __name__ == "__main__":
    main()
