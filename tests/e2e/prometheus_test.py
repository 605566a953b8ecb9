"""The page in the hands of promtool and of a real Prometheus."""
import subprocess
import unittest

from prometheus import Prometheus
from support import DEADLINE_S, SOURCE_DIR, Daemon, cannot_run, find_tool, main, wait_until

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
# Debian's own parsers, of which that of OpenMetrics is strict; in Debian's own Python, which has them.
PARSER = """
import sys
from prometheus_client.{module} import text_string_to_metric_families
print(sum(len(family.samples) for family in text_string_to_metric_families(sys.stdin.read())))
"""


class PrometheusTest(unittest.TestCase):
    def expect_parsed(self, page, module):
        """Each line with a sample becomes one."""
        samples = [line for line in page.splitlines() if not line.startswith("#")]
        result = subprocess.run(["/usr/bin/python3", "-c", PARSER.format(module=module)], input=page,
                                capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        if "No module named" in result.stderr:
            cannot_run("python3-prometheus-client is not installed")
        self.assertEqual((result.stdout, result.stderr), (f"{len(samples)}\n", ""))

    def test_other_parsers_accept_both_formats(self):
        with Daemon() as daemon:
            live = daemon.get("/metrics", {"Accept": OPEN_METRICS})
            live_text = daemon.get("/metrics")
        self.assertEqual(live.getheader("Content-Type"), f"{OPEN_METRICS}; charset=utf-8")
        self.assertTrue(live.content.endswith(b"\n# EOF\n"))
        self.assertNotIn(b"_created", live.content)
        golden = SOURCE_DIR / "tests/testdata"
        self.expect_parsed(live.content.decode(), "openmetrics.parser")
        self.expect_parsed((golden / "openmetrics_page.txt").read_text(), "openmetrics.parser")
        self.expect_parsed(live_text.content.decode(), "parser")
        self.expect_parsed((golden / "metrics_page.txt").read_text(), "parser")

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
            # Only OpenMetrics has units: this is the format it asked for.
            self.assertEqual(prometheus.metadata("connwatch_tcp_rtt_seconds")["unit"], "seconds")


if __name__ == "__main__":
    main()
