"""What happens to listeners, seen while it happens, against the real kernel."""
import contextlib
import errno
import http.client
import json
import re
import socket
import subprocess
import time
import unittest

import sockets
from alert_watch import have_fired
from network import sysctl
from support import DEADLINE_S, Daemon, Page, main, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts, syn

CONFIG = "poll: {listeners: 100ms, handshakes: 200ms, full: 1s}\n"
WILDCARD = (socket.AF_INET, socket.AF_INET, "0.0.0.0", "127.0.0.1")
# More than any backlog here, less than the backlog queue of a veth pair per burst.
BURST = 200


def label(server):
    host, port = server.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def drops_of_ss(server):
    """The d in skmem:(...,d3) of the listener."""
    rows = subprocess.run(["ss", "-ltnmOH", f"sport = :{server.getsockname()[1]}"], check=True,
                          capture_output=True, text=True).stdout
    return int(re.search(r",d(\d+)\)", rows)[1])


class ListenersTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def listener_metric(self, daemon, name, server):
        return daemon.page().get(f"connwatch_listener_{name}", listener=label(server))

    def wait_for_drops(self, daemon, server, least):
        wait_until(lambda: (self.listener_metric(daemon, "drops_total", server) or 0) >= least,
                   f"{least} drops")

    def wait_for(self, daemon, name, server, value):
        wait_until(lambda: self.listener_metric(daemon, name, server) == value,
                   f"{name} of {label(server)} is {value}, "
                   f"now {self.listener_metric(daemon, name, server)}")

    def test_a_full_accept_queue_as_ss_shows_it(self):
        with Daemon(CONFIG) as daemon:
            server = self.sockets.listener(backlog=2)
            clients = [self.sockets.enter_context(socket.socket()) for _ in range(6)]
            for client in clients:
                client.setblocking(False)
                client.connect_ex(server.getsockname())
            self.wait_for(daemon, "accept_queue_length", server, 3)
            self.assertEqual(self.listener_metric(daemon, "accept_queue_limit", server), 2)
            self.wait_for_drops(daemon, server, 3)
            # SYNs are sent again all the time: take a moment without change.
            wait_until(lambda: self.listener_metric(daemon, "drops_total", server)
                       == drops_of_ss(server), "as many drops as ss says")
            self.wait_for(daemon, "syn_queue_length", server, 0)

    def test_drops_survive_a_listener_that_is_opened_again(self):
        with Daemon(CONFIG) as daemon:
            server = self.sockets.listener(backlog=0)
            address = server.getsockname()
            for _ in range(4):
                client = self.sockets.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(address)
            self.wait_for_drops(daemon, server, 3)
            before = self.listener_metric(daemon, "drops_total", server)
            name = label(server)
            server.close()
            wait_until(lambda: daemon.page().get("connwatch_listener_drops_total", listener=name)
                       is None, "the listener is gone")
            again = self.sockets.listener(options=[(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)],
                                          port=address[1])
            wait_until(lambda: self.listener_metric(daemon, "drops_total", again) is not None,
                       "the listener is back")
            self.assertGreaterEqual(self.listener_metric(daemon, "drops_total", again), before)

    def test_a_burst_as_long_as_two_polls_is_seen_when_it_is_over(self):
        with Daemon("poll: {listeners: 20ms, handshakes: 200ms, full: 10s}\n") as daemon:
            server = self.sockets.listener(backlog=3)
            self.wait_for(daemon, "accept_queue_limit", server, 3)
            clients = [self.sockets.connect(server) for _ in range(4)]  # full: limit + 1
            daemon.wait_for_polls(2, tier="listeners")
            for client in clients:
                server.accept()[0].close()
                client.close()
            self.wait_for(daemon, "accept_queue_length", server, 0)
            self.assertEqual(self.listener_metric(daemon, "accept_queue_peak", server), 4)

    def test_the_peak_of_each_burst_is_seen_and_forgotten(self):
        with Daemon("peak_window: 1s\n" + CONFIG) as daemon:
            server = self.sockets.listener(backlog=64)
            self.wait_for(daemon, "accept_queue_limit", server, 64)
            for _ in range(10):
                clients = [self.sockets.connect(server) for _ in range(5)]
                page = daemon.wait_for_polls(2, tier="listeners")
                self.assertEqual(
                    page.get("connwatch_listener_accept_queue_peak", listener=label(server)), 5)
                for client in clients:
                    server.accept()[0].close()
                    client.close()
                wait_until(lambda: self.listener_metric(daemon, "accept_queue_length", server) == 0,
                           "the burst has drained")
                self.wait_for(daemon, "accept_queue_peak", server, 0)

    def test_each_syn_recv_on_its_own_listener(self):
        defer = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
        reuse = (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        v6_only = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        with Daemon(CONFIG) as daemon:
            wildcard = self.sockets.listener(WILDCARD, options=[defer, reuse])
            port = wildcard.getsockname()[1]
            self.sockets.listener(WILDCARD, options=[defer, reuse], port=port)
            specific = self.sockets.listener(
                (socket.AF_INET, socket.AF_INET, "127.0.0.2", "127.0.0.2"), options=[defer, reuse],
                port=port)
            only_v6 = self.sockets.listener(sockets.V4_MAPPED, options=[defer, v6_only], port=port)
            dual = self.sockets.listener(sockets.V4_MAPPED, options=[defer])
            expected = {}
            for server, address, count in ((wildcard, "127.0.0.1", 3), (specific, "127.0.0.2", 2),
                                           (only_v6, "::1", 4), (dual, "127.0.0.1", 5)):
                expected[server] = count
                for _ in range(count):
                    self.sockets.enter_context(socket.create_connection(
                        (address, server.getsockname()[1])))
            for server, count in expected.items():
                self.wait_for(daemon, "syn_queue_length", server, count)
            self.assertEqual(self.listener_metric(daemon, "sockets", wildcard), 2)
            self.assertEqual(daemon.page().get("connwatch_listener_syn_queue_length",
                                               listener="other"), 0)

    def test_3000_spoofed_syns_and_their_retransmissions(self):
        hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_max_syn_backlog", 8192)
        sysctl("core/somaxconn", 8192)
        server = self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER),
                                       backlog=8192)
        raw = hosts.raw_socket()
        with Daemon("poll: {listeners: 100ms, handshakes: 1s, full: 10s}\n") as daemon:
            port = server.getsockname()[1]
            for i in range(3000):
                raw.sendto(syn(f"198.19.{i % 250}.{i // 250 + 1}", 1024 + i, port), (SERVER, 0))
                if i % BURST == BURST - 1:
                    time.sleep(0.01)
            page = daemon.wait_for_polls(2, tier="handshakes")  # of a second each
            self.assertEqual(
                page.get("connwatch_listener_syn_queue_length", listener=label(server)), 3000)
            self.wait_for(daemon, "syn_queue_retransmitting", server, 3000)
            self.assertEqual(self.listener_metric(daemon, "syn_queue_peak", server), 3000)


