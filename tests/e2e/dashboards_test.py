"""Every query of every dashboard, and every rule, in a real Prometheus that scrapes real daemons
under the traffic of tools/demo. What the panels show is drawn into build/dashboards."""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from support import DEADLINE_S, SOURCE_DIR, find_tool, main, require_root

sys.path.append(str(SOURCE_DIR / "dashboards/demo"))
from stack import Stack  # noqa: E402
from traffic import SCENES, Traffic  # noqa: E402

PROMETHEUS = SOURCE_DIR / "dashboards/prometheus"
DASHBOARDS = sorted((SOURCE_DIR / "dashboards/grafana").glob("*.json"))
PICTURES = SOURCE_DIR / "build/dashboards"
# How long there is traffic before anything is asked. What has no data then is asked again.
SECONDS = int(os.environ.get("CONNWATCH_DASHBOARD_SECONDS", 70))
PATIENCE_S = 140
RATE_INTERVAL = "30s"  # three full polls
POINTS = 100
INTERVAL = "5s"  # longer than the points are apart
CAUSES = {"accept_queue_full", "syn_flood", "return_path_loss", "syn_cookies", "deferred_accept"}
# Mark what the demo does not make: it loses no destroy event, has no alert of severity info, and no
# critical one on groups or the host. Prometheus must understand the queries.
WITHOUT_DATA = {"totals too low", "info alerts"}
WITHOUT_DATA_OF = {"connection_quality": {"critical alerts"}}
# What only a daemon that walks the kernel's table has.
OF_THE_WALK = re.compile(r"\bconnwatch_(netns_|network_namespaces|folded_network_namespaces|"
                         r"kernel_walk_(?!in_use))")
# What only a daemon that traces handshakes has, and what is recorded of it.
OF_THE_TRACING = re.compile(r"connwatch_(netns_)?handshake(?!_tracing_in_use)")
# What only a host has whose packet filter tracks connections.
OF_CONNTRACK = re.compile(r"connwatch_kernel_conntrack_")
# May stand in a label of what the Fleet dashboard reads.
FLEET_LABELS = {"__name__", "job", "instance", "listener", "queue", "severity"}


def is_number(text):
    return math.isfinite(float(text))


class Queries:
    """Asks Prometheus as Grafana would."""

    def __init__(self, stack, begin):
        self._stack = stack
        self._begin = begin
        self.end = time.time()

    def expand(self, expression):
        """With the variables replaced: everything of the server."""
        values = {"job": "connwatch", "instance": self._stack.addresses["server"], "listener": ".*",
                  "group": ".*", "direction": ".*", "__rate_interval": RATE_INTERVAL,
                  "__interval": INTERVAL}
        return re.sub(r"\$(\w+)", lambda name: values[name[1]], expression)

    def series(self, target):
        """[{"metric": labels, "values": [[time, text], ...]}]; only series with a number in it."""
        expression = self.expand(target["expr"])
        if target.get("instant"):
            reply = self._stack.get("prometheus", "/api/v1/query", query=expression, time=self.end)
            found = [{"metric": one["metric"], "values": [one["value"]]}
                     for one in reply["data"]["result"]]
        else:
            step = max(1, int((self.end - self._begin) / POINTS))
            reply = self._stack.get("prometheus", "/api/v1/query_range", query=expression,
                                    start=self._begin, end=self.end, step=step)
            found = reply["data"]["result"]
        return [one for one in found if any(is_number(text) for _, text in one["values"])]

    def values(self, query):
        """Of a variable."""
        selector, label = re.match(r"label_values\((.*), (\w+)\)", query).groups()
        return self._stack.get("prometheus", f"/api/v1/label/{label}/values",
                               **{"match[]": self.expand(selector)})["data"]


def targets(dashboard):
    """[(where, target)] of panels and annotations."""
    found = [(f"{panel['title']} {target['refId']}", target) for panel in dashboard["panels"]
             for target in panel.get("targets", ())]
    return found + [(made["name"], made["target"]) for made in dashboard["annotations"]["list"]]


def records():
    return set(re.findall(r"- record: (\S+)", (PROMETHEUS / "connwatch.rules.yml").read_text()))


