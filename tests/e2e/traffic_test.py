"""What connections move, counted by the daemon and by those who made them."""
import contextlib
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import tempfile
import time

import sockets
from booked_traffic import CONFIG, TrafficTest, move, total, traffic
from hidden_changes import with_every_change_seen
from network import free_port, sysctl
from support import Daemon, find_tool, main, wait_until
from traffic_load import End, Load, random_plans
from two_hosts import SERVER, TwoHosts, ip
from units import systemd_unit

TWO_POLLS_S = 1.0
PORTS = range(1001, 1005)  # of listeners: below all ephemeral ports
DISCONNECT = struct.pack("ii", 1, 0)  # SO_LINGER: no FIN, a reset


def traffic_by_group(page, daemon):
    """{(direction, group): (closed, sent, received)}, without the scrapes' and without zeros"""
    keys = {(dict(labels)["direction"], dict(labels)["group"]) for (name, labels) in page.series
            if name == "connwatch_tcp_bytes_sent_total"}
    found = {key: traffic(page, key[0], group=key[1]) for key in keys}
    return {key: value for key, value in found.items()
            if key[1] != str(daemon.port) and any(value)}


def truth_of(load):
    """Likewise, of both ends of the load's connections"""
    truth = {}
    for port, (count, of_clients, of_server) in load.truth().items():
        truth["inbound", str(port)] = (count, of_server, of_clients)
        truth["outbound", str(port)] = (count, of_clients, of_server)
    return truth


def tcp_counter(name):
    """Of the network namespace we are in."""
    with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("Tcp:")]
    return int(values[names.index(name)])


def fill(sender):
    """Sends until the receiver's window and the send buffer are full."""
    sender.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sender.send(bytes(65536))


class ExactTotalsTest(TrafficTest):
    """Connections of every size and length, while polls run: not a byte is missed or invented."""

    CONNECTIONS = 5_000
    IPV4, IPV6 = socket.AF_INET, socket.AF_INET6

    # The kernel does not tell whether a side that sent its FIN long before it closed has had the
    # peer's, unless a poll saw it wait for that.
    CLOSED_AT_ONCE = [end for end in End if end != End.HALF_CLOSED]

    def setUp(self):
        super().setUp()
        # A connect that takes over the port of a TIME-WAIT hides from the next walk who closed first
        # (docs/decisions/0003-connection-totals.md, "What remains open").
        sysctl("ipv4/tcp_tw_reuse", 0)

    def load(self, family, address, seed, at_client=contextlib.nullcontext, ends=tuple(End)):
        listeners = [self.sockets.enter_context(socket.create_server(
            (address, port), family=family, backlog=4096)) for port in PORTS]
        plans = random_plans(seed, self.CONNECTIONS, 1.25 * TWO_POLLS_S, ends)
        return self.enterContext(Load(listeners, plans, at_client))

    def page_after(self, load, daemon, sides):
        """The page when the ends of all connections are known on `sides` sides of each, and two polls
        later. On a busy machine the kernel tells of an end long after it."""
        load.wait()
        self.hidden.check()

        def ended():
            return sum(closed for closed, _, _ in traffic_by_group(daemon.page(), daemon).values())
        wait_until(lambda: ended() >= sides * self.CONNECTIONS, "the end of every connection")
        return daemon.wait_for_polls(2)

    def run_load(self, load, directions):
        expected = {key: value for key, value in truth_of(load).items() if key[0] in directions}
        with Daemon(CONFIG) as daemon:
            self.assertEqual(total(daemon.page(), "destroy_events_active"), 1)
            load.start()
            self.page_after(load, daemon, len(directions))
            with contextlib.suppress(AssertionError):  # what is wrong is said below
                wait_until(lambda: traffic_by_group(daemon.page(), daemon) == expected, "the totals")
            page = daemon.wait_for_polls(2)  # they stay
            found = traffic_by_group(page, daemon)
            wrong = {key: (found.get(key), expected.get(key)) for key in found | expected
                     if found.get(key) != expected.get(key)}
            told_late = total(page, "connections_ended_total", cause="vanished")
            self.assertFalse(wrong, f"(found, expected) of (closed, sent, received); {told_late} vanished")
            # Sockets that were never established may have ended too. They are no connections: the totals
            # above are exact without them.
            self.assertEqual(total(page, "connections_ended_total", cause="disconnected"), 0)
            self.assertEqual(total(page, "destroy_event_overruns_total"), 0)

    @with_every_change_seen
    def test_loopback_ipv4(self):
        load = self.load(self.IPV4, "127.0.0.1", seed=1, ends=self.CLOSED_AT_ONCE)
        self.run_load(load, ("inbound", "outbound"))

    @with_every_change_seen
    def test_loopback_ipv6(self):
        load = self.load(self.IPV6, "::1", seed=2, ends=self.CLOSED_AT_ONCE)
        self.run_load(load, ("inbound", "outbound"))

    @with_every_change_seen
    def test_from_another_host_ipv4(self):
        hosts = self.enterContext(TwoHosts())
        self.run_load(self.load(self.IPV4, SERVER, seed=3, at_client=hosts.at_client), ("inbound",))

    @with_every_change_seen
    def test_from_another_host_ipv6(self):
        hosts = self.enterContext(TwoHosts())
        ip("address", "add", "fd00::1/64", "dev", "server", "nodad")
        with hosts.at_client():
            ip("address", "add", "fd00::2/64", "dev", "client", "nodad")
        self.run_load(self.load(self.IPV6, "fd00::1", seed=4, at_client=hosts.at_client),
                      ("inbound",))

    @with_every_change_seen
    def test_segments_as_the_other_host_counts_them(self):
        hosts = self.enterContext(TwoHosts())
        ip("link", "set", "dev", "server", "gso_max_segs", "1")  # the counter takes packets
        load = self.load(self.IPV4, SERVER, seed=5, at_client=hosts.at_client,
                         ends=[End.CLIENT_FIRST, End.EMPTY])  # TIME-WAIT is there, not here
        with Daemon(CONFIG) as daemon:
            with hosts.at_client():
                before = tcp_counter("InSegs")
            load.start()
            self.page_after(load, daemon, 1)
            with hosts.at_client():
                received = tcp_counter("InSegs") - before
            # The scrapes' are among these, and the latest one may not be on the page yet.
            # The kernel counts a SYN-ACK and a FIN that are sent again as well.
            self.assertLessEqual(total(daemon.page(), "tcp_segments_retransmitted_total"),
                                 tcp_counter("RetransSegs"))

            def sent():
                page = daemon.page()
                return sum(total(page, "tcp_segments_sent_total", direction="inbound",
                                 group=str(port)) for port in PORTS)
            # A SYN-ACK is sent before there is a connection, a reset may come after it.
            of_connections = received - self.CONNECTIONS
            wait_until(lambda: sent() >= of_connections - tcp_counter("OutRsts"), "every segment")
            daemon.wait_for_polls(2)  # nothing is counted twice
            self.assertLessEqual(sent(), of_connections)


