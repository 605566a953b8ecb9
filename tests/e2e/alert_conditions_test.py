"""Alerts beside the flood: what each condition raises, and what it does not."""
import pathlib
import resource
import socket
import time
import unittest

import sockets
from alert_watch import alerts, firing, have_fired, time_of
from network import sysctl
from support import Daemon, main, network_namespace, run, wait_until
from two_hosts import TwoHosts

CONFIG = "poll: {listeners: 100ms, handshakes: 500ms, full: 2s}\n"


def label(server):
    return "{}:{}".format(*server.getsockname())


class AlertConditionsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def begin_connects(self, address, count):
        """Non-blocking ones; kept open."""
        clients = [self.sockets.enter_context(socket.socket()) for _ in range(count)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(address)
        return clients

    def test_a_full_accept_queue(self):
        server = self.sockets.listener(backlog=8)
        expected = {("AcceptQueueNearlyFull", label(server)), ("ListenerDropping", label(server))}
        with Daemon(CONFIG) as daemon:
            self.begin_connects(server.getsockname(), 9)

            def fire():
                with socket.socket() as client:  # its SYN is dropped
                    client.setblocking(False)
                    client.connect_ex(server.getsockname())
                time.sleep(0.1)
                return firing(daemon) >= expected
            wait_until(fire, "the alerts fire")
            self.assertEqual(firing(daemon), expected)
            self.assertEqual(alerts(daemon)["AcceptQueueNearlyFull", label(server)]["value"], 1)
            self.assertLessEqual(daemon.page().get("connwatch_listener_syn_queue_peak",
                                                   listener=label(server)), 1)

    def test_a_listener_that_defers_raises_nothing(self):
        defer = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
        server = self.sockets.listener(backlog=128, options=[defer])
        with Daemon(CONFIG) as daemon:
            daemon.wait_for_polls(3)  # more than half of the window of growth
            for _ in range(120):  # above 64, above 80 %, faster than 20 a second
                self.sockets.connect(server)
            wait_until(lambda: daemon.page().get("connwatch_listener_syn_queue_length",
                                                 listener=label(server)) == 120, "SYN-RECV")
            # Longer than the `for` of every rule on a listener, with what it needs to begin.
            end = time.monotonic() + 20
            while time.monotonic() < end:
                self.assertEqual(firing(daemon), set())
                time.sleep(0.5)
            self.assertEqual(have_fired(daemon), set())

    def test_time_wait_by_the_number_of_the_rule_file(self):
        """The full poll of the start is the only one, so it has not seen them."""
        sysctl("ipv4/tcp_max_tw_buckets", 1000)
        rule = "alerts: [{name: TimeWaitNearLimit, above: 2%, for: 0s}]\n"
        with Daemon(rule + "poll: {handshakes: 100ms, full: 1h}\n") as daemon:
            before = daemon.page().get("connwatch_tcp_sockets", state="time_wait", family="ipv4")
            for _ in range(30):
                self.sockets.time_wait()
            alert = ("TimeWaitNearLimit", "host")

            def page_with_all():
                page = daemon.page()  # the alert fires as soon as there are 21 of the 30
                return page if page.get("connwatch_tcp_time_wait") >= 30 else None
            page = wait_until(page_with_all, "they are all counted")
            self.assertIn(alert, firing(daemon))
            self.assertEqual(page.get("connwatch_alert_value", alert=alert[0], subject=alert[1]),
                             page.get("connwatch_tcp_time_wait")
                             / page.get("connwatch_tcp_time_wait_limit"))
            self.assertEqual(page.get("connwatch_tcp_sockets", state="time_wait", family="ipv4"),
                             before)
            rules = run("--print-rules").stdout
            self.assertRegex(rules, r"connwatch_tcp_time_wait\s+/ "
                                    r"\(connwatch_tcp_time_wait_limit > 0\) > 0.8\n")

    def test_connects_into_a_black_hole(self):
        self.enterContext(TwoHosts())
        rule = "alerts: [{name: ConnectsPending, for: 2s, clear: {for: 1s}}]\n"
        alert = ("ConnectsPending", "443")
        with Daemon(rule + CONFIG) as daemon:
            clients = self.begin_connects(("198.19.0.5", 443), 15)
            clients += self.begin_connects(("198.19.0.7", 443), 3)
            clients += self.begin_connects(("198.19.0.6", 5432), 8)  # fewer than ten
            wait_until(lambda: alert in firing(daemon), "the alert fires")
            evidence = alerts(daemon)[alert]["evidence"]
            self.assertEqual(list(evidence["top_destinations"].items()),
                             [("198.19.0.5:443", 15), ("198.19.0.7:443", 3)])
            self.assertEqual(evidence["numbers"]["syn_sent_retransmitting"], 18)
            for client in clients:
                client.close()
            wait_until(lambda: time_of(daemon, alert, "resolved"), "it resolves")
            self.assertEqual(have_fired(daemon), {alert})


def lowest_free_descriptor(pid):
    """Of the process at rest: polls open a descriptor now and then."""
    lowest = []
    for _ in range(50):
        used = {int(entry.name) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
        lowest.append(next(number for number in range(len(used) + 1) if number not in used))
        time.sleep(0.01)
    return min(lowest)


class StaleDataTest(unittest.TestCase):
    CONFIG = ("alerts: [{name: MonitorStale, above: 3s}, "
              "{name: AcceptQueueNearlyFull, for: 0s, clear: {for: 0s}}]\n"
              "poll: {listeners: 100ms, handshakes: 500ms, full: 1s}\n")

    def fill(self, server):
        for _ in range(3):
            self.sockets.connect(server)

    def test_a_daemon_that_cannot_read_says_so_and_nothing_else(self):
        """It runs out of descriptors, so that no poll can open its netlink socket."""
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())
        full, idle = self.sockets.listener(backlog=2), self.sockets.listener(backlog=2)
        stale = ("MonitorStale", "host")
        of = lambda server: ("AcceptQueueNearlyFull", label(server))
        with Daemon(self.CONFIG) as daemon:
            self.fill(full)
            wait_until(lambda: time_of(daemon, of(full), "firing"), "the first alert fires")
            pid = daemon.process.pid
            _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            before = resource.prlimit(pid, resource.RLIMIT_NOFILE,
                                      (lowest_free_descriptor(pid), most))
            wait_until(lambda: "poll failed" in daemon.log(), "polls fail")
            for _ in range(3):
                full.accept()[0].close()
            self.fill(idle)
            wait_until(lambda: time_of(daemon, stale, "firing"), "MonitorStale fires")
            self.assertIn("polls: ", daemon.log().split("alert=MonitorStale")[1])
            self.assertEqual(have_fired(daemon), {of(full), stale})
            self.assertIsNone(time_of(daemon, of(full), "resolved"))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            wait_until(lambda: time_of(daemon, stale, "resolved"), "MonitorStale resolves")
            wait_until(lambda: time_of(daemon, of(full), "resolved"), "the first one resolves")
            wait_until(lambda: time_of(daemon, of(idle), "firing"), "the other fires")


if __name__ == "__main__":
    main()
