"""Handshakes, traffic, scrapes and dumps under the kernel that this runs on. For guests."""
import collections
import contextlib
import errno
import re
import socket
import subprocess
import time
import unittest

import ipv6_hosts
import live_states_test
import netlink_tap
import network
import sockets
import traffic_test
import two_hosts
from netlink_tap import NLM_F_DUMP, NLMSG_DONE, NetlinkTap
from support import Daemon, Page, network_namespace, run_once, wait_until

PORT = 1001
TICK_S = 0.01  # of the slowest kernel's timers
LOST = {socket.AF_INET: "198.19.0.5", socket.AF_INET6: "fd01::5"}


class NamespaceTest(unittest.TestCase):
    """Base: a network namespace, sockets that end with the test."""

    maxDiff = None

    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def two_hosts(self):
        hosts = self.enterContext(two_hosts.TwoHosts())
        ipv6_hosts.add_ipv6(hosts)
        return hosts

    def connect_into_silence(self, family):
        client = self.sockets.enter_context(socket.socket(family))
        client.setblocking(False)
        self.assertEqual(client.connect_ex((LOST[family], PORT)), errno.EINPROGRESS)


class HandshakesTest(NamespaceTest):
    """Handshakes with a peer from which nothing comes back."""

    def send_syns(self, hosts, count):
        """Of either family, to listeners that are theirs."""
        for host, sender, source, packet in (
                (two_hosts.SERVER, hosts.raw_socket(), "198.19.0.{}", two_hosts.syn),
                (ipv6_hosts.SERVER, ipv6_hosts.raw_socket(hosts), "fd01::{}", ipv6_hosts.syn)):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self.sockets.enter_context(
                socket.create_server((host, PORT), family=family, backlog=256))
            for i in range(1, count + 1):
                sender.sendto(packet(source.format(i), 2_000 + i, PORT), (host, 0))

    def test_counts_and_syn_queues_as_ss_shows_them(self):
        self.send_syns(self.two_hosts(), 40)
        for family in LOST:
            self.connect_into_silence(family)
        expected = {(state, family): count for family in live_states_test.FAMILIES
                    for state, count in (("syn_recv", 40), ("syn_sent", 1), ("listen", 1))}
        with contextlib.suppress(AssertionError):
            wait_until(lambda: live_states_test.counts_of_ss() == expected, "what ss shows")
        self.assertEqual(dict(live_states_test.counts_of_ss()), expected)
        page = run_once()
        found = live_states_test.counts_of_page(page)
        self.assertEqual({key: count for key, count in found.items() if count}, expected)
        for listener in (f"198.18.0.1:{PORT}", f"[fd00::1]:{PORT}"):
            self.assertEqual(page.get("connwatch_listener_syn_queue_length", listener=listener), 40)
        self.assertEqual(page.get("connwatch_syn_sent_sockets", group=str(PORT)), 2)

    def test_the_age_of_a_connect_follows_this_kernels_timer(self):
        # Since 6.5 the first retransmissions are a second apart; before, each wait is twice as
        # long as the one before it.
        linear = (network.SYSCTLS / "ipv4/tcp_syn_linear_timeouts").exists()
        self.two_hosts()
        begin = time.monotonic()
        self.connect_into_silence(socket.AF_INET)
        wait_until(lambda: self.retransmissions() >= 2, "two retransmissions")
        retransmissions = self.retransmissions()
        page = run_once()
        passed = time.monotonic() - begin
        age = page.get("connwatch_syn_sent_oldest_age_seconds", group=str(PORT))
        self.assertGreaterEqual(age, retransmissions if linear else 2 ** retransmissions - 1)
        self.assertLessEqual(age, passed + TICK_S)

    def retransmissions(self):
        timers = subprocess.run(["ss", "-tnoH", "state", "syn-sent"], check=True,
                                capture_output=True, text=True).stdout
        found = re.search(r"timer:\(on,[^,]*,(\d+)\)", timers)
        return int(found[1]) if found else 0


class BytesTest(traffic_test.ExactTotalsTest):
    """200 connections of known sizes, to the byte."""

    CONNECTIONS = 200
    # Of either place one family is enough: an emulated processor is slow.
    test_loopback_ipv6 = test_from_another_host_ipv4 = None
    test_segments_as_the_other_host_counts_them = None


class ScrapeTest(NamespaceTest):
    def test_a_page_of_typed_series_without_a_double(self):
        with Daemon() as daemon:
            reply = daemon.get("/metrics")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.getheader("Content-Type"),
                         "text/plain; version=0.0.4; charset=utf-8")
        text = reply.content.decode()
        types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
        samples = [line for line in text.splitlines() if not line.startswith("#")]
        page = Page(text)
        self.assertEqual(len(page.series), len(samples))
        untyped = {name for name in page.names() - types.keys()
                   if types.get(re.sub(r"_(bucket|sum|count)$", "", name)) not in ("histogram", "summary")}
        self.assertEqual(untyped, set())


class KernelWalkTest(NamespaceTest):
    """The walk loads on every kernel of the guests. walk_equality_test.py shows what it says."""

    def test_is_in_use(self):
        page = run_once()
        self.assertEqual(page.get("connwatch_kernel_walk_in_use"), 1)
        self.assertEqual(page.get("connwatch_kernel_walk_faulted_records_total"), 0)


class OneWalkTest(NamespaceTest):
    """IPv4 and IPv6 sockets come in one dump: the kernel understands the request for both."""

    def test_each_dump_has_both_families(self):
        for kind in (sockets.IPV4, sockets.IPV6):
            self.sockets.pair(kind)
        with NetlinkTap() as tap:
            page = run_once("kernel_walk: off\n")
            messages = tap.socket_messages()
        requests = [message for message in messages if message.flags & NLM_F_DUMP == NLM_F_DUMP]
        self.assertEqual([request.type for request in requests],
                         [netlink_tap.TCPDIAG_GETSOCK] * 3, "one dump per tier")
        self.assertEqual([page.get("connwatch_polls_total", tier=tier, result="success")
                          for tier in ("listeners", "handshakes", "full")], [1, 1, 1])
        families = self.families_by_dump(messages)
        both = collections.Counter({socket.AF_INET: 1, socket.AF_INET6: 1})
        self.assertEqual(families, [both, collections.Counter(),
                                    collections.Counter({family: 3 for family in both})])

    def families_by_dump(self, messages):
        """[{family: sockets}], in the order in which the dumps ended"""
        dumps = [collections.Counter()]
        for message in messages:
            if message.type == NLMSG_DONE:
                dumps.append(collections.Counter())
            elif message.flags & NLM_F_DUMP != NLM_F_DUMP:
                dumps[-1][message.payload[0]] += 1  # kernel: inet_diag_msg.idiag_family
        return dumps[:-1]


if __name__ == "__main__":
    unittest.main()