class ConfigurationTest(unittest.TestCase):
    """What is shipped, in the hands of promtool and amtool."""

    def check(self, *arguments):
        result = subprocess.run([find_tool(arguments[0]), *arguments[1:]], capture_output=True,
                                text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_prometheus(self):
        output = self.check("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
        self.assertIn("2 rule files found", output)
        rules = PROMETHEUS / "connwatch.rules.yml"
        count = rules.read_text().count("- record: ")
        self.assertIn(f"{count} rules found", self.check("promtool", "check", "rules", rules))

    def test_alertmanager(self):
        output = self.check("amtool", "check-config", PROMETHEUS / "alertmanager.yml")
        self.assertIn("2 receivers", output)

    def test_every_record_has_a_case(self):
        cases = (PROMETHEUS / "tests/recording.yml").read_text()
        self.assertEqual({name for name in records() if f"expr: '{name}" not in cases}, set())


class DataTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_root()
        cls.stack = cls.enterClassContext(Stack(lambda _: None, scrape_interval="1s"))
        traffic = cls.enterClassContext(Traffic(cls.stack.hosts))
        cls.begin = time.time()
        for scene, *_ in SCENES:
            scene(traffic)
        time.sleep(SECONDS)

    def when_all(self, missing, what):
        """Asks again until nothing is missing."""
        while True:
            left = missing(Queries(self.stack, self.begin))
            if not left:
                return
            if time.time() > self.begin + max(SECONDS, PATIENCE_S):
                self.fail(f"{what}: {left}")
            time.sleep(2)

    def test_every_query_has_data(self):
        for file in DASHBOARDS:
            with self.subTest(file.name):
                dashboard = json.loads(file.read_text())
                rare = WITHOUT_DATA_OF.get(file.stem, set())
                self.when_all(lambda queries: [where for where, target in targets(dashboard)
                                               if where not in rare
                                               and self.must_have_data(where, target, queries)
                                               and not queries.series(target)], "no data")
                self.draw(file.stem, dashboard, Queries(self.stack, self.begin))

    def must_have_data(self, where, target, queries):
        if where in WITHOUT_DATA:
            return False
        for pattern, gauge in ((OF_THE_WALK, "connwatch_kernel_walk_in_use"),
                               (OF_THE_TRACING, "connwatch_handshake_tracing_in_use"),
                               (OF_CONNTRACK, "connwatch_kernel_conntrack_entries_limit")):
            in_use = {"expr": f'{gauge}{{instance="$instance"}} > 0', "instant": True}
            if pattern.search(target["expr"]) and not queries.series(in_use):
                return False
        return True

    def test_every_column_is_there(self):
        queries = Queries(self.stack, self.begin)
        for file in DASHBOARDS:
            for panel in json.loads(file.read_text())["panels"]:
                if panel["type"] != "table" or not self.must_have_data(
                        panel["title"], panel["targets"][0], queries):
                    continue
                columns = panel["transformations"][-1]["options"]["renameByName"]
                labels = {label for target in panel["targets"] for one in queries.series(target)
                          for label in one["metric"]}
                letters = {f"Value #{target['refId']}" for target in panel["targets"]}
                # Processes of a test are in no unit, and an empty label is none.
                self.assertEqual(set(columns) - labels - letters - {"Value", "unit"}, set(),
                                 panel["title"])

    def test_every_variable_has_values(self):
        queries = Queries(self.stack, self.begin)
        for file in DASHBOARDS:
            for variable in json.loads(file.read_text())["templating"]["list"]:
                if variable["type"] == "query":
                    self.assertTrue(queries.values(variable["query"]["query"]),
                                    f"{file.name}: {variable['name']}")

    def test_every_record_has_data(self):
        self.when_all(lambda queries: {name for name in records()
                                       if self.must_have_data(name, {"expr": name}, queries)
                                       and not queries.series({"expr": name, "instant": True})},
                      "not recorded")

    def test_every_rule_can_be_evaluated(self):
        groups = self.stack.get("prometheus", "/api/v1/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertEqual(len(rules), sum((PROMETHEUS / f"connwatch.{name}.yml").read_text().count(
            "expr:") for name in ("alerts", "rules")))
        self.assertEqual([rule["name"] for rule in rules if rule["health"] == "err"], [])

    def test_every_kind_of_trouble_is_found(self):
        diagnosed = 'max_over_time(connwatch_listener_diagnosis{instance="$instance"}[1h]) == 1'
        found = {"expr": diagnosed, "instant": True}
        self.when_all(lambda queries: CAUSES - {one["metric"]["cause"]
                                                for one in queries.series(found)}, "not diagnosed")

    def test_the_fleet_shows_both_hosts_and_no_remote_address(self):
        queries = Queries(self.stack, self.begin)
        dashboard = json.loads((SOURCE_DIR / "dashboards/grafana/fleet.json").read_text())
        hosts = set()
        for where, target in targets(dashboard):
            for one in queries.series(target):
                self.assertLessEqual(set(one["metric"]), FLEET_LABELS, where)
                self.assertNotRegex(json.dumps(one["metric"]), r"198\.1[89]\.", where)
                hosts.add(one["metric"].get("instance"))
        self.assertLessEqual({self.stack.addresses[name] for name in ("server", "client")}, hosts)

    def draw(self, name, dashboard, queries):
        """build/dashboards/NAME.png, by Debian's Python, which has matplotlib."""
        for _, target in targets(dashboard):
            target["series"] = queries.series(target)
        dashboard["panels"] = [panel for panel in dashboard["panels"] if panel["type"] == "row"
                               or any(target["series"] for target in panel["targets"])]
        PICTURES.mkdir(parents=True, exist_ok=True)
        data = PICTURES / f"{name}.json"
        data.write_text(json.dumps(dashboard))
        picture = PICTURES / f"{name}.png"
        picture.unlink(missing_ok=True)
        script = pathlib.Path(__file__).with_name("dashboard_picture.py")
        subprocess.run(["/usr/bin/python3", "-B", script, data, picture], check=True)
        self.assertGreater(picture.stat().st_size, 10_000)


if __name__ == "__main__":
    main()