class OverrunTest(TrafficTest):
    def test_lost_events_are_counted_and_totals_stay_below_the_truth(self):
        listeners = [self.sockets.enter_context(socket.create_server(("127.0.0.1", port),
                                                                     backlog=4096))
                     for port in PORTS]
        plans = random_plans(5, 3_000, 2 * TWO_POLLS_S)
        load = self.enterContext(Load(listeners, plans))
        truth = truth_of(load)
        with Daemon(CONFIG + "destroy_event_buffer: 4KiB\n") as daemon:
            load.start()
            pages = []
            while load.is_running():
                pages.append(daemon.page())
                daemon.process.send_signal(signal.SIGSTOP)
                time.sleep(0.05)  # for more events than the buffer holds
                daemon.process.send_signal(signal.SIGCONT)
                time.sleep(0.05)
            load.wait()
            pages.append(daemon.wait_for_polls(3))
            self.assertGreater(total(pages[-1], "destroy_event_overruns_total"), 0)
            self.assert_no_step_back(pages)
            for key, found in traffic_by_group(pages[-1], daemon).items():
                for value, limit in zip(found, truth[key]):
                    self.assertLessEqual(value, limit, key)

    def assert_no_step_back(self, pages):
        for before, after in zip(pages, pages[1:]):
            for (name, labels), value in before.series.items():
                if name.endswith("_total"):
                    self.assertGreaterEqual(after.series[name, labels], value, (name, labels))


