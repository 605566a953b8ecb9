"""A daemon that is stopped and continued: it tells of that, and does not blame its polls."""
import json
import signal
import time
import unittest

from alert_watch import have_fired
from support import Daemon, main, network_namespace, wait_until

CONFIG = ("alerts: [{name: MonitorStale, above: 3s}]\n"
          "poll: {listeners: 100ms, handshakes: 500ms, full: 1s}\n")
STOPPED_S = 8


class PauseTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())

    def test_a_pause_is_told_and_no_poll_is_blamed(self):
        with Daemon(CONFIG) as daemon:
            self.assertEqual(daemon.page().get("connwatch_paused_seconds_total"), 0)
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_S)
            daemon.process.send_signal(signal.SIGCONT)
            wait_until(lambda: "did not run for " in daemon.log(), "the log tells of it")
            for tier in ("full", "handshakes"):
                page = daemon.wait_for_polls(3, tier=tier)
            self.assertEqual(have_fired(daemon), set())
            # Up to a beat of a second longer than it was stopped.
            self.assertGreaterEqual(page.get("connwatch_paused_seconds_total"), STOPPED_S)
            status = json.loads(daemon.get("/api/v1/status").content)
            self.assertGreaterEqual(status["paused_seconds_total"], STOPPED_S)
            self.assertGreater(status["uptime_seconds"], STOPPED_S)
            self.assertFalse(any(tier["is_stale"] for tier in status["tiers"]))
            times = [sample["timestamp_seconds"] for sample in
                     json.loads(daemon.get("/api/v1/history").content)["samples"]]
            self.assertEqual(times, sorted(set(times)))


if __name__ == "__main__":
    main()
