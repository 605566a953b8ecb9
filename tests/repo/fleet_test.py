"""docs/fleet.md: Prometheus accepts its examples, and they keep and drop what the page says they do."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from dashboards_test import DASHBOARDS, ROOT, RULES, expressions
from docs_test import documented

sys.path.append(str(ROOT / "tests/e2e"))
import fleet_advice  # noqa: E402
from support import find_tool  # noqa: E402

ALERTS = (ROOT / "dashboards/prometheus/connwatch.alerts.yml").read_text()
FLEET = next(file for file in DASHBOARDS if file.name == "fleet.json")
PAGE = (ROOT / "tests/testdata/metrics_page.txt").read_text()
METRIC = re.compile(r"(?<![:\w])(?:connwatch|process)_\w+(?![:\w])")
SUFFIX = re.compile("_(bucket|sum|count)$")


def relabelling(example):
    """[(labels, pattern, action)] of the metric_relabel_configs of an example, in order."""
    text = re.sub(r"\\\n\s*", "", fleet_advice.examples()[example])
    return [(labels.split(", "), re.compile(pattern), action) for labels, pattern, action in re.findall(
        r'source_labels: \[(.*)\]\n\s+regex: "?(.*?)"?\n\s+action: (keep|drop)\n', text)]


def is_kept(series, rules):
    """Whether {label: value}, the name as __name__, gets through."""
    for labels, pattern, action in rules:
        matches = pattern.fullmatch(";".join(series.get(label, "") for label in labels)) is not None
        if matches != (action == "keep"):
            return False
    return True


def series_of_the_golden_page():
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", PAGE, re.MULTILINE):
        yield {"__name__": name, **dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))}


def left(example):
    """Names of the golden page's series that get through."""
    rules = relabelling(example)
    return {series["__name__"] for series in series_of_the_golden_page() if is_kept(series, rules)}


class ExamplesTest(unittest.TestCase):
    def test_prometheus_accepts_every_example(self):
        blocks = re.findall("^```yaml$", fleet_advice.PAGE.read_text(), re.MULTILINE)
        self.assertEqual(len(fleet_advice.examples()), len(blocks))
        for name, text in fleet_advice.examples().items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                for file in ("connwatch.alerts.yml", "connwatch.rules.yml", "targets.yml"):
                    shutil.copy(ROOT / "dashboards/prometheus" / file, folder)
                config = pathlib.Path(folder, "prometheus.yml")
                config.write_text(text)
                kind = "rules" if "\ngroups:" in text else "config"
                result = subprocess.run([find_tool("promtool"), "check", kind, config],
                                        capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_rules_only_keeps_what_rules_alerts_and_the_fleet_read(self):
        read = {name for _, expression in expressions(FLEET) for name in METRIC.findall(expression)}
        read |= set(METRIC.findall(RULES + ALERTS))
        self.assertEqual(left("rules-only"), read)

    def test_rules_only_keeps_the_states_that_are_read(self):
        rules = relabelling("rules-only")
        for name in ("connwatch_netns_tcp_sockets", "connwatch_tcp_group_sockets"):
            read = set(re.findall(rf'{name}\{{state="(\w+)"', ALERTS))
            self.assertTrue(read)
            kept = {series["state"] for series in series_of_the_golden_page()
                    if series["__name__"] == name and is_kept(series, rules)}
            self.assertEqual(kept, read)

    def test_examples_drop_what_they_name(self):
        everything = {series["__name__"] for series in series_of_the_golden_page()}
        dropped = {name: everything - left(name) for name in fleet_advice.examples() if relabelling(name)}
        self.assertEqual(dropped["without-ended"], {name for name in everything if "_closed_" in name
                                                    and SUFFIX.search(name)})
        self.assertEqual(dropped["without-handshake-buckets"],
                         {"connwatch_handshake_duration_seconds_bucket"})
        read = {name for name in METRIC.findall(ALERTS) if "_netns_" in name}
        self.assertEqual({name for name in left("pods-for-alerts") if re.search("_netns_", name)},
                         read | {"connwatch_netns_destroy_events_active"})

    def test_remote_write_and_federation_take_recorded_series(self):
        """Of the levels that are asked for, all of the fleet and the hosts, and nothing that is scraped."""
        records = set(re.findall(r"- record: (\S+)", RULES))
        for example in ("federation", "remote-write"):
            pattern = re.search(r"\(instance\|job\)\S*?:\.\*", fleet_advice.examples()[example])[0]
            taken = {name for name in records if re.fullmatch(pattern, name)}
            self.assertEqual(taken, {name for name in records if re.match(
                "(instance|job)(_le|_severity)?:", name)}, example)

    def test_every_metric_in_the_page_exists(self):
        text = re.sub(r"```.*?```", "", fleet_advice.PAGE.read_text(), flags=re.DOTALL)
        known = set(documented())
        for name in METRIC.findall(text):
            self.assertTrue(name in known or SUFFIX.sub("", name) in known, name)


class NumbersTest(unittest.TestCase):
    """How many series a thing has is compared with the golden page, where it has as many."""

    def count(self, label, value):
        return sum(series.get(label) == value for series in series_of_the_golden_page())

    def documented(self, what):
        return int(re.search(rf"^\| {what} \| (\d+) \|", fleet_advice.PAGE.read_text(), re.MULTILINE)[1])

    def test_a_pod_and_a_listener(self):
        self.assertEqual(self.count("listener", "0.0.0.0:443"), self.documented("a listener of the host"))
        # The busiest namespace of the page has a listener, and handshakes that failed.
        pods = {series["netns"] for series in series_of_the_golden_page()
                if series.get("netns", "other") != "other"}
        most = max(self.count("netns", pod) for pod in pods)
        self.assertAlmostEqual(most, self.documented("a pod with a listener"), delta=5)


if __name__ == "__main__":
    unittest.main()
