"""--print-rules in the hands of promtool and of a real Prometheus."""
import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

import sockets
from network import free_port, sysctl
from receivers import Receiver
from support import (DEADLINE_S, SOURCE_DIR, Daemon, find_tool, main, network_namespace,
                     run, wait_until)
from two_hosts import SERVER, TwoHosts, syn

DASHBOARDS = SOURCE_DIR / "dashboards/prometheus"
SIGNALS = dict(re.findall(r"^\| `(\w+)` \| (?:host|listener|group) \| \w+ \| ([\w ]+) \|",
                          (SOURCE_DIR / "docs/alerts.md").read_text(), re.MULTILINE))  # their units
# What could break out of YAML, of PromQL, of a regular expression or of a Go template.
HOSTILE = 'a.b*c\\d "e" \'f\' #g: {h} `i` %j $k\n\tl\u0085\u2028\u00e9|(['
PATTERN = HOSTILE.replace("*", "").replace("\n\t", "")  # no subject has a control character
PROMETHEUS_CONFIG = """
global: {{scrape_interval: 1s}}
rule_files: [connwatch.alerts.yml]
scrape_configs:
  - job_name: connwatch
    static_configs: [{{targets: ["127.0.0.1:{port}"], labels: {{instance: "{host}:{port}"}}}}]
"""
# One alert on a listener, one on a group and one on the host, which all fire at once.
LABELS_CONFIG = """
poll: {{listeners: 100ms, handshakes: 500ms, full: 1s}}
alertmanagers: [{{url: "http://127.0.0.1:{receiver}"}}]
alerts:
  - {{name: AcceptQueueNearlyFull, for: 0s}}
  - {{name: OfAGroup, signal: close_wait_sockets, below: 1000000, match: "{port}", severity: info}}
  - {{name: OfTheHost, signal: time_wait_utilization, below: 100%, labels: {{team: net}}}}
"""
# Growth over less, so that the test need not flood for so long.
FLOOD_CONFIG = """
poll: {listeners: 100ms, handshakes: 500ms, full: 2s}
alerts: [{name: SynRecvBacklogGrowth, growth: {per_second: 20, over: 5s}, for: 2s,
          clear: {below: 32, for: 2s}}]
"""


# Of one's own, in the place of those that the rule file has by itself.
TEXTS = {"summary": "s", "description": "d", "runbook_url": "r"}


def hostile_rules():
    """Every signal in every form, with texts that are hard to quote. JSON is YAML."""
    annotations = {"summary": HOSTILE.replace("{", "").replace("}", "")
                   + "{{subject}} {{value}} {{threshold}} {{cause}}"}

    def forms(low, high):
        return {"Above": {"above": high, "clear": {"below": low, "for": "1500ms"}},
                "Below": {"below": low, "clear": {"above": high}},
                "Growth": {"growth": {"per_second": low, "over": "5s"}, "clear": {"below": high}},
                "Both": {"above": high, "growth": {"per_second": low, "over": "1h"}, "for": "1500ms"}}
    thresholds = {"seconds": ("500ms", "1s"), "bytes": ("512B", "1KiB")}
    return [{"name": f"{form}_{signal}", "signal": signal, **keys, "labels": {"text": HOSTILE + "{{"},
             "annotations": annotations, "match": [PATTERN, "host", "x(*"]}
            for signal, unit in SIGNALS.items()
            for form, keys in forms(*thresholds.get(unit, (0.5, 1))).items()]


def custom_rules_test():
    """A unit test of promtool for the rules of `test_rules_of_ones_own`."""
    queue = 'connwatch_syn_sent_retransmitting{{job="c",instance="a:1",group="{}"}}'
    return {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [{
        "interval": "15s",
        "input_series": [
            {"series": queue.format("db.main"), "values": "5+0x20"},
            {"series": queue.format("dbxmain"), "values": "5+0x20"},
            {"series": queue.format("web-1"), "values": "0+150x20"},
            {"series": queue.format("other"), "values": "1000+0x20"}],
        "alert_rule_test": [
            {"alertname": "Matched", "eval_time": "2m", "exp_alerts": [{
                "exp_labels": {"severity": "warning", "job": "c", "instance": "a:1",
                               "group": "db.main", "text": HOSTILE + "{{"},
                "exp_annotations": {**TEXTS, "note": "db.main is at 5, above 4 (not diagnosed)"}}]},
            {"alertname": "Grows", "eval_time": "2m", "exp_alerts": [{
                "exp_labels": {"severity": "warning", "job": "c", "instance": "a:1",
                               "group": "web-1"},
                "exp_annotations": {**TEXTS, "note": "10/s, more than 9/s"}}]}]}]}


