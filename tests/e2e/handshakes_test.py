"""How handshakes end, how long they take and where they go: made for real, and compared with what the
client saw."""
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from hidden_changes import with_every_change_seen
from kernel_walk_test import programs_of
from network import SYSCTLS, sysctl
from short_connections import PREFIX, ShortConnections
from slow_peers import PEER, SlowPeers
from support import Daemon, main, network_namespace, wait_until
from traced import connect, destination, outcomes, require_tracing, tracing
from two_hosts import CLIENT, SERVER, TwoHosts, ip, syn

CONFIG = "poll: {handshakes: 200ms, full: 1s}\n"
CLIENT6, SERVER6 = "fd00::2", "fd00::1"
# Ports of the client's side, each with its own fate. Each makes a group of its own.
OPEN, REFUSED, SILENT, PROHIBITED, LOSSY, UNREACHABLE = range(8001, 8007)
DELAY_S = 0.162
FILTER = f"""table inet fates {{ chain in {{ type filter hook input priority 0;
    tcp dport {SILENT} drop;
    tcp dport {PROHIBITED} reject with icmpx admin-prohibited;
    meta nfproto ipv4 tcp dport {UNREACHABLE} reject with icmp host-unreachable;
    meta nfproto ipv6 tcp dport {UNREACHABLE} reject with icmpv6 addr-unreachable;
    tcp dport {LOSSY} limit rate over 1/day burst 1 packets accept;
    tcp dport {LOSSY} drop; }}; }}"""


