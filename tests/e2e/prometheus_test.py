"""The page in the hands of promtool and of a real Prometheus."""
import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

from support import (DEADLINE_S, SOURCE_DIR, Daemon, cannot_run, find_tool, free_port,
                     wait_until)

PROMETHEUS_CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: connwatch
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


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
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        with Daemon() as daemon:
            (folder / "prometheus.yml").write_text(PROMETHEUS_CONFIG.format(port=daemon.port))
            self.port = free_port()
            prometheus = subprocess.Popen(
                [find_tool("prometheus"), f"--config.file={folder}/prometheus.yml",
                 f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                wait_until(lambda: self.query("up") == ["1"], "up == 1")
                self.assertEqual(len(self.query("connwatch_tcp_sockets")), 22)
                self.assertEqual(self.query("connwatch_build_info"), ["1"])
            finally:
                prometheus.terminate()
                prometheus.wait(DEADLINE_S)

    def query(self, expression):
        """The values of an instant query; none while Prometheus does not answer."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?query={urllib.parse.quote(expression)}"
        try:
            with urllib.request.urlopen(url, timeout=DEADLINE_S) as reply:
                return [series["value"][1] for series in json.load(reply)["data"]["result"]]
        except OSError:
            return []


if __name__ == "__main__":
    unittest.main()
