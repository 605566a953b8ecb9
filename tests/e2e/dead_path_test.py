"""Connections whose path is dead: which ones count, for how long nothing was acknowledged, and the alert."""
import re
import socket
import subprocess
import time
import unittest

import sockets
from alert_watch import alerts, firing, have_fired, time_of
from network import free_port
from support import Daemon, main, network_namespace, wait_until
from two_hosts import CLIENT, TwoHosts, ip

CONFIG = "poll: {listeners: 100ms, handshakes: 500ms, full: 1s}\n"
ALERT = "ConnectionsStalled"


def total(page, name, **labels):
    """Over all groups."""
    return sum(value for (metric, found), value in page.series.items()
               if metric == f"connwatch_tcp_retransmitting_{name}"
               and labels.items() <= dict(found).items())


class DeadPathTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def lose(self, segments):
        subprocess.run(["nft", "table inet dead_path { chain in { type filter hook input priority 0; "
                               f"{segments} drop; }}; }}"], check=True)

    def lose_everything_to(self, port):
        self.lose(f"tcp dport {port}")

    def pairs(self, count):
        """(port, clients) of connections that have moved data."""
        server = self.sockets.listener()
        clients = [self.sockets.connect(server) for _ in range(count)]
        for client in clients:
            self.sockets.enter_context(server.accept()[0])
            client.send(b"hello")
        return server.getsockname()[1], clients

    @staticmethod
    def rows(timer):
        """What ss shows of the sockets with such a timer."""
        shown = subprocess.run(["ss", "-tnoiHO"], capture_output=True, text=True, check=True).stdout
        return [row for row in shown.splitlines() if f"timer:({timer}," in row]

    def timers(self, kind):
        """How often each such timer ran in vain."""
        return [int(re.search(r"timer:\(\w+,[^,]*,(\d+)\)", row)[1]) for row in self.rows(kind)]

    def test_five_connections_of_a_pool_raise_the_default_alert(self):
        port, clients = self.pairs(5)
        with Daemon(CONFIG) as daemon:
            self.assertEqual(total(daemon.page(), "sockets"), 0)
            self.lose_everything_to(port)
            sent_at = time.time()
            for client in clients:
                client.send(b"SELECT 1;")
            clients[0].shutdown(socket.SHUT_WR)  # one in FIN-WAIT-1
            alert = (ALERT, str(port))
            wait_until(lambda: alert in firing(daemon), "the alert fires")
            found = alerts(daemon)[alert]
            self.assertEqual(found["value"], 5)
            self.assertEqual(found["evidence"]["top_destinations"], {f"127.0.0.1:{port}": 5})
            page = daemon.page()
            group = {"direction": "outbound", "group": str(port)}
            self.assertEqual(page.get("connwatch_tcp_retransmitting_sockets", **group), 5)
            self.assertEqual(total(page, "sockets"), 5, "the ends that wait do not count")
            polled_at = page.get("connwatch_poll_last_success_timestamp_seconds", tier="full")
            age = page.get("connwatch_tcp_retransmitting_oldest_age_seconds", **group)
            self.assertLessEqual(age, polled_at - sent_at + 0.1)
            # The kernel's timers are late by some per cent, and the tail loss probe is not told.
            self.assertGreater(age, 0.85 * (polled_at - sent_at) - 0.5)
            self.assertEqual(have_fired(daemon), {alert})

    def test_it_ends_when_the_application_gives_up(self):
        port, clients = self.pairs(3)
        rule = f"alerts: [{{name: {ALERT}, for: 1s, clear: {{below: 1, for: 1s}}}}]\n"
        alert = (ALERT, str(port))
        with Daemon(rule + CONFIG) as daemon:
            self.lose_everything_to(port)
            for client in clients:
                client.send(b"SELECT 1;")
            wait_until(lambda: alert in firing(daemon), "the alert fires")
            for client in clients:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
            wait_until(lambda: time_of(daemon, alert, "resolved"), "it resolves")
            self.assertEqual(total(daemon.page(), "sockets"), 0)
            self.assertEqual(total(daemon.page(), "oldest_age_seconds"), 0)

    def test_inbound_connections_are_counted_and_raise_nothing(self):
        """Servers send answers to clients that are gone."""
        server = self.sockets.listener()
        clients = [self.sockets.connect(server) for _ in range(4)]
        ends = [self.sockets.enter_context(server.accept()[0]) for _ in clients]
        rule = f"alerts: [{{name: {ALERT}, for: 0s}}]\n"
        with Daemon(rule + CONFIG) as daemon:
            ports = ", ".join(str(client.getsockname()[1]) for client in clients)
            # Both ports, because the kernel may give a client's port to another connection as well, such as
            # a request of this test to the daemon.
            self.lose(f"tcp sport {server.getsockname()[1]} tcp dport {{ {ports} }}")
            for end in ends:
                end.send(b"answer")
            wait_until(lambda: total(daemon.page(), "sockets", direction="inbound") == 4, "they count")
            daemon.wait_for_polls(2)
            self.assertEqual(total(daemon.page(), "sockets", direction="outbound"), 0)
            self.assertEqual(have_fired(daemon), set())

    def test_handshakes_keepalives_and_closed_windows_do_not_count(self):
        port, (idle, *others) = self.pairs(3)
        for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1),
                              (socket.TCP_KEEPCNT, 120)):
            idle.setsockopt(socket.IPPROTO_TCP, option, value)
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for client in others:
            client.setblocking(False)
            while True:  # until the window of the peer, which reads nothing, is closed
                try:
                    client.send(bytes(65536))
                except BlockingIOError:
                    break
        closed = lambda: [row for row in self.rows("persist") if "snd_wnd:" not in row]
        wait_until(lambda: len(closed()) == len(others), "closed windows")
        self.lose_everything_to(port)
        waiting = self.sockets.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", port))  # stays in SYN-SENT
        for kind, count in (("keepalive", 1), ("persist", 2), ("on", 1)):
            wait_until(lambda: len([n for n in self.timers(kind) if n >= 2]) >= count,
                       f"timers in vain: {kind}")
        with Daemon(CONFIG) as daemon:
            daemon.wait_for_polls(2)
            self.assertEqual(total(daemon.page(), "sockets"), 0)
            self.assertEqual(total(daemon.page(), "oldest_age_seconds"), 0)

    def test_the_age_where_a_neighbour_does_not_answer(self):
        """An ICMP error of this host takes back each doubling of the time-out (RFC 6069)."""
        hosts = self.enterContext(TwoHosts())
        with hosts.at_client():
            server = self.enterContext(socket.create_server((CLIENT, free_port())))
        client = self.enterContext(socket.create_connection(server.getsockname()))
        client.send(b"hello")
        with Daemon(CONFIG) as daemon:
            with hosts.at_client():  # as if it were switched off: it does not even answer ARP
                ip("link", "set", "client", "arp", "off")
                ip("address", "flush", "dev", "client")
            ip("neighbour", "flush", "dev", "server")
            sent_at = time.time()
            client.send(b"SELECT 1;")
            wait_until(lambda: self.timers("on") and self.timers("on")[0] >= 7, "retransmissions")
            page = daemon.wait_for_polls(2)
            self.assertEqual(total(page, "sockets", direction="outbound"), 1)
            elapsed = page.get("connwatch_poll_last_success_timestamp_seconds", tier="full") - sent_at
            age = total(page, "oldest_age_seconds")
            self.assertGreater(age, elapsed / 2)
            self.assertLess(age, elapsed * 2)


if __name__ == "__main__":
    main()
