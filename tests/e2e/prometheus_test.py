"""The page in the hands of promtool and of a real Prometheus."""
import subprocess
import unittest

from prometheus import Prometheus
from support import DEADLINE_S, SOURCE_DIR, Daemon, find_tool, wait_until


class PrometheusTest(unittest.TestCase):
    def test_promtool_has_no_remark(self):
        golden = (SOURCE_DIR / "tests/testdata/metrics_page.txt").read_text()
        with Daemon() as daemon:
            pages = {"golden": golden, "live": daemon.get("/metrics").content.decode()}
        for name, page in pages.items():
            result = subprocess.run([find_tool("promtool"), "check", "metrics"], input=page,
                                    capture_output=True, text=True, timeout=DEADLINE_S, check=False)
            self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""), name)

    def test_prometheus_scrapes_it(self):
        with Daemon() as daemon, Prometheus(daemon.port) as prometheus:
            wait_until(lambda: prometheus.query("up") == ["1"], "up == 1")
            self.assertEqual(len(prometheus.query("connwatch_tcp_sockets")), 22)
            self.assertEqual(prometheus.query("connwatch_build_info"), ["1"])


if __name__ == "__main__":
    unittest.main()
