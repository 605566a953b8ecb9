"""Alerts against the real kernel: a flood fires and resolves, a quiet host says nothing."""
import json
import socket
import time
import unittest

import sockets
from support import Daemon, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts, syn

CONFIG = "poll: {listeners: 100ms, handshakes: 500ms, full: 2s}\n"
BURST = 100  # less than the backlog queue of a veth pair


def sysctl(name, value):
    with open(f"/proc/sys/net/{name}", "w") as file:
        file.write(str(value))


class AlertsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def firing(self, daemon):
        """{(alert, subject)}"""
        return {(dict(labels)["alert"], dict(labels)["subject"])
                for (name, labels), value in daemon.page().series.items()
                if name == "connwatch_alert_firing" and value}

    def flood(self, raw, port, count, first):
        for i in range(first, first + count):
            raw.sendto(syn(f"198.19.{i % 250}.{i // 250 % 250 + 1}", 1024 + i % 60_000, port),
                       (SERVER, 0))

    def test_a_syn_flood_fires_names_its_cause_and_resolves(self):
        hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_max_syn_backlog", 65536)
        sysctl("core/somaxconn", 65536)
        sysctl("ipv4/tcp_synack_retries", 1)  # half-open handshakes go after 3 s
        server = self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER),
                                       backlog=65536)
        port = server.getsockname()[1]
        raw = hosts.raw_socket()
        subject = f"{SERVER}:{port}"
        alert = ("SynRecvBacklogGrowth", subject)
        # The rule's growth over half its window, so that the test need not flood for so long.
        with Daemon("alerts: [{name: SynRecvBacklogGrowth, growth: {per_second: 20, over: 5s}, "
                    "for: 2s}]\n" + CONFIG) as daemon:
            self.assertEqual(self.firing(daemon), set())
            sent = 0

            def fires():
                nonlocal sent
                self.flood(raw, port, BURST, sent)
                sent += BURST
                time.sleep(0.05)
                return alert in self.firing(daemon)
            wait_until(fires, "the alert fires")
            found = next(entry for entry in json.loads(daemon.get("/api/v1/alerts").content)["alerts"]
                         if entry["alert"] == alert[0])
            self.assertEqual(found["subject"], subject)
            self.assertEqual(found["cause"], "syn_flood")
            self.assertEqual(len(found["evidence"]["top_sources"]), 5)
            self.assertTrue(all(name.startswith("198.19.") and name.endswith("/24")
                                for name in found["evidence"]["top_sources"]))
            self.assertIn(f"alert=SynRecvBacklogGrowth subject={subject} state=firing", daemon.log())
            deadline = time.monotonic() + 90
            while alert in self.firing(daemon):
                self.assertLess(time.monotonic(), deadline, "it resolves")
                time.sleep(0.5)
            self.assertIn(f"subject={subject} state=resolved", daemon.log())

    def test_a_quiet_host_raises_nothing(self):
        with Daemon(CONFIG) as daemon:
            server = self.sockets.listener()
            self.sockets.connect(server)
            daemon.wait_for_polls(3)
            self.assertEqual(self.firing(daemon), set())
            self.assertEqual(json.loads(daemon.get("/api/v1/alerts").content)["alerts"], [])


if __name__ == "__main__":
    unittest.main()
