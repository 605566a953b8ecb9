"""Limits of the host and of its packet filter: their alerts fire, and their metrics are the kernel's numbers."""
import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import unittest

import sockets
from alert_watch import firing, have_fired
from network import inside, namespace_of
from support import Daemon, cannot_run, main, network_namespace, wait_until
from two_hosts import checksum

CONNTRACK = pathlib.Path("/proc/sys/net/netfilter")
COUNTERS = pathlib.Path("/proc/thread-self/net/stat/nf_conntrack")
SETTINGS = pathlib.Path("/proc/sys/net/ipv4")


def nft(rules):
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def conntrack_counters():
    """{column: the sum over the processors}"""
    head, *rows = [line.split() for line in COUNTERS.read_text().splitlines()]
    return {name: sum(int(row[i], 16) for row in rows) for i, name in enumerate(head)}


def echo_request(number):
    header = struct.pack("!BBHHH", 8, 0, 0, 77, number)
    return header[:2] + struct.pack("!H", checksum(header)) + header[4:]


def pages_of_tcp():
    text = pathlib.Path("/proc/thread-self/net/sockstat").read_text()
    fields = next(line for line in text.splitlines() if line.startswith("TCP:")).split()
    return int(fields[fields.index("mem") + 1])


class ConntrackTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        # A rule that looks at states has the kernel load and use connection tracking.
        nft("table inet track { chain out { type filter hook output priority 0; ct state new accept; }; }")
        if not CONNTRACK.joinpath("nf_conntrack_count").exists() or not COUNTERS.exists():
            cannot_run("this kernel has no connection tracking")

    def send_to_ports(self, count):
        """Makes `count` new flows."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for port in range(1024, 1024 + count):
                with contextlib.suppress(ConnectionRefusedError):  # the answer to one before
                    sender.sendto(b"x", ("127.0.0.1", port))

    def test_a_table_that_fills_raises_an_alert(self):
        limit = int(CONNTRACK.joinpath("nf_conntrack_max").read_text())
        rule = f"alerts: [{{name: ConntrackNearlyFull, above: {100 * 200 / limit:.6f}%, for: 0s}}]\n"
        with Daemon(rule + "poll: {handshakes: 100ms}\n") as daemon:
            alert = ("ConntrackNearlyFull", "host")
            self.assertEqual(firing(daemon), set())
            self.send_to_ports(400)
            wait_until(lambda: alert in firing(daemon), "the alert fires")

            def is_equal():
                page = daemon.page()
                return (page.get("connwatch_kernel_conntrack_entries")
                        == int(CONNTRACK.joinpath("nf_conntrack_count").read_text()))
            wait_until(is_equal, "the kernel's number of entries")
            page = daemon.page()
            self.assertEqual(page.get("connwatch_kernel_conntrack_entries_limit"), limit)
            self.assertEqual(page.get("connwatch_kernel_conntrack_insert_failed_total"), 0)
            self.assertEqual(have_fired(daemon), {alert})

    def test_entries_that_cannot_be_inserted_raise_an_alert(self):
        """The kernel drops the second of two flows that differ in their zones only: both would get the same
        answers."""
        nft("table ip zones { chain out { type filter hook output priority raw; "
            "ip protocol icmp ct original zone set icmp sequence map { 1 : 1, 2 : 2 }; }; }")
        rule = "alerts: [{name: ConntrackInsertFailed, for: 0s}]\n"
        sender = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                                 socket.IPPROTO_ICMP))
        with Daemon(rule + "poll: {handshakes: 100ms}\n") as daemon:
            sender.sendto(echo_request(1), ("127.0.0.1", 0))
            alert = ("ConntrackInsertFailed", "host")

            def fire():
                with self.assertRaises(PermissionError):  # the packet was dropped
                    sender.sendto(echo_request(2), ("127.0.0.1", 0))
                return alert in firing(daemon)
            wait_until(fire, "the alert fires")
            counters = conntrack_counters()

            def is_equal():
                page = daemon.page()
                return all(page.get(f"connwatch_kernel_conntrack_{name}_total") == counters[name]
                           for name in ("insert_failed", "drop", "early_drop"))
            wait_until(is_equal, "the kernel's counters")
            self.assertGreater(counters["insert_failed"], 0)


class WholeHostTest(unittest.TestCase):
    """What the kernel counts for the whole host, and limits in its first network namespace."""

    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())
        self.host, self.traffic = namespace_of(os.getppid()), namespace_of()
        self.addCleanup(os.close, self.host)
        self.addCleanup(os.close, self.traffic)

    def setting(self, name):
        """The numbers of a file that only the first network namespace has."""
        with inside(self.host):
            if not SETTINGS.joinpath(name).exists():
                cannot_run(f"these tests do not run in the first network namespace: no {name}")
            return [int(number) for number in SETTINGS.joinpath(name).read_text().split()]

    @contextlib.contextmanager
    def alert_of_the_host(self, name, above, make):
        """A page of a daemon there, after the alert has fired because of `make`, which makes sockets
        in a network namespace of their own. `above` is in per cent."""
        rule = f"alerts: [{{name: {name}, above: {above:.6f}%, for: 0s}}]\n"
        alert = (name, "host")
        with inside(self.host), Daemon(rule + "poll: {handshakes: 100ms}\n") as daemon:
            self.assertNotIn(alert, have_fired(daemon))
            with inside(self.traffic):
                make()
            wait_until(lambda: alert in have_fired(daemon), "the alert fires")
            yield daemon.page()

    def test_memory_near_the_pressure_value_raises_an_alert(self):
        _, pressure, limit = self.setting("tcp_mem")
        # Other programs on the host use memory, too. What they take or give back meanwhile is less than this.
        margin = pressure // 40
        before = pages_of_tcp()
        above = 100 * (before + margin) / pressure
        with self.alert_of_the_host("TcpMemoryPressure", above, lambda: self.fill(before + 2 * margin)) as page:
            self.assertEqual(page.get("connwatch_tcp_memory_pages_pressure"), pressure)
            self.assertEqual(page.get("connwatch_tcp_memory_pages_limit"), limit)

    def fill(self, pages):
        """Sends bytes that nobody reads, until the TCP of the whole host uses that many pages."""
        while pages_of_tcp() < pages:
            sender, _ = self.sockets.pair()
            sender.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    sender.send(bytes(65536))

    def test_orphans_near_their_limit_raise_an_alert(self):
        limit, = self.setting("tcp_max_orphans")
        above = 100 * 40 / limit
        with self.alert_of_the_host("OrphansNearLimit", above, self.leave_orphans) as page:
            self.assertEqual(page.get("connwatch_tcp_orphan_limit"), limit)

    def leave_orphans(self):
        """Closes sockets while the network loses their FIN."""
        clients = [self.sockets.pair()[0] for _ in range(60)]
        nft("table inet lose_fin { chain in { type filter hook input priority 0; "
            "tcp flags & fin == fin drop; }; }")
        for client in clients:
            client.close()


if __name__ == "__main__":
    main()