class LongConnectionsTest(TrafficTest):
    def test_what_moved_before_the_start_does_not_count(self):
        client, server, port = self.pair()
        move(client, server, 1 << 30)
        with Daemon(CONFIG) as daemon:
            move(client, server, 1_000_000)
            move(server, client, 30)
            self.wait_for_traffic(daemon, "outbound", port, (0, 1_000_000, 30))
            self.wait_for_traffic(daemon, "inbound", port, (0, 30, 1_000_000))
            move(client, server, 5)
            client.close()
            server.close()
            self.wait_for_traffic(daemon, "outbound", port, (1, 1_000_005, 30))
            self.wait_for_traffic(daemon, "inbound", port, (1, 30, 1_000_005))
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "outbound", group=str(port)), (1, 1_000_005, 30))
            self.assertEqual(traffic(page, "inbound", group=str(port)), (1, 30, 1_000_005))

    def test_half_closed_for_a_while(self):
        with Daemon(CONFIG) as daemon:
            client, server, port = self.pair()
            move(client, server, 2_000)
            client.shutdown(socket.SHUT_WR)
            daemon.wait_for_polls(2)
            move(server, client, 90)
            server.close()
            self.assertEqual(client.recv(1), b"")
            client.close()
            self.wait_for_traffic(daemon, "outbound", port, (1, 2_000, 90))
            self.wait_for_traffic(daemon, "inbound", port, (1, 90, 2_000))
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "outbound", group=str(port)), (1, 2_000, 90))
            self.assertEqual(traffic(page, "inbound", group=str(port)), (1, 90, 2_000))

    def test_without_events_polls_count_and_notice_the_end(self):
        config = CONFIG.replace("destroy_events: on", "destroy_events: off")
        with Daemon(config) as daemon:
            self.assertEqual(total(daemon.page(), "destroy_events_active"), 0)
            client, server, port = self.pair()
            for moved in (100_000, 150_000):
                move(client, server, moved - int(traffic(daemon.page(), "inbound",
                                                         group=str(port))[2]))
                self.wait_for_traffic(daemon, "outbound", port, (0, moved, 0))
                self.wait_for_traffic(daemon, "inbound", port, (0, 0, moved))
            client.close()
            server.close()
            self.wait_for_traffic(daemon, "outbound", port, (1, 150_000, 0))
            self.wait_for_traffic(daemon, "inbound", port, (1, 0, 150_000))
            self.assertGreaterEqual(self.ended(daemon, "vanished"), 2)
            self.assertEqual(self.ended(daemon, "complete"), 0)
            self.assertEqual(total(daemon.page(), "destroy_events_total"), 0)

    def test_a_reset_keeps_what_was_last_seen(self):
        with Daemon(CONFIG) as daemon:
            client, server, port = self.pair()
            move(client, server, 5_000)
            move(server, client, 70)
            self.wait_for_traffic(daemon, "outbound", port, (0, 5_000, 70))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DISCONNECT)
            client.close()
            server.close()
            self.wait_for_traffic(daemon, "outbound", port, (1, 5_000, 70))
            self.wait_for_traffic(daemon, "inbound", port, (1, 70, 5_000))
            page = daemon.wait_for_polls(2)
            is_traced = page.get("connwatch_handshake_tracing_in_use") == 1
            self.assertEqual(total(page, "connections_ended_total", cause="disconnected"),
                             0 if is_traced else 1)
            self.assertEqual(traffic(page, "outbound", group=str(port)), (1, 5_000, 70))

    def test_a_refused_connect_is_no_connection(self):
        with Daemon(CONFIG) as daemon:
            refused = lambda: (self.ended(daemon, "disconnected")
                               + self.ended(daemon, "not_established"))
            # The question whether the daemon serves may have been refused before it did.
            before = refused()
            with self.assertRaises(ConnectionRefusedError), socket.socket() as client:
                client.connect(("127.0.0.1", 1001))
            wait_until(lambda: refused() > before, "the end of the blocking connect")
            with socket.socket() as client:
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", 1001))
            wait_until(lambda: refused() > before + 1, "the end of the other one")
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "outbound", group="1001"), (0, 0, 0))


class FileServerTest(TrafficTest):
    def test_100_fetches_with_curl(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with open(os.path.join(folder, "file"), "wb") as file:
            file.write(os.urandom(123_457))
        port = free_port()
        server = subprocess.Popen(
            ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder,
             str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        wait_until(lambda: self.is_listening(port), "the server listens")
        with Daemon(CONFIG) as daemon:
            fetches = [self.fetch(f"http://127.0.0.1:{port}/file") for _ in range(100)]
            written = sum(header + body for header, body, _ in fetches)
            requested = sum(request for _, _, request in fetches)
            self.assertGreater(written, 100 * 123_457)
            self.wait_for_traffic(daemon, "inbound", port, (100, written, requested))
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "inbound", group=str(port)), (100, written, requested))
            self.assertEqual(traffic(page, "outbound", group=str(port)), (100, requested, written))

    def is_listening(self, port):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def fetch(self, url):
        """Bytes of the response's header, of its body and of the request."""
        text = subprocess.run(
            [find_tool("curl"), "--silent", "--noproxy", "*", "--output", os.devnull,
             "--write-out", "%{size_header} %{size_download} %{size_request}", url],
            check=True, capture_output=True, text=True).stdout
        return tuple(int(number) for number in text.split())


