"""The page in the hands of promtool and of a real Prometheus."""
import subprocess
import unittest

from prometheus import Prometheus
from support import DEADLINE_S, SOURCE_DIR, Daemon, cannot_run, find_tool, wait_until


OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
# Debian's own parser, which is strict; in Debian's own Python, which has it.
STRICT_PARSER = """
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(sum(len(family.samples) for family in text_string_to_metric_families(sys.stdin.read())))
"""


class PrometheusTest(unittest.TestCase):
    def test_a_strict_parser_accepts_open_metrics(self):
        golden = (SOURCE_DIR / "tests/testdata/openmetrics_page.txt").read_text()
        with Daemon() as daemon:
            live = daemon.get("/metrics", {"Accept": OPEN_METRICS}).content.decode()
        for name, page in {"golden": golden, "live": live}.items():
            samples = [line for line in page.splitlines() if not line.startswith("#")]
            result = subprocess.run(["/usr/bin/python3", "-c", STRICT_PARSER], input=page,
                                    capture_output=True, text=True, timeout=DEADLINE_S, check=False)
            if "No module named" in result.stderr:
                cannot_run("python3-prometheus-client is not installed")
            self.assertEqual((result.stdout, result.stderr), (f"{len(samples)}\n", ""), name)

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
