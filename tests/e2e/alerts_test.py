"""The default rules against the real kernel: floods fire and resolve, a quiet host says nothing."""
import socket
import time
import unittest

import sockets
from alert_watch import alerts, firing, flooding, have_fired, time_of
from network import sysctl
from support import DEADLINE_S, Daemon, main, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts

CONFIG = "poll: {listeners: 100ms, handshakes: 1s, full: 2s}\n"
HALF_OF_THE_WINDOW = 4  # full polls, more than the 5 s that growth needs


class AlertsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def server(self, backlog):
        sysctl("ipv4/tcp_max_syn_backlog", 65536)
        sysctl("core/somaxconn", 65536)
        sysctl("ipv4/tcp_synack_retries", 1)  # half-open handshakes go after 3 s
        return self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER),
                                     backlog=backlog)

    def test_the_default_rule_fires_on_a_syn_flood_in_time_and_resolves(self):
        hosts = self.enterContext(TwoHosts())
        port = self.server(backlog=65536).getsockname()[1]
        alert = ("SynRecvBacklogGrowth", f"{SERVER}:{port}")
        with Daemon(CONFIG) as daemon:
            daemon.wait_for_polls(HALF_OF_THE_WINDOW)
            self.assertEqual(firing(daemon), set())
            begin = time.time()
            with flooding(hosts, port):
                wait_until(lambda: alert in firing(daemon), "the alert fires")
                found = alerts(daemon)[alert]
            pending, fired = (time_of(daemon, alert, state) for state in ("pending", "firing"))
            print(f"pending {pending - begin:.1f} s after the flood began, "
                  f"firing {fired - pending:.1f} s later")
            self.assertGreaterEqual(fired - pending, 9.9)  # for: 10s
            self.check_evidence(found)
            deadline = time.monotonic() + 90 + DEADLINE_S  # it must be below 32 for 90 s
            while time_of(daemon, alert, "resolved") is None:
                self.assertLess(time.monotonic(), deadline, "it resolves")
                time.sleep(0.2)
            self.assertEqual(have_fired(daemon), {alert})
            print(daemon.log())

    def check_evidence(self, alert):
        evidence = alert["evidence"]
        self.assertEqual(alert["cause"], "syn_flood")
        self.assertEqual(len(evidence["top_sources"]), 5)
        self.assertTrue(all(name.startswith("198.19.") and name.endswith("/24")
                            for name in evidence["top_sources"]))
        lengths = [sample["value"] for sample in evidence["recent"]]
        self.assertGreaterEqual(len(lengths), 5)
        self.assertEqual(lengths[-1], evidence["numbers"]["syn_queue_length"])
        # Of the 3 s that a handshake lasts here, its SYN-ACK has been repeated for 2.
        self.assertGreater(evidence["numbers"]["syn_queue_retransmitting_share"], 0.4)
        self.assertGreater(evidence["numbers"]["syn_queue_younger_than_1s"], 0)
        self.assertGreater(evidence["numbers"]["syn_queue_from_1s"], 0)
        self.assertGreater(evidence["numbers"]["syn_queue_oldest_age_seconds"], 1.5)
        self.assertIn("; ages: ", evidence["text"])

    def test_the_same_flood_behind_syn_cookies(self):
        hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_syncookies", 1)
        port = self.server(backlog=16).getsockname()[1]
        listener = f"{SERVER}:{port}"
        with Daemon(CONFIG) as daemon, flooding(hosts, port):
            expected = {("SynCookiesActive", "host"), ("SynQueueNearlyFull", listener)}
            wait_until(lambda: firing(daemon) >= expected, "the alerts fire")
            found = alerts(daemon)
            length = daemon.page().get("connwatch_listener_syn_queue_peak", listener=listener)
            self.assertLessEqual(length, 17)
            self.assertNotIn(("SynRecvBacklogGrowth", listener), found)
        self.assertIn(listener, found["SynCookiesActive", "host"]["evidence"]["text"])
        evidence = found["SynQueueNearlyFull", listener]["evidence"]
        self.assertEqual(evidence["recent"][-1]["value"],
                         evidence["numbers"]["syn_queue_length"])

    def test_a_quiet_host_raises_nothing(self):
        with Daemon(CONFIG) as daemon:
            server = self.sockets.listener()
            self.sockets.connect(server)
            daemon.wait_for_polls(3)
            self.assertEqual(firing(daemon), set())
            self.assertEqual(alerts(daemon), {})


if __name__ == "__main__":
    main()