class GroupsTest(TrafficTest):
    def established(self, daemon, direction, group):
        return total(daemon.page(), "tcp_group_sockets", direction=direction, group=str(group),
                     state="established")

    def wait_for_established(self, daemon, expected):
        self.wait_for(expected, lambda: {key: self.established(daemon, *key) for key in expected})

    def test_2000_ports_in_50_groups(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for port in range(2_000, 4_000):
            listener = self.sockets.listener(port=port)
            self.sockets.connect(listener)
            self.sockets.enter_context(listener.accept()[0])
        with Daemon("max_groups: 50\n" + CONFIG) as daemon:
            page = daemon.wait_for_polls(2)
            groups = {dict(labels)["group"] for (name, labels) in page.series
                      if name == "connwatch_tcp_group_sockets"}
            self.assertEqual(len(groups), 51)
            self.assertIn("other", groups)
            series = [name for (name, labels) in page.series
                      if "group" in dict(labels) and name != "connwatch_tcp_group_sockets"]
            for name in set(series) - {name for name in series if name.endswith("_bucket")}:
                of_a_group = 10 if name == "connwatch_handshakes_total" else 2  # with the outcomes
                self.assertLessEqual(series.count(name), 51 * of_a_group, name)
            # And the daemon's own port.
            self.assertEqual(total(page, "folded_subjects", kind="group"), 2_001 - 50)
            for direction in ("inbound", "outbound"):
                self.assertGreaterEqual(total(page, "tcp_group_sockets", direction=direction,
                                              group="other", state="established"), 2_000 - 50)
            for state in ("established", "listen", "syn_sent", "time_wait"):
                self.assertEqual(total(page, "tcp_group_sockets", state=state),
                                 total(page, "tcp_sockets", state=state), state)

    def test_rates_are_the_growth_of_the_totals(self):
        client, peer, port = self.pair()

        def group(daemon):
            groups = json.loads(daemon.get("/api/v1/groups").content)["groups"]
            return next(one for one in groups
                        if (one["direction"], one["group"]) == ("outbound", str(port)))
        with Daemon(CONFIG) as daemon:
            wait_until(lambda: group(daemon)["rates"], "the second full poll")
            move(client, peer, 3_000_000)
            # The first answer that tells of it is of the same poll as its rates.
            grown = wait_until(lambda: (lambda one: one["bytes_sent_total"] and one)(group(daemon)),
                               "it is counted")
            rates = grown["rates"]
            self.assertAlmostEqual(rates["bytes_sent_per_second"] * rates["span_seconds"],
                                   grown["bytes_sent_total"], delta=1)
            wait_until(lambda: group(daemon)["rates"]["bytes_sent_per_second"] == 0, "it is quiet")
            self.assertIsNone(group(daemon)["rates"]["retransmitted_ratio"])
            self.assertEqual(group(daemon)["bytes_sent_total"], 3_000_000)

    def test_configured_by_port_and_by_address(self):
        config = ("groups:\n"
                  "  - {name: front, match: {direction: inbound, local_port: [2001, 2002-2003]}}\n"
                  "  - {name: near, match: {remote_address: 127.0.0.8/31}}\n")
        near = (socket.AF_INET, socket.AF_INET, "127.0.0.9", "127.0.0.9")
        listeners = {port: self.sockets.listener(near if port == 2004 else sockets.IPV4, port=port)
                     for port in (2001, 2003, 2004)}
        with Daemon(config + CONFIG) as daemon:
            for port, listener in listeners.items():
                client = self.sockets.enter_context(socket.socket())
                client.bind(("127.0.0.1", 0))
                client.connect(listener.getsockname())
                move(client, self.sockets.enter_context(listener.accept()[0]), port)
            self.wait_for_established(daemon, {
                ("inbound", "front"): 2, ("outbound", "front"): 0, ("outbound", "near"): 1,
                ("inbound", "near"): 0, ("inbound", 2004): 1, ("outbound", 2004): 0,
                ("outbound", 2001): 1, ("outbound", 2003): 1})
            self.wait_for_traffic(daemon, "inbound", "front", (0, 0, 2001 + 2003))
            self.wait_for_traffic(daemon, "outbound", "near", (0, 2004, 0))
            self.sockets.close()
            self.wait_for_traffic(daemon, "inbound", "front", (2, 0, 2001 + 2003))
            self.wait_for_traffic(daemon, "outbound", "near", (1, 2004, 0))

    def test_configured_by_unit(self):
        unit = f"connwatch-test-{os.getpid()}.service"  # cgroups are the host's
        config = f"groups: [{{name: ours, match: {{unit: {unit}}}}}]\n"
        listener = self.sockets.listener()
        port = listener.getsockname()[1]
        with self.enterContext(systemd_unit(unit))():
            client = self.sockets.connect(listener)
        server = self.sockets.enter_context(listener.accept()[0])
        with Daemon(config + CONFIG) as daemon:
            move(client, server, 4_000)
            self.wait_for_established(daemon, {("outbound", "ours"): 1, ("outbound", port): 0,
                                               ("inbound", port): 1, ("inbound", "ours"): 0})
            self.wait_for_traffic(daemon, "outbound", "ours", (0, 4_000, 0))
            client.close()
            server.close()
            self.wait_for_traffic(daemon, "outbound", "ours", (1, 4_000, 0))
            self.assertEqual(traffic(daemon.page(), "outbound", group=str(port)), (0, 0, 0))

    def test_loopback_left_out(self):
        hosts = self.enterContext(TwoHosts())
        listener = self.sockets.listener((socket.AF_INET, socket.AF_INET, "0.0.0.0", None))
        port = listener.getsockname()[1]
        with Daemon("exclude_loopback: true\n" + CONFIG) as daemon:
            connections = []
            for address, side in (("127.0.0.1", contextlib.nullcontext()),
                                  (SERVER, contextlib.nullcontext()),
                                  (SERVER, hosts.at_client())):
                with side:
                    client = self.sockets.enter_context(socket.create_connection((address, port)))
                connections.append((client, self.sockets.enter_context(listener.accept()[0])))
                move(*connections[-1], 3_000)
            self.wait_for_traffic(daemon, "inbound", port, (0, 0, 6_000))
            self.wait_for_traffic(daemon, "outbound", port, (0, 3_000, 0))
            self.wait_for_established(daemon, {("inbound", port): 2, ("outbound", port): 1})
            for client, server in connections:
                client.close()
                server.close()
            self.wait_for_traffic(daemon, "inbound", port, (2, 0, 6_000))
            self.wait_for_traffic(daemon, "outbound", port, (1, 3_000, 0))
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "inbound"), (2, 0, 6_000))
            self.assertEqual(traffic(page, "outbound"), (1, 3_000, 0))