class DiagnosisTest(unittest.TestCase):
    """Each situation made for real, and named for what it is, alone."""

    CONFIG = "poll: {listeners: 100ms, handshakes: 500ms, full: 5s}\n"

    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def causes(self, daemon, server):
        return {dict(labels)["cause"] for (name, labels), value in daemon.page().series.items()
                if name == "connwatch_listener_diagnosis" and value
                and dict(labels)["listener"] == label(server)}

    def wait_for_causes(self, daemon, server, causes):
        wait_until(lambda: self.causes(daemon, server) == causes,
                   f"the diagnosis {causes}, now {self.causes(daemon, server)}")

    def server_with_backlog(self, backlog):
        sysctl("ipv4/tcp_max_syn_backlog", 8192)
        sysctl("core/somaxconn", 8192)
        return self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER),
                                     backlog=backlog)

    def send_syns(self, hosts, server, sources):
        raw = hosts.raw_socket()
        for i, source in enumerate(sources):
            raw.sendto(syn(source, 1024 + i, server.getsockname()[1]), (SERVER, 0))
            if i % BURST == BURST - 1:
                time.sleep(0.01)

    def test_syn_flood(self):
        hosts = self.enterContext(TwoHosts())
        server = self.server_with_backlog(8192)
        with Daemon(self.CONFIG) as daemon:
            self.send_syns(hosts, server, [f"198.19.{i % 250}.{i // 250 + 1}" for i in range(3000)])
            self.wait_for_causes(daemon, server, {"syn_flood"})

    def test_return_path_loss(self):
        hosts = self.enterContext(TwoHosts())
        server = self.server_with_backlog(8192)
        with Daemon(self.CONFIG) as daemon:
            self.send_syns(hosts, server, ["198.19.7.7"] * 200)
            self.wait_for_causes(daemon, server, {"return_path_loss"})

    def test_syn_cookies(self):
        hosts = self.enterContext(TwoHosts())
        server = self.server_with_backlog(16)
        with Daemon(self.CONFIG) as daemon:
            sources = [f"198.19.{i % 250}.{i // 250 + 1}" for i in range(250)]
            wait_until(lambda: self.send_syns(hosts, server, sources)
                       or "syn_cookies" in self.causes(daemon, server), "syn_cookies")
            self.assertLessEqual(
                daemon.page().get("connwatch_listener_syn_queue_length", listener=label(server)), 17)

    def test_accept_queue_full(self):
        server = self.sockets.listener(backlog=2)
        with Daemon(self.CONFIG) as daemon:
            for _ in range(6):
                client = self.sockets.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(server.getsockname())
            self.wait_for_causes(daemon, server, {"accept_queue_full"})

    def test_deferred_accept(self):
        defer = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
        server = self.sockets.listener(backlog=64, options=[defer])
        with Daemon(self.CONFIG) as daemon:
            for _ in range(30):
                self.sockets.connect(server)
            self.wait_for_causes(daemon, server, {"deferred_accept"})
            end = time.monotonic() + 3
            while time.monotonic() < end:
                self.assertEqual(self.causes(daemon, server), {"deferred_accept"})
                time.sleep(0.3)