class OutcomesTest(unittest.TestCase):
    """Each end of a connect, over veth, of IPv4 and IPv6."""

    def setUp(self):
        self.enterContext(network_namespace())
        self.hosts = self.enterContext(TwoHosts())
        ip("address", "add", f"{SERVER6}/64", "dev", "server", "nodad")
        sysctl("ipv4/tcp_syn_retries", 1)
        if (SYSCTLS / "ipv4/tcp_syn_linear_timeouts").exists():  # since Linux 6.5
            sysctl("ipv4/tcp_syn_linear_timeouts", 0)
        with self.hosts.at_client():
            ip("address", "add", f"{CLIENT6}/64", "dev", "client", "nodad")
            subprocess.run(["nft", FILTER], check=True)
            held = self.enterContext(contextlib.ExitStack())
            for port in (OPEN, LOSSY):
                held.enter_context(socket.create_server(
                    ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64))
        self.daemon = self.enterContext(Daemon(CONFIG))
        require_tracing(self.daemon)

    def expect(self, group, expected):
        wait_until(lambda: outcomes(self.daemon.page(), group) == expected,
                   f"{group}: {expected}, not {outcomes(self.daemon.page(), group)}")

    def latency(self, direction, group):
        """(count, seconds together)"""
        page = self.daemon.page()
        return tuple(page.get(f"connwatch_handshake_duration_seconds_{what}", direction=direction,
                              group=str(group)) for what in ("count", "sum"))

    def test_ok(self):
        for address in (CLIENT, CLIENT6):
            self.assertEqual(connect(address, OPEN)[0], 0)
        self.expect(OPEN, {"ok": 2})
        self.assertEqual(self.latency("outbound", OPEN)[0], 2)

    def test_refused(self):
        for address in (CLIENT, CLIENT6):
            self.assertEqual(connect(address, REFUSED)[0], errno.ECONNREFUSED)
        self.expect(REFUSED, {"refused": 2})
        for address in (CLIENT, CLIENT6):
            found = destination(self.daemon, address, REFUSED)
            self.assertEqual((found["connects"], found["failed"], found["outcomes"]["refused"]),
                             (1, 1, 1))

    def test_silence(self):
        for address in (CLIENT, CLIENT6):
            self.assertEqual(connect(address, SILENT)[0], errno.ETIMEDOUT)
        self.expect(SILENT, {"timed_out": 2})
        self.assertEqual(self.daemon.page().get(
            "connwatch_handshake_syn_retransmissions_total", direction="outbound",
            group=str(SILENT)), 2)

    def test_icmp(self):
        for address in (CLIENT, CLIENT6):
            self.assertEqual(connect(address, UNREACHABLE)[0], errno.EHOSTUNREACH)
        self.expect(UNREACHABLE, {"unreachable": 2})
        self.assertEqual(connect(CLIENT, PROHIBITED)[0], errno.EHOSTUNREACH)
        self.assertEqual(connect(CLIENT6, PROHIBITED)[0], errno.EACCES)
        self.expect(PROHIBITED, {"unreachable": 2})

    def test_no_neighbour(self):
        sysctl("ipv4/tcp_syn_retries", 6)  # with fewer the socket gives up first
        self.assertEqual(connect("198.18.0.77", 8100)[0], errno.EHOSTUNREACH)
        self.expect(8100, {"unreachable": 1})

    def test_a_lost_syn(self):
        code, seconds = connect(CLIENT, LOSSY)
        self.assertEqual(code, 0)
        self.expect(LOSSY, {"ok": 1})
        count, measured = self.latency("outbound", LOSSY)
        self.assertEqual(count, 1)
        self.assertLessEqual(measured, seconds)
        self.assertGreater(measured, 0.95)  # the kernel's first time-out, less a tick of its clock
        self.assertEqual(self.daemon.page().get(
            "connwatch_handshake_syn_retransmissions_total", direction="outbound",
            group=str(LOSSY)), 1)

    def test_abandoned(self):
        for family, address in ((socket.AF_INET, CLIENT), (socket.AF_INET6, CLIENT6)):
            with socket.socket(family) as client:
                client.settimeout(0.2)  # the application's own
                with self.assertRaises(TimeoutError):
                    client.connect((address, SILENT))
        self.expect(SILENT, {"abandoned": 2})

    def test_no_port(self):
        usual = (SYSCTLS / "ipv4/ip_local_port_range").read_text("ascii").strip()
        sysctl("ipv4/ip_local_port_range", "40000\t40001")
        with contextlib.ExitStack() as held:
            for _ in range(2):
                held.enter_context(socket.create_connection((CLIENT, OPEN)))
            self.assertEqual(connect(CLIENT, OPEN)[0], errno.EADDRNOTAVAIL)
        sysctl("ipv4/ip_local_port_range", usual)
        self.expect(OPEN, {"ok": 2, "no_port": 1})

    def test_no_route(self):
        for address in ("203.0.113.1", "2001:db8::1"):
            self.assertEqual(connect(address, 8200)[0], errno.ENETUNREACH)
        status = json.loads(self.daemon.get("/api/v1/status").content)["handshake_tracing"]
        if status["sees_no_route"]:
            self.expect(8200, {"no_route": 2})
            return
        self.assertEqual(connect(CLIENT, OPEN)[0], 0)
        self.expect(OPEN, {"ok": 1})  # what came before it was read as well
        self.assertEqual(outcomes(self.daemon.page(), 8200), {})
        with_outcomes = [dict(labels) for name, labels in self.daemon.page().series
                         if name == "connwatch_handshakes_total"]
        self.assertFalse([labels for labels in with_outcomes if labels["outcome"] == "no_route"])

    def test_latency_of_a_slow_peer(self):
        with SlowPeers(self.hosts, DELAY_S) as peers, socket.create_server((SERVER, 8300)) as server:
            code, seconds = connect(PEER, 8301)
            self.assertEqual(code, 0)
            self.expect(8301, {"ok": 1})
            count, measured = self.latency("outbound", 8301)
            self.assertEqual(count, 1)
            # Between what the peer took and what the client saw, which is less than 5 % apart unless
            # the machine is very busy.
            self.assertLessEqual(measured, seconds)
            self.assertGreaterEqual(measured, DELAY_S)
            found = destination(self.daemon, PEER, 8301)
            self.assertAlmostEqual(found["median_seconds"], measured, places=6)
            peers.connect(5000, 8300)
            server.settimeout(5)
            with server.accept()[0]:
                wait_until(lambda: outcomes(self.daemon.page(), 8300, "inbound") == {"ok": 1},
                           "it is counted")
            count, measured = self.latency("inbound", 8300)
            self.assertEqual(count, 1)
            self.assertAlmostEqual(measured, DELAY_S, delta=0.5 * DELAY_S)

    def test_simultaneous_open(self):
        """There is a SYN-RECV socket on the way, but it is the end that has connected."""
        with SlowPeers(self.hosts, DELAY_S, opens_too=True):
            code, seconds = connect(PEER, 8302)
            self.assertEqual(code, 0)
        self.expect(8302, {"ok": 1})
        self.assertEqual(outcomes(self.daemon.page(), 8302, "inbound"), {})
        count, measured = self.latency("outbound", 8302)
        self.assertEqual(count, 1)
        self.assertGreaterEqual(measured, 2 * DELAY_S)
        self.assertLessEqual(measured, seconds + 0.01)  # the client's connect(2) returns early

    def test_a_flood_counts_nothing_and_costs_nothing(self):
        with socket.create_server((SERVER, 8400), backlog=64):
            raw = self.hosts.raw_socket()
            for port in range(1024, 11024):
                raw.sendto(syn("198.19.0.9", port, 8400), (SERVER, 0))
            self.assertEqual(connect(CLIENT, OPEN)[0], 0)
            self.expect(OPEN, {"ok": 1})
            self.assertEqual(outcomes(self.daemon.page(), 8400, "inbound"), {})

    def test_groups_and_their_reload(self):
        from_peer = ("groups: [{name: lan, match: {direction: inbound, "
                     "remote_address: 198.18.0.0/24}}]\n")
        with socket.create_server((SERVER, 8500), backlog=64):
            def come():
                with self.hosts.at_client():
                    self.assertEqual(connect(SERVER, 8500)[0], 0)
            come()
            wait_until(lambda: outcomes(self.daemon.page(), 8500, "inbound") == {"ok": 1}, "port")
            self.daemon.reload(CONFIG + from_peer)
            come()
            wait_until(lambda: outcomes(self.daemon.page(), "lan", "inbound") == {"ok": 1}, "rule")
            self.assertEqual(outcomes(self.daemon.page(), 8500, "inbound"), {"ok": 1})


class LoadTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        sysctl("ipv4/tcp_max_tw_buckets", 1_000_000)

    @with_every_change_seen
    def test_fifty_thousand_within_seconds(self):
        # A busy machine may keep the daemon from reading for a second.
        config = CONFIG + ("destroy_event_buffer: 128MiB\n"
                           f"groups: [{{name: short, match: {{remote_address: {PREFIX}}}}}]\n")
        with Daemon(config) as daemon, socket.create_server(("127.0.0.1", 0)) as unused:
            require_tracing(daemon)
            closed = unused.getsockname()[1]
            unused.close()
            load = ShortConnections(self, 10_000, 5)
            refused = 0
            while load.are_running():
                self.assertEqual(connect("127.66.9.9", closed)[0], errno.ECONNREFUSED)
                refused += 1
                time.sleep(0.001)
            made = load.join()
            self.hidden.check()
            self.assertGreater(made, 10_000)
            wait_until(lambda: outcomes(daemon.page(), "short") == {"ok": made, "refused": refused}
                       and outcomes(daemon.page(), "short", "inbound") == {"ok": made},
                       "every handshake counts, once")
            page = daemon.page()
            for what in ("handshakes_without_address", "handshakes_without_port",
                         "handshakes_untimed", "ends_lost"):
                self.assertEqual(page.get(f"connwatch_handshake_tracing_{what}_total"), 0, what)

    @with_every_change_seen
    def test_twenty_thousand_destinations(self):
        """All while the daemon does not run, so that nothing is read in between."""
        total = 20_000
        with Daemon(CONFIG) as daemon:
            require_tracing(daemon)
            os.kill(daemon.process.pid, signal.SIGSTOP)
            try:
                for number in range(total):
                    with socket.socket() as client:
                        code = client.connect_ex(
                            (f"127.77.{number // 200}.{number % 200 + 1}", 9))
                        self.assertEqual(code, errno.ECONNREFUSED)
            finally:
                os.kill(daemon.process.pid, signal.SIGCONT)
            self.hidden.check()
            wait_until(lambda: outcomes(daemon.page(), 9) == {"refused": total}, "all count")
            page = daemon.page()
            left = page.get("connwatch_handshake_tracing_handshakes_without_address_total")
            self.assertGreaterEqual(left, total - 16_384)
            self.assertEqual(page.get("connwatch_handshake_tracing_handshakes_without_port_total"), 0)
            known = tracing(daemon)
            self.assertLessEqual(len(known["destinations"]), 60)
            self.assertGreaterEqual(known["folded"], left)

    def test_killed_and_started_again_in_mid_load(self):
        load = ShortConnections(self, 1_000, 4)
        with Daemon(CONFIG) as daemon:
            require_tracing(daemon)
            programs = programs_of(daemon.process.pid)
            self.assertGreaterEqual(len(programs), 2)
            daemon.process.kill()
            daemon.process.wait()
        with Daemon(CONFIG) as daemon:
            require_tracing(daemon)
            before = connect("127.0.0.1", 9)[0]
            self.assertEqual(before, errno.ECONNREFUSED)
            load.join()
            wait_until(lambda: outcomes(daemon.page(), 9) == {"refused": 1}, "it counts from 0")


class WithoutTracingTest(unittest.TestCase):
    def test_off(self):
        self.enterContext(network_namespace())
        with Daemon(CONFIG + "handshake_tracing: off\n") as daemon:
            page = daemon.page()
            self.assertEqual(page.get("connwatch_handshake_tracing_in_use"), 0)
            self.assertNotIn("connwatch_handshakes_total", page.names())
            self.assertIsNone(tracing(daemon))
            status = json.loads(daemon.get("/api/v1/status").content)["handshake_tracing"]
            self.assertEqual(status["reason"], "handshake_tracing is off in the configuration")


if __name__ == "__main__":
    main()