CUSTOM_RULES = {"alerts": [
    {"name": "Matched", "signal": "syn_sent_retransmitting", "above": 4, "match": "db.main",
     "labels": {"text": HOSTILE + "{{"},
     "annotations": {**TEXTS, "note": "{{subject}} is at {{value}}, above {{threshold}} ({{cause}})"}},
    {"name": "Grows", "signal": "syn_sent_retransmitting", "match": "web*",
     "growth": {"per_second": 9, "over": "30s"},
     "annotations": {**TEXTS, "note": "{{value}}, more than {{threshold}}"}}]}


class PromtoolTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def print_rules(self, config, *arguments):
        file = self.folder / "connwatch.yaml"
        file.write_text(config)
        result = run("--print-rules", "--config.file", file, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def promtool(self, *arguments):
        result = subprocess.run([find_tool("promtool"), *arguments], capture_output=True, text=True,
                                timeout=DEADLINE_S, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_defaults_are_the_shipped_file(self):
        shipped = DASHBOARDS / "connwatch.alerts.yml"
        self.assertEqual(self.print_rules("{}\n"), shipped.read_text())
        self.assertIn("25 rules found", self.promtool("check", "rules", shipped))

    def test_every_default_rule_fires_holds_back_and_resolves(self):
        shutil.copytree(DASHBOARDS, self.folder, dirs_exist_ok=True)
        (self.folder / "tests/rtt_high.alerts.yml").write_text(
            self.print_rules("alerts: [{name: RttHigh, enabled: true}]\n"))
        files = sorted((DASHBOARDS / "tests").glob("*.yml"))
        self.promtool("test", "rules", *(self.folder / "tests" / file.name for file in files))
        # promtool is content with a rule that no test names.
        tests = "".join(file.read_text() for file in files)
        rules = (self.folder / "tests/rtt_high.alerts.yml").read_text()
        for name in re.findall(r'alert: "(\w+)"', rules):
            looks = re.findall(rf"alertname: {name}\W.*?exp_alerts:( \[\])?", tests, re.DOTALL)
            self.assertIn(" []", looks, name)
            self.assertIn("", looks, name)

    def test_every_signal_in_every_form_with_hostile_texts(self):
        rules = hostile_rules()
        self.assertEqual(len(SIGNALS), 32)
        for interval in ("1s", "15s", "5m"):
            text = self.print_rules(json.dumps({"alerts": rules}),
                                    f"--rules.scrape-interval={interval}")
            (self.folder / "rules.yml").write_text(text)
            self.assertIn(f"{25 + len(rules)} rules found",
                          self.promtool("check", "rules", self.folder / "rules.yml"))

    def test_rules_of_ones_own(self):
        (self.folder / "rules.yml").write_text(self.print_rules(json.dumps(CUSTOM_RULES)))
        (self.folder / "test.yml").write_text(json.dumps(custom_rules_test()))
        self.promtool("test", "rules", self.folder / "test.yml")

    def test_a_bad_configuration_prints_no_rules(self):
        file = self.folder / "connwatch.yaml"
        file.write_text("alerts: [{name: NoSignal}]\n")
        result = run("--print-rules", "--config.file", file)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("signal", result.stderr)


class RealPrometheusTest(unittest.TestCase):
    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as reply:
            return reply.read()

    def is_ready(self):
        with contextlib.suppress(OSError):
            return bool(self.get("/-/ready"))
        return False

    def listed(self):
        return json.loads(self.get("/api/v1/alerts"))["data"]["alerts"]

    def alerts(self):
        """{(alert, listener): (state, annotations)} as Prometheus knows them."""
        return {(alert["labels"]["alertname"], alert["labels"].get("listener")):
                (alert["state"], alert["annotations"]) for alert in self.listed()}

    def start_prometheus(self, daemon):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        rules = run("--print-rules", "--rules.scrape-interval=1s", "--config.file",
                    daemon.config_file)
        (folder / "connwatch.alerts.yml").write_text(rules.stdout)
        (folder / "prometheus.yml").write_text(PROMETHEUS_CONFIG.format(
            port=daemon.port, host=socket.gethostname()))
        self.port = free_port()
        prometheus = subprocess.Popen(
            [find_tool("prometheus"), f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(prometheus.wait, DEADLINE_S)
        self.addCleanup(prometheus.terminate)
        wait_until(self.is_ready, "Prometheus is ready")

    def test_the_labels_are_those_that_the_daemon_sends(self):
        self.enterContext(network_namespace())
        receiver = self.enterContext(Receiver())
        kept = self.enterContext(sockets.Sockets())
        full = kept.listener(backlog=2)
        port = full.getsockname()[1]
        for _ in range(3):
            kept.connect(full)
        daemon = self.enterContext(Daemon(LABELS_CONFIG.format(receiver=receiver.port, port=port)))
        self.start_prometheus(daemon)
        names = ("AcceptQueueNearlyFull", "OfAGroup", "OfTheHost")

        def labels(alerts):
            """By name. Prometheus does not know the owner of a group."""
            return {alert["labels"]["alertname"]: {
                name: value for name, value in alert["labels"].items()
                if name != "unit" or "listener" in alert["labels"]}
                    for alert in alerts if alert["labels"]["alertname"] in names}
        of_prometheus = lambda: labels(alert for alert in self.listed() if alert["state"] == "firing")
        of_daemon = lambda: labels(alert for _, _, alerts in list(receiver.requests)
                                   for alert in alerts)
        wait_until(lambda: set(of_prometheus()) == set(of_daemon()) == set(names), "all of them fire")
        self.assertEqual(of_prometheus(), of_daemon())
        self.assertEqual(of_daemon()["OfAGroup"],
                         {"alertname": "OfAGroup", "severity": "info", "job": "connwatch",
                          "instance": f"{socket.gethostname()}:{daemon.port}", "group": str(port)})
        self.assertEqual(set(of_daemon()["OfTheHost"]),
                         {"alertname", "severity", "job", "instance", "team"})

    def test_prometheus_raises_a_syn_flood_and_lets_it_go(self):
        self.enterContext(network_namespace())
        hosts = self.enterContext(TwoHosts())
        for name, value in (("ipv4/tcp_max_syn_backlog", 65536), ("core/somaxconn", 65536),
                            ("ipv4/tcp_synack_retries", 1)):  # half-open handshakes go after 3 s
            sysctl(name, value)
        listeners = self.enterContext(sockets.Sockets())
        address = (socket.AF_INET, socket.AF_INET, SERVER, SERVER)
        port = listeners.listener(address, backlog=65536).getsockname()[1]
        listeners.listener(address)
        raw = hosts.raw_socket()
        alert = ("SynRecvBacklogGrowth", f"{SERVER}:{port}")
        daemon = self.enterContext(Daemon(FLOOD_CONFIG))
        self.start_prometheus(daemon)
        sent = 0

        def fires():
            nonlocal sent
            for i in range(sent, sent + 100):
                raw.sendto(syn(f"198.19.{i % 250}.{i // 250 % 250 + 1}", 1024 + i % 60_000, port),
                           (SERVER, 0))
            sent += 100
            time.sleep(0.05)
            state, texts = self.alerts().get(alert, ("", {}))
            return texts if state == "firing" and "syn_flood" in texts["description"] else None
        texts = wait_until(fires, "the alert fires and names its cause")
        self.assertRegex(texts["summary"], rf"^Handshakes with .+ on {re.escape(alert[1])} do not "
                                           r"complete: \d+ wait for their final ACK$")
        self.assertRegex(texts["description"], r"Cause: [a-z_, ]*syn_flood\.$")
        growing = [key for key in self.alerts() if key[0] == alert[0]]
        self.assertEqual(growing, [alert])
        wait_until(lambda: alert not in self.alerts(), "it is gone")


if __name__ == "__main__":
    main()