class QueuesTest(TrafficTest):
    def queues(self, page, direction, group):
        """(received, largest, to send, largest)"""
        return tuple(total(page, f"tcp_{name}", direction=direction, group=str(group))
                     for name in ("receive_queue_bytes", "receive_queue_bytes_max",
                                  "send_queue_bytes", "send_queue_bytes_max"))

    def queues_of_ss(self, condition):
        rows = subprocess.run(["ss", "-tnH", "state", "established", condition], check=True,
                              capture_output=True, text=True).stdout.splitlines()
        received, to_send = zip(*(map(int, row.split()[:2]) for row in rows))
        return (sum(received), max(received), sum(to_send), max(to_send))

    def test_as_ss_shows_them(self):
        listener = self.sockets.listener()
        port = listener.getsockname()[1]
        for size in (50_000, 700, 0):
            self.sockets.connect(listener).sendall(bytes(size))
            self.sockets.enter_context(listener.accept()[0])
        fill(self.sockets.connect(listener))  # never accepted: Recv-Q of the listener is 2
        self.sockets.connect(listener)
        with Daemon(CONFIG) as daemon:
            sides = (("inbound", f"sport = :{port}"), ("outbound", f"dport = :{port}"))

            def as_ss():  # bytes still move for a while
                page = daemon.page()
                found = [self.queues(page, direction, port) for direction, _ in sides]
                return found == [self.queues_of_ss(condition) for _, condition in sides] and found
            inbound, outbound = wait_until(as_ss, "the same as ss")
            self.assertGreater(inbound[0], 50_700)
            self.assertGreater(outbound[2], 0)

    def test_a_syn_is_no_byte(self):
        self.enterContext(TwoHosts())
        client = self.sockets.enter_context(socket.socket())
        client.setblocking(False)
        client.connect_ex(("198.19.0.5", 443))
        with Daemon(CONFIG) as daemon:
            page = daemon.page()
            self.assertEqual(total(page, "tcp_group_sockets", direction="outbound", group="443",
                                   state="syn_sent"), 1)
            self.assertEqual(self.queues(page, "outbound", "443"), (0, 0, 0, 0))


if __name__ == "__main__":
    main()
