"""The walk over the kernel's socket table against inet_diag, socket by socket and field by field.

compare_walk asks inet_diag, walks, and asks inet_diag again, so that the walk's answer must lie between.
"""
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import unittest

import named_namespaces
import sockets
from many_sockets import many_sockets
from short_connections import ShortConnections
from support import CONNWATCHD, DEADLINE_S, cannot_run, main, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts, syn

COMPARE_WALK = pathlib.Path(CONNWATCHD).with_name("compare_walk")
PORT = 1001


def compare(rounds, namespaces=()):
    """The counts of compare_walk, for these network namespaces, or else for this thread's."""
    paths = [pathlib.Path("/run/netns", name) for name in namespaces]
    result = subprocess.run([COMPARE_WALK, str(rounds), *paths], capture_output=True, text=True,
                            timeout=10 * DEADLINE_S, check=False)
    if result.returncode == 2:
        cannot_run(result.stderr)
    return json.loads(result.stdout) | {"differences": result.stderr}


def shown_by_ss():
    return subprocess.run(["ss", "-tnoH"], capture_output=True, text=True, check=True).stdout


class WalkEqualityTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())

    def expect_equal(self, outcome, at_least):
        self.assertEqual(outcome["differences"], "")
        for count in ("unequal", "missing", "repeated", "overrun_buckets", "faulted_records"):
            self.assertEqual(outcome[count], 0, outcome)
        self.assertGreaterEqual(outcome["compared"], at_least)

    def test_every_state(self):
        made = self.enterContext(sockets.Sockets())
        for kind in sockets.KINDS:
            for make in (made.pair, made.syn_recv, made.syn_sent, made.time_wait,
                         made.fin_wait2_and_close_wait, made.fin_wait1, made.last_ack, made.closing):
                make(kind)
        outcome = compare(rounds=2)
        self.expect_equal(outcome, at_least=2 * len(sockets.KINDS) * 16)

    def test_at_rest(self):
        with many_sockets(100_000):
            outcome = compare(rounds=1)
        self.expect_equal(outcome, at_least=100_000)
        self.assertGreaterEqual(outcome["at_rest"], 100_000)
        self.assertEqual(outcome["extra"], 0)

    def test_fifty_namespaces(self):
        """Each as inet_diag shows it to whoever asks inside."""
        namespaces = self.enterContext(named_namespaces.NamedNamespaces("equal"))
        names = [namespaces.add(str(number)) for number in range(50)]
        count = 0
        for number, name in enumerate(names):
            with namespaces.inside(name):
                made = self.enterContext(sockets.Sockets())
                for make in (made.pair, made.syn_recv, made.time_wait, made.fin_wait2_and_close_wait):
                    make(sockets.KINDS[number % len(sockets.KINDS)])
            count += 8
        outcome = compare(rounds=2, namespaces=names)
        self.expect_equal(outcome, at_least=2 * count)
        self.assertEqual(outcome["extra"], 0)

    def test_while_connections_open_and_close(self):
        with many_sockets(4_000):
            connections = ShortConnections(self, per_second=10_000, seconds=60)
            while connections.are_running():
                self.expect_equal(compare(rounds=5), at_least=5 * 4_000)
        self.assertGreater(connections.join(), 10_000)

    def test_data_without_an_ack_is_equal_in_both_sources(self):
        """Both sources tell the retransmission timer, each in its own unit."""
        made = self.enterContext(sockets.Sockets())
        client, _ = made.pair()
        port = client.getpeername()[1]
        subprocess.run(["nft", f"table inet lost {{ chain in {{ type filter hook input priority 0; "
                               f"tcp dport {port} drop; }}; }}"], check=True)
        client.send(b"x")
        wait_until(lambda: re.search(r"timer:\(on,[^,]*,[2-9]\)", shown_by_ss()), "retransmissions")
        outcome = compare(rounds=50)
        self.expect_equal(outcome, at_least=50 * 3)
        self.assertGreater(outcome["at_rest"], 50 * 2, "the client, too")

    def test_half_open_handshakes(self):
        hosts = self.enterContext(TwoHosts())
        self.enterContext(socket.create_server((SERVER, PORT), backlog=4096))
        raw = hosts.raw_socket()
        for number in range(500):
            raw.sendto(syn(f"198.19.{number % 200}.9", 2_000 + number, PORT), (SERVER, 0))
        for _ in range(20):
            client = self.enterContext(contextlib.closing(socket.socket()))
            client.setblocking(False)
            client.connect_ex(("198.19.0.5", PORT))  # stays in SYN-SENT
        outcome = compare(rounds=3)
        self.expect_equal(outcome, at_least=3 * 520)

    def test_a_namespace_with_a_table_of_its_own(self):
        """net.ipv4.tcp_child_ehash_entries gives new namespaces a small table, with long chains."""
        setting = pathlib.Path("/proc/sys/net/ipv4/tcp_child_ehash_entries")
        if not setting.exists():
            self.skipTest("this kernel has only one table")
        setting.write_text("64")
        with network_namespace():
            with many_sockets(2_000):
                self.expect_equal(compare(rounds=2), at_least=2 * 2_000)


if __name__ == "__main__":
    main()
