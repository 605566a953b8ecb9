"""A real Prometheus with the shipped rules that scrapes a fleet (fleet_pages.py), and what its Fleet
dashboard asks it."""
import contextlib
import json
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from network import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "dashboards/prometheus"
DASHBOARD = ROOT / "dashboards/grafana/fleet.json"
GLOBAL = "global: {{scrape_interval: {0}, scrape_timeout: {0}, evaluation_interval: {0}}}\n"
WITH_RULES = "rule_files: [connwatch.alerts.yml, connwatch.rules.yml]\n"
JOB = """
scrape_configs:
  - job_name: connwatch
    file_sd_configs: [{files: [targets.json]}]
"""
QUERY_TIMEOUT_S = 180


def panels():
    """[(title, expression, whether it is of one moment)] of the Fleet dashboard, for all jobs."""
    return [(panel["title"], target["expr"].replace("$job", ".*"), target["instant"])
            for panel in json.loads(DASHBOARD.read_text())["panels"]
            for target in panel.get("targets", ())]


class FleetPrometheus(contextlib.ExitStack):
    """Use as a context manager. `relabel` are lines of a list of metric_relabel_configs, `alerts` is the
    text of the alert rules instead of the shipped one. `rule_interval` instead of that of the rules."""

    def __init__(self, program, folder, targets, interval, *, relabel=(), alerts=None, rule_interval=None,
                 flags=()):
        super().__init__()
        folder = pathlib.Path(folder)
        files = {name: (RULES / name).read_text() for name in ("connwatch.rules.yml", "connwatch.alerts.yml")}
        if alerts:
            files["connwatch.alerts.yml"] = alerts
        if rule_interval:
            files = {name: re.sub(r"(?m)^(    interval: ).*", rf"\g<1>{rule_interval}", text)
                     for name, text in files.items()}
        files["targets.json"] = json.dumps(targets)
        self._relabel = "".join(
            ["    metric_relabel_configs:\n", *(f"      {line}\n" for line in relabel)] if relabel else [])
        self._interval = interval
        self._folder = folder
        self._write_config(WITH_RULES + JOB + self._relabel)
        for name, text in files.items():
            (folder / name).write_text(text)
        self.port = free_port()
        self._command = [program, f"--config.file={folder}/prometheus.yml",
                         f"--storage.tsdb.path={folder}/data",
                         f"--web.listen-address=127.0.0.1:{self.port}", *flags]
        self._log = folder / "prometheus.log"

    def __enter__(self):
        super().__enter__()
        log = self.enter_context(open(self._log, "wb"))
        self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        self.callback(self.process.wait)
        self.callback(self.process.terminate)
        return self

    def _write_config(self, text):
        (self._folder / "prometheus.yml").write_text(GLOBAL.format(self._interval) + text)

    def stop_rules(self):
        """From now on it only scrapes. Needs the flag --web.enable-lifecycle."""
        self._write_config(JOB + self._relabel)
        self.read("/-/reload", "POST")

    def stop_scraping(self):
        """From now on it only answers. Needs the same flag."""
        self._write_config("")
        self.read("/-/reload", "POST")

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Prometheus has ended:\n{self._log.read_text()}")
        with contextlib.suppress(OSError):
            return bool(self.read("/-/ready"))
        return False

    def read(self, path, method="GET", **parameters):
        """The body of an answer."""
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method),
                                    timeout=QUERY_TIMEOUT_S) as reply:
            return reply.read().decode()

    def api(self, path, method="GET", **parameters):
        """The data of an answer; a ValueError with what Prometheus says if there is none."""
        try:
            return json.loads(self.read(f"/api/v1/{path}", method, **parameters))["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from None

    def query(self, expression, **parameters):
        """{"result": series, "stats": ...} of one moment."""
        return self.api("query", query=expression, stats="all", **parameters)

    def query_range(self, expression, seconds, step, end=None):
        end = end or time.time()
        return self.api("query_range", query=expression, start=end - seconds, end=end, step=step,
                        stats="all")

    def values(self, expression):
        """{labels as JSON: number} of one moment."""
        return {json.dumps(one["metric"], sort_keys=True): float(one["value"][1])
                for one in self.query(expression)["result"]}

    def number(self, expression):
        """The only value; NaN if there is none."""
        return next(iter(self.values(expression).values()), float("nan"))

    def rule_groups(self):
        return self.api("rules")["groups"]