class KernelCountersTest(unittest.TestCase):
    def test_refused_and_unroutable_connects_move_their_counters(self):
        self.enterContext(network_namespace())
        with Daemon(CONFIG) as daemon:
            before = daemon.page()
            for address in ("127.0.0.1", "192.0.2.1"):
                with self.assertRaises(OSError), socket.socket() as client:
                    client.connect((address, 1))
            moved = lambda name: daemon.page().get(f"connwatch_kernel_{name}_total") - before.get(
                f"connwatch_kernel_{name}_total")
            wait_until(lambda: moved("tcp_attempt_fails") == 1, "a refused connect")
            wait_until(lambda: moved("ip_out_no_routes") >= 1, "an unroutable connect")
            self.assertGreaterEqual(moved("tcp_out_rsts"), 1)


class SockstatTest(unittest.TestCase):
    def test_children_of_fast_open_are_no_difference(self):
        """They are SYN-RECV sockets that the kernel counts, unlike request sockets."""
        self.enterContext(network_namespace())
        hosts = self.enterContext(TwoHosts())
        server_without_cookies = 0x2 | 0x200
        sysctl("ipv4/tcp_fastopen", server_without_cookies)
        kept = self.enterContext(sockets.Sockets())
        server = kept.listener(WILDCARD, options=[(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)])
        server_port = server.getsockname()[1]
        raw = hosts.raw_socket()
        with Daemon(CONFIG) as daemon:
            for i in range(6):
                raw.sendto(syn(f"198.19.0.{i + 1}", 2000 + i, server_port, b"data" * (i % 2)),
                           (SERVER, 0))
            wait_until(lambda: daemon.page().get("connwatch_tcp_sockets", state="syn_recv",
                                                 family="ipv4") == 6, "SYN-RECV")
            full = subprocess.run(["ss", "-tniOH", "state", "syn-recv"], check=True,
                                  capture_output=True, text=True).stdout.count("cwnd:")
            self.assertEqual(full, 3)
            wait_until(lambda: daemon.page().get("connwatch_sockstat_discrepancy_ratio") == 0,
                       "no difference")


