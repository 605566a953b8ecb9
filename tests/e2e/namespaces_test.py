"""Other network namespaces of the host, with the real kernel: what the walk sees there against what `ss`
sees inside."""
import collections
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time
import unittest

import named_namespaces
import network
import sockets
from kernel_walk_test import require_walk
from live_states_test import STATES
from support import Daemon, main, wait_until
from two_hosts import SERVER, TwoHosts, syn

FAST = ("poll: {listeners: 100ms, handshakes: 200ms, full: 300ms}\n"
        "max_network_namespaces: 250\n")
PORT = 1001


def states_by_ss():
    """What `ss` counts in this thread's namespace."""
    output = subprocess.run(["ss", "-tanH"], check=True, capture_output=True, text=True).stdout
    counts = collections.Counter(STATES[line.split()[0]] for line in output.splitlines())
    return {state: counts[state] for state in STATES.values()}


def states_on(page, name):
    return {state: page.get("connwatch_netns_tcp_sockets", netns=name, state=state)
            for state in STATES.values()}


class NamespacesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_walk()

    def setUp(self):
        self.namespaces = self.enterContext(named_namespaces.NamedNamespaces())
        self.held = self.enterContext(contextlib.ExitStack())

    def namespace_with(self, label, listeners=1, pairs=1):
        """Its name. The sockets in it stay until the end."""
        name = self.namespaces.add(label)
        with self.namespaces.inside(name):
            made = self.held.enter_context(sockets.Sockets())
            for _ in range(listeners):
                made.listener()
            for _ in range(pairs):
                made.pair()
        return name

    def states_inside(self, name):
        with self.namespaces.inside(name):
            return states_by_ss()

    def test_numbers_are_those_that_ss_shows_inside(self):
        names = [self.namespace_with(str(number), listeners=1 + number % 3, pairs=number % 5)
                 for number in range(50)]
        with self.namespaces.inside(names[0]):
            made = self.held.enter_context(sockets.Sockets())
            for make in (made.syn_recv, made.syn_sent, made.time_wait, made.fin_wait2_and_close_wait):
                make()
        with Daemon(FAST) as daemon:
            page = daemon.wait_for_polls(2)

            def unequal():
                page = daemon.page()
                return [name for name in names if states_on(page, name) != self.states_inside(name)]
            wait_until(lambda: not unequal(), "the numbers of each are those of ss")
            self.assertGreaterEqual(page.get("connwatch_network_namespaces"), 50)
            self.assertEqual(page.get("connwatch_network_namespaces_left_out"), 0)
            listed = json.loads(daemon.get("/api/v1/namespaces?limit=1000").content)["namespaces"]
            states_of = {netns["netns"]: netns["states"] for netns in listed}
            for name in names[1:]:
                self.assertEqual(states_of[name], self.states_inside(name))

    def test_traffic_by_direction(self):
        name = self.namespaces.add("traffic")
        with Daemon(FAST) as daemon:
            daemon.wait_for_polls(2)
            with self.namespaces.inside(name):
                client, server = self.held.enter_context(sockets.Sockets()).pair()
                client.sendall(bytes(10_000))
                received = 0
                while received < 10_000:
                    received += len(server.recv(65_536))
                server.sendall(bytes(300))
                client.recv(300, socket.MSG_WAITALL)

            def is_booked():
                page = daemon.page()
                def moved(what, direction):
                    return page.get(f"connwatch_netns_tcp_bytes_{what}_total", netns=name,
                                    direction=direction)
                return (moved("sent", "outbound"), moved("received", "outbound"),
                        moved("sent", "inbound"), moved("received", "inbound")) == (
                            10_000, 300, 300, 10_000)
            wait_until(is_booked, "the bytes are booked")

    def test_the_hosts_own_numbers_stay_its_own(self):
        with Daemon(FAST) as daemon:
            before = states_by_ss()
            self.namespace_with("beside", listeners=5, pairs=5)
            page = daemon.wait_for_polls(2)
            for state in ("listen", "established"):
                counted = sum(page.get("connwatch_tcp_sockets", state=state, family=family)
                              for family in ("ipv4", "ipv6"))
                self.assertAlmostEqual(counted, before[state], delta=2)  # the test's own requests
            self.assertNotIn("beside", str(page.get("connwatch_listener_info")))

    def test_a_flood_in_a_namespace_is_told_with_its_name(self):
        name = self.namespaces.add("flooded")
        with self.namespaces.inside(name):
            hosts = self.held.enter_context(TwoHosts())
            raw = hosts.raw_socket()
            self.held.enter_context(socket.create_server((SERVER, PORT), backlog=1024))
        rule = "alerts: [{name: SynRecvBacklogGrowth, for: 0s}]\n"
        with Daemon(FAST + rule) as daemon:
            daemon.wait_for_polls(2)
            subject = f"{name}/{SERVER}:{PORT}"
            sent = 0

            def fires():
                nonlocal sent
                for _ in range(100):
                    sent += 1
                    source = f"198.19.{sent % 250}.{1 + sent // 250 % 250}"
                    raw.sendto(syn(source, 1_024 + sent % 60_000, PORT), (SERVER, 0))
                alerts = json.loads(daemon.get("/api/v1/alerts").content)["alerts"]
                return [alert for alert in alerts
                        if alert["subject"] == subject and alert["state"] == "firing"]
            alert = wait_until(fires, "the alert")[0]
            self.assertEqual((alert["netns"], alert["cause"]), (name, "syn_flood"))
            page = daemon.page()
            self.assertEqual(page.get("connwatch_netns_listener_diagnosis", netns=name,
                                      cause="syn_flood"), 1)

    def test_drops_of_a_full_accept_queue(self):
        name = self.namespaces.add("full")
        with self.namespaces.inside(name):
            server = self.held.enter_context(socket.socket())
            server.bind(("127.0.0.1", 0))
            server.listen(1)
        with Daemon(FAST) as daemon:
            daemon.wait_for_polls(2)
            with self.namespaces.inside(name):
                for _ in range(6):
                    client = self.held.enter_context(socket.socket())
                    client.setblocking(False)
                    client.connect_ex(server.getsockname())

            def are_counted():
                page = daemon.page()
                return (page.get("connwatch_netns_listener_drops_total", netns=name) or 0) >= 4 and (
                    page.get("connwatch_netns_accept_queue_utilization_ratio", netns=name) == 1)
            wait_until(are_counted, "drops and a full queue")

    def test_those_without_a_place_are_in_other(self):
        names = [self.namespace_with(str(number)) for number in range(6)]
        with Daemon(FAST.replace("250", "2")) as daemon:
            page = daemon.wait_for_polls(2)
            shown = [labels for (metric, labels) in page.series if metric == "connwatch_netns_info"]
            self.assertEqual(len(shown), 2)
            seen = page.get("connwatch_network_namespaces")
            self.assertGreaterEqual(seen, len(names))
            self.assertEqual(page.get("connwatch_folded_subjects", kind="netns"), seen - 2)
            self.assertGreater(page.get("connwatch_netns_tcp_sockets", netns="other", state="listen"), 0)

    def test_a_thousand_that_come_and_go_leave_nothing(self):
        def resident():
            status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0])

        # AddressSanitizer keeps what was given back, up to this size.
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        with Daemon(FAST, env={**os.environ, "ASAN_OPTIONS": options}) as daemon:
            daemon.wait_for_polls(3)
            before = None
            for number in range(1_000):
                with network.network_namespace(), socket.create_server(("127.0.0.1", 0)):
                    if number % 25 == 0:
                        time.sleep(0.25)  # so that polls meet some of them
                if number == 300:
                    before = resident()
            daemon.wait_for_polls(3)
            # The kernel removes them in its own time.
            wait_until(lambda: daemon.page().get("connwatch_network_namespaces") < 100, "they are gone")
            wait_until(lambda: resident() < before + 8_000, "their memory is given back")


if __name__ == "__main__":
    main()
