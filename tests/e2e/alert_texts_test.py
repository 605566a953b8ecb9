"""What an alert says: whose it is, what was measured over its own time, and what it waits for."""
import os
import socket
import time
import unittest

import sockets
from alert_watch import alerts, firing, transitions
from support import Daemon, main, network_namespace, wait_until
from units import systemd_unit

QUICK = "poll: {listeners: 100ms, handshakes: 200ms, full: 1s}\n"


def label(server):
    return "{}:{}".format(*server.getsockname())


class AlertTextsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())
        self.unit = f"connwatch-test-{os.getpid()}.service"
        in_unit = self.enterContext(systemd_unit(self.unit))
        with in_unit():
            self.server = self.sockets.listener(backlog=8)

    def fill(self, count=9):
        """Makes connections that nobody accepts."""
        for _ in range(count):
            client = self.sockets.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(self.server.getsockname())

    def drain(self):
        self.server.setblocking(False)
        try:
            while True:
                self.server.accept()[0].close()
        except BlockingIOError:
            pass

    def the(self, daemon, name):
        return alerts(daemon).get((name, label(self.server)))

    def test_whose_it_is_and_what_it_waits_for(self):
        rule = "alerts: [{name: AcceptQueueNearlyFull, for: 1s, clear: {below: 50%, for: 1m}}]\n"
        with Daemon(QUICK + rule) as daemon:
            self.fill()
            wait_until(lambda: ("AcceptQueueNearlyFull", label(self.server)) in firing(daemon), "it fires")
            alert = self.the(daemon, "AcceptQueueNearlyFull")
            self.assertEqual(alert["unit"], self.unit)
            self.assertRegex(alert["summary"], f"^{self.unit} does not accept connections fast enough on "
                             f"{label(self.server)}: 9 connections wait, its limit is 8")
            self.assertIn("Look at the application first", alert["advice"])
            self.assertEqual(alert["ends"], "when it has been below 50 % for 60 s")
            self.assertIn(f"unit={self.unit}", daemon.log())
            self.drain()
            wait_until(lambda: " more" in self.the(daemon, "AcceptQueueNearlyFull")["ends"], "it gets better")
            alert = self.the(daemon, "AcceptQueueNearlyFull")
            self.assertRegex(alert["ends"], r"^when it has been below 50 % for (60|5\d) s more$")
            self.assertRegex(alert["summary"], f"^Getting better: {self.unit} did not accept .* It is at 0 % "
                             r"now, at its worst 100 %, threshold 80 %\. The alert ends when")

    def test_the_evidence_of_drops_is_that_of_their_window(self):
        rule = "alerts: [{name: ListenerDropping, above: 0.2, for: 4s}]\n"
        with Daemon(QUICK + rule) as daemon:
            self.fill()
            daemon.wait_for_polls(2)
            self.fill(20)  # refused at once
            wait_until(lambda: self.the(daemon, "ListenerDropping"), "it is pending")
            self.drain()  # so the latest poll shows nothing of it
            wait_until(lambda: ("ListenerDropping", label(self.server)) in firing(daemon), "it fires")
            alert = self.the(daemon, "ListenerDropping")
            self.assertEqual(alert["cause"], "accept_queue_full")
            evidence = alert["evidence"]
            self.assertGreater(evidence["numbers"]["drops_per_second"], 0.2)
            self.assertRegex(evidence["text"], r"^[\d.]+/s SYNs or final ACKs refused over the last 10 s; ")
            self.assertIn("the application accepts too slowly", evidence["text"])
            self.assertNotRegex(evidence["text"], r"\b0(\.0)?/s|by 0\.0")

    def test_what_comes_and_goes_fires_until_it_stays_away(self):
        rule = "alerts: [{name: AcceptQueueNearlyFull, for: 500ms, clear: {below: 50%, for: 500ms}}]\n"
        key = ("AcceptQueueNearlyFull", label(self.server))
        with Daemon(QUICK + rule) as daemon:
            for times in range(1, 6):
                self.fill()
                wait_until(lambda: len(self.begun(daemon, key)) >= min(times, 3) and
                           (times < 4 or self.the(daemon, key[0])["flapping"]["times"] == times),
                           f"trouble number {times}")
                self.drain()
                wait_until(lambda: times >= 3 or not self.the(daemon, key[0]), f"the end of number {times}")
                wait_until(lambda: times < 3 or "more" in (self.the(daemon, key[0])["ends"] or ""), "a lull")
                time.sleep(1)  # longer than `clear`
            self.assertEqual([state for found, state, _ in transitions(daemon)
                              if found == key and state in ("firing", "resolved")],
                             ["firing", "resolved", "firing", "resolved", "firing"])
            self.assertRegex(self.the(daemon, key[0])["summary"], r"\(5 times in \d+ s\)")

    def begun(self, daemon, key):
        return [at for found, state, at in transitions(daemon) if (found, state) == (key, "firing")]


if __name__ == "__main__":
    main()