class EphemeralPortsTest(unittest.TestCase):
    def test_95_percent_towards_one_destination(self):
        self.enterContext(network_namespace())
        sysctl("ipv4/ip_local_port_range", "30000 30419")
        sysctl("ipv4/ip_local_reserved_ports", "30000-30019,50000")
        kept = self.enterContext(sockets.Sockets())
        with Daemon(CONFIG) as daemon:
            server, elsewhere = kept.listener(), kept.listener()
            kept.connect(elsewhere)
            for i in range(380):
                client = kept.connect(server)
                accepted = server.accept()[0]
                if i % 2:
                    client.close()  # TIME-WAIT takes the port as well
                    accepted.close()
                else:
                    kept.enter_context(accepted)
            page = daemon.wait_for_polls(2)
            self.assertEqual(page.get("connwatch_ephemeral_ports_available"), 400)
            self.assertEqual(page.get("connwatch_ephemeral_ports_used_peak_destination"), 380)
            self.assertGreaterEqual(page.get("connwatch_tcp_sockets", state="time_wait",
                                             family="ipv4"), 190)


class SourcePortsTest(unittest.TestCase):
    """bind() takes ports of one pool of the source address, connect() shares them."""
    CONFIG = CONFIG + "alerts: [{name: SourcePortsNearlyExhausted, for: 0s}]\n"
    SOURCE = "127.0.0.2"  # not that of requests to the daemon, which must still be possible
    AVAILABLE = 90
    ALERT = ("SourcePortsNearlyExhausted", "host")

    def setUp(self):
        self.enterContext(network_namespace())
        sysctl("ipv4/ip_local_port_range", "40000 40099")
        sysctl("ipv4/ip_local_reserved_ports", "40010-40019")
        self.kept = self.enterContext(sockets.Sockets())
        self.servers, self.clients = [], []
        for port in range(2000, 2020):
            server = self.kept.enter_context(socket.create_server(("127.0.0.1", port), backlog=99))
            self.servers.append(server.getsockname())

    def connect(self, count, options=()):
        """Connects to all servers in turn; returns how many it could before bind() failed."""
        for i in range(count):
            client = self.kept.enter_context(socket.socket())
            for option in options:
                client.setsockopt(*option)
            try:
                client.bind((self.SOURCE, 0))
            except OSError as error:
                self.assertEqual(error.errno, errno.EADDRINUSE)
                return i
            client.connect(self.servers[i % len(self.servers)])
            self.clients.append(client)
        return count

    def keep_connection(self, daemon):
        """Returns what reads the page, also when no port is left: connect() does not share a port that
        bind() took, whatever the source is."""
        kept = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=DEADLINE_S)
        self.enterContext(contextlib.closing(kept))

        def page():
            kept.request("GET", "/metrics")
            return Page(kept.getresponse().read().decode())
        page()
        return page

    def wait_for_used(self, page, expected):
        used = lambda: page().get("connwatch_ephemeral_ports_used_peak_source")
        wait_until(lambda: used() == expected, f"{expected} ports in use")

    def test_bind_before_connect_runs_out_and_raises_an_alert(self):
        with Daemon(self.CONFIG) as daemon:
            page = self.keep_connection(daemon)
            self.assertEqual(self.connect(70), 70)
            self.wait_for_used(page, 70)
            self.assertEqual(have_fired(daemon), set())
            self.assertEqual(self.connect(70), self.AVAILABLE - 70)
            self.wait_for_used(page, self.AVAILABLE)
            self.assertEqual(page().get("connwatch_ephemeral_ports_available"), self.AVAILABLE)
            wait_until(lambda: have_fired(daemon) == {self.ALERT}, "the alert fires")

    def test_connects_to_many_destinations_share_ports_and_raise_none(self):
        without_port = (socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        with Daemon(self.CONFIG) as daemon:
            page = self.keep_connection(daemon)
            self.assertEqual(self.connect(500, [without_port]), 500)
            shared = {client.getsockname()[1] for client in self.clients}
            self.assertLessEqual(len(shared), 50)  # the even ones
            self.wait_for_used(page, len(shared))
            self.assertEqual(have_fired(daemon), set())
            made = self.connect(self.AVAILABLE)
            self.wait_for_used(page, len(shared) + made)
            wait_until(lambda: have_fired(daemon) == {self.ALERT}, "bind() finds none any more")


def pending_by_ss():
    """{(local, remote): (seconds to the next try, retransmissions)}"""
    rows = subprocess.run(["ss", "-tnoH", "state", "syn-sent"], check=True, capture_output=True,
                          text=True).stdout.splitlines()
    pending = {}
    for row in rows:
        local, remote = row.split()[2:4]
        wait, retransmissions = re.search(r"timer:\(on,([^,]*),(\d+)\)", row).groups()
        pending[local, remote] = (seconds_of_ss(wait), int(retransmissions))
    return pending


def seconds_of_ss(text):
    """What a time as `ss` writes it means: 1min2sec, 12sec, 1.304ms (of a second), 304ms, or nothing if it is 0."""
    minutes, seconds, milliseconds = re.fullmatch(r"(?:(\d+)min)?(?:(\d+)(?:sec|\.))?(?:(\d+)ms)?",
                                                  text).groups(default="0")
    return 60 * int(minutes) + int(seconds) + int(milliseconds) / 1000


class PendingConnectsTest(unittest.TestCase):
    def test_one_by_one_as_ss_shows_them(self):
        self.enterContext(network_namespace())
        self.enterContext(TwoHosts())
        with Daemon(CONFIG) as daemon:
            for port in (443, 443, 5432):
                client = self.enterContext(socket.socket())
                client.setblocking(False)
                client.connect_ex(("198.19.0.5", port))
                time.sleep(0.3)
            time.sleep(1.5)

            def as_ss():
                listed = json.loads(daemon.get("/api/v1/handshakes").content)
                shown = pending_by_ss()
                delay = time.time() - listed["polled_timestamp_seconds"]
                ours = {(c["local"], c["remote"]): c for c in listed["pending"]}
                if ours.keys() != shown.keys() or listed["pending_total"] != 3:
                    return False
                # Both must have been read between two tries.
                return all(ours[key]["retransmissions"] == retransmissions > 0
                           and abs(ours[key]["next_try_seconds"] - delay - wait) < 0.2
                           for key, (wait, retransmissions) in shown.items())
            wait_until(as_ss, "the same as ss")
            ages = [c["age_seconds"]
                    for c in json.loads(daemon.get("/api/v1/handshakes").content)["pending"]]
            self.assertEqual(ages, sorted(ages, reverse=True))

    def test_many_to_one_destination_are_one_entry(self):
        self.enterContext(network_namespace())
        self.enterContext(TwoHosts())
        with Daemon(CONFIG) as daemon:
            for port in 40 * (443,) + (5432,):
                client = self.enterContext(socket.socket())
                client.setblocking(False)
                client.connect_ex(("198.19.0.5", port))

            def by_destination():
                listed = json.loads(daemon.get("/api/v1/handshakes").content)
                shown = pending_by_ss()
                found = {one["remote"]: one for one in listed["pending_destinations"]}
                if listed["pending_total"] != 41 or len(shown) != 41:
                    return False
                for remote, one in found.items():
                    theirs = [repeats for (_, to), (_, repeats) in shown.items() if to == remote]
                    if (one["retransmitting"], one["retransmissions_max"]) != (
                            len([repeats for repeats in theirs if repeats]), max(theirs)):
                        return False
                    if one["retransmitting"] == 0:
                        return False
                return {remote: one["count"] for remote, one in found.items()}
            self.assertEqual(wait_until(by_destination, "repeats as ss shows them"),
                             {"198.19.0.5:443": 40, "198.19.0.5:5432": 1})

    def test_connects_into_a_black_hole(self):
        self.enterContext(network_namespace())
        self.enterContext(TwoHosts())
        with Daemon(CONFIG) as daemon:
            begin = time.time()
            for port, count in ((443, 3), (5432, 2)):
                for _ in range(count):
                    client = self.enterContext(socket.socket())
                    client.setblocking(False)
                    client.connect_ex(("198.19.0.5", port))
            get = lambda name, port: daemon.page().get(f"connwatch_syn_sent_{name}", group=str(port))
            wait_until(lambda: get("sockets", 443) == 3 and get("sockets", 5432) == 2, "the connects")
            wait_until(lambda: get("retransmitting", 443) == 3, "retransmissions")
            page = daemon.page()
            polled = page.get("connwatch_poll_last_success_timestamp_seconds", tier="handshakes")
            age = page.get("connwatch_syn_sent_oldest_age_seconds", group="443")
            self.assertAlmostEqual(age, polled - begin, delta=1)
            self.assertGreater(age, 0.9)
            self.assertEqual(page.get("connwatch_syn_sent_sockets", group="other"), 0)


if __name__ == "__main__":
    main()
