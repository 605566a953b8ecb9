"""Being told of the end of connections, at what price, and what is said when that fails."""
import json
import time
import unittest

import sockets
from alert_watch import alerts, have_fired, time_of
from hidden_changes import with_every_change_seen
from network import sysctl
from short_connections import PREFIX, ShortConnections
from support import Daemon, main, network_namespace, wait_until

NOT_EXACT = ("TotalsNotExact", "host")
# A busy host by the measure of the CPU budget for polls, 2 %.
CONNECTIONS_PER_SECOND = 2_500
SECONDS = 8  # longer than the window that auto judges by


class DestroyEventsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.server = self.enterContext(sockets.Sockets()).listener()

    def connect_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with sockets.Sockets() as short:
                short.connect(self.server)
                short.enter_context(self.server.accept()[0])

    @with_every_change_seen
    def test_auto_counts_every_close_of_a_busy_host(self):
        """With the CPU budget of the polls as by default."""
        sysctl("ipv4/tcp_max_tw_buckets", 1_000_000)
        config = ("cpu_budget: 2%\n"
                  f"groups: [{{name: short, match: {{remote_address: {PREFIX}}}}}]\n")
        with Daemon(config) as daemon:
            made = ShortConnections(self, CONNECTIONS_PER_SECOND, SECONDS).join()
            self.hidden.check()
            wait_until(lambda: self.closed(daemon) == 2 * made, "every close is counted, once")
            page = daemon.page()
            self.assertEqual(page.get("connwatch_destroy_events_active"), 1)
            self.assertEqual(page.get("connwatch_destroy_events_absent_seconds_total"), 0)
            self.assertEqual(page.get("connwatch_destroy_event_overruns_total"), 0)
            self.assertEqual(have_fired(daemon), set())

    @staticmethod
    def closed(daemon):
        return sum(daemon.page().get("connwatch_tcp_connections_closed_total",
                                     direction=direction, group="short") or 0
                   for direction in ("inbound", "outbound"))

    def test_auto_leaves_where_they_are_too_dear_and_says_so(self):
        config = ("destroy_event_budget: 0.1%\ndestroy_events: auto\n"
                  "poll: {handshakes: 100ms}\n")
        with Daemon(config) as daemon:
            active = lambda: daemon.page().get("connwatch_destroy_events_active")
            self.assertEqual(active(), 1)
            wait_until(lambda: self.connect_for(1) or active() == 0, "it has left")
            self.assertIn("more than destroy_event_budget: not reading them", daemon.log())
            self.expect_alert(daemon, "was not told which connections ended")
            absent = daemon.page().get("connwatch_destroy_events_absent_seconds_total")
            self.assertGreater(absent, 0)
            status = json.loads(daemon.get("/api/v1/status").content)["destroy_events"]
            self.assertFalse(status["is_active"])
            self.assertGreaterEqual(status["absent_seconds_total"], absent)

    def test_on_stays_whatever_they_cost(self):
        with Daemon("destroy_event_budget: 0.1%\ndestroy_events: on\n") as daemon:
            before = daemon.page().get("connwatch_destroy_events_total")
            self.connect_for(6)  # longer than the window that auto judges by
            wait_until(lambda: daemon.page().get("connwatch_destroy_events_total") > before,
                       "a page tells of them")
            self.assertEqual(daemon.page().get("connwatch_destroy_events_active"), 1)

    def test_a_reload_switches_them(self):
        with Daemon("destroy_events: off\npoll: {handshakes: 100ms}\n") as daemon:
            active = lambda: daemon.page().get("connwatch_destroy_events_active")
            self.assertEqual(active(), 0)
            self.expect_alert(daemon, "destroy_events is off in the configuration")
            daemon.reload("destroy_events: on\npoll: {handshakes: 100ms}\n")
            wait_until(lambda: active() == 1, "they are on")
            wait_until(lambda: time_of(daemon, NOT_EXACT, "resolved"), "the alert resolves")
            self.assertEqual(daemon.page().get("connwatch_totals_exact"), 1)
            self.assertEqual(
                daemon.page().get("connwatch_destroy_events_absent_seconds_total"), 0)

    def test_lost_events_raise_an_alert_and_are_no_reason_to_leave(self):
        with Daemon("destroy_event_buffer: 4KiB\npoll: {handshakes: 100ms}\n") as daemon:
            # The buffer has room for a few events; these all come while the daemon waits for more.
            while NOT_EXACT not in have_fired(daemon):
                with sockets.Sockets() as many:
                    for _ in range(50):
                        many.connect(self.server)
                        many.enter_context(self.server.accept()[0])
            self.expect_alert(daemon, "destroy_event_buffer was full")
            page = daemon.page()
            self.assertEqual(page.get("connwatch_destroy_events_active"), 1)
            self.assertEqual(page.get("connwatch_destroy_events_absent_seconds_total"), 0)

    def test_connections_without_room_raise_an_alert(self):
        made = self.enterContext(sockets.Sockets())
        made.connect(self.server)
        config = "max_tracked_connections: 1\npoll: {handshakes: 100ms, full: 500ms}\n"
        with Daemon(config) as daemon:  # there are two: the other end waits to be accepted
            self.expect_alert(daemon, "max_tracked_connections is too low")

    def expect_alert(self, daemon, reason):
        alert = wait_until(lambda: alerts(daemon).get(NOT_EXACT), "the alert fires")
        self.assertIn(reason, alert["evidence"]["text"])
        self.assertEqual(daemon.page().get("connwatch_totals_exact"), 0)
        self.assertIn(NOT_EXACT, have_fired(daemon))


if __name__ == "__main__":
    main()
