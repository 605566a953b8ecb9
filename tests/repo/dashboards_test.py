"""The dashboards as files: made by their source, complete, and only of metrics that there are."""
import json
import pathlib
import re
import sys
import unittest

from docs_test import documented

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "dashboards/source"))

from promql import names

DASHBOARDS = sorted((ROOT / "dashboards/grafana").glob("*.json"))
RULES = (ROOT / "dashboards/prometheus/connwatch.rules.yml").read_text()
# What Prometheus makes itself.
OF_PROMETHEUS = {"up": set()}
OF_TARGETS = {"job", "instance"}
# What no panel shows: groups tell the same in detail, or it answers no question.
NOT_SHOWN = {"connwatch_kernel_tcp_in_segs_total", "connwatch_kernel_tcp_out_segs_total",
             "connwatch_kernel_tcp_retrans_segs_total", "process_virtual_memory_bytes"}


def recorded():
    """{record: labels that its rules give or keep}"""
    rules = {}
    rule = re.compile(r"- record: (\S+)\n(.*?)(?=\n\s+- record|\n\n|\Z)", re.DOTALL)
    for name, rest in rule.findall(RULES):
        rules.setdefault(name, set()).update(re.findall(r"labels: \{(\w+):", rest))
    return rules


def panels(file):
    """Of a dashboard, without its rows."""
    return [panel for panel in json.loads(file.read_text())["panels"] if panel["type"] != "row"]


def expressions(file):
    """[(where, expression)] of panels, annotations and variables."""
    dashboard = json.loads(file.read_text())
    found = [(panel["title"], target["expr"]) for panel in panels(file)
             for target in panel["targets"]]
    found += [(made["name"], made["target"]["expr"]) for made in dashboard["annotations"]["list"]]
    for made in dashboard["templating"]["list"]:
        if made["type"] == "query":
            query = re.match(r"label_values\((.*), (\w+)\)", made["query"]["query"])
            selector, label = query.groups()
            found.append((made["name"], f"sum by ({label}) ({selector})"))
    return found


class DashboardsTest(unittest.TestCase):
    def each(self):
        return [(file, json.loads(file.read_text())) for file in DASHBOARDS]

    def test_they_are_what_their_source_makes(self):
        import write
        self.assertEqual({file.name: file.read_text() for file in DASHBOARDS}, write.files(),
                         "run dashboards/source/write.py")

    def test_uids_titles_and_ids_are_unique(self):
        dashboards = [dashboard for _, dashboard in self.each()]
        self.assertEqual(len(dashboards), 6)
        for key in ("uid", "title"):
            self.assertEqual(len({dashboard[key] for dashboard in dashboards}), 6)
        for _, dashboard in self.each():
            self.assertNotIn("id", dashboard)
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(set(ids)), len(ids))

    def test_every_panel_says_what_to_conclude_and_in_which_unit(self):
        for file, dashboard in self.each():
            self.assertGreater(len(dashboard["description"]), 40)
            for panel in panels(file):
                with self.subTest(panel["title"]):
                    self.assertTrue(panel["title"])
                    self.assertRegex(panel["description"], r"(?s)^.{25,}\.$")
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                    self.assertTrue(panel["targets"])

    def test_titles_are_unique_in_a_dashboard(self):
        for file, _ in self.each():
            titles = [panel["title"] for panel in panels(file)]
            self.assertEqual(len(set(titles)), len(titles))

    def test_panels_do_not_overlap(self):
        for _, dashboard in self.each():
            taken = {}
            for panel in dashboard["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24)
                for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"])
                             for y in range(at["y"], at["y"] + at["h"])):
                    self.assertNotIn(cell, taken, f"{panel['title']} on {taken.get(cell)}")
                    taken[cell] = panel["title"]

    def test_nothing_is_tied_to_one_installation(self):
        for file, dashboard in self.each():
            text = file.read_text()
            self.assertEqual(set(re.findall(r'"uid": "(?!connwatch-)(.*?)"', text)),
                             {"${datasource}"})
            self.assertNotRegex(text, r"\d+\.\d+\.\d+\.\d+|localhost")
            variables = [made["name"] for made in dashboard["templating"]["list"]]
            self.assertEqual(variables[:2], ["datasource", "job"])
            used = set(re.findall(r"\$\{?([a-z]\w*)", text)) - {"datasource"}
            self.assertEqual(used - set(variables), set())

    def test_the_docs_have_every_row_and_picture(self):
        docs = (ROOT / "docs/dashboards.md").read_text()
        for file, dashboard in self.each():
            self.assertIn(f"`{file.name}`", docs)
            self.assertIn(f"images/{file.stem}.png", docs)
            self.assertTrue((ROOT / f"docs/images/{file.stem}.png").exists())
            for panel in dashboard["panels"]:
                if panel["type"] == "row":
                    self.assertIn(f"\n| {panel['title']} | ", docs)

    def test_two_folders_are_copied_to_where_grafana_is_told_to_look(self):
        docs = (ROOT / "docs/dashboards.md").read_text()
        provider = (ROOT / "dashboards/provisioning/dashboards/connwatch.yaml").read_text()
        path = re.search(r"^      path: (\S+)$", provider, re.MULTILINE)[1]
        self.assertIn(f"cp -rT dashboards/grafana {path}\n", docs)
        self.assertIn("cp -r dashboards/provisioning/* /etc/grafana/provisioning/\n", docs)

    def test_links_lead_to_dashboards(self):
        uids = {dashboard["uid"] for _, dashboard in self.each()}
        linked = {uid for file in DASHBOARDS
                  for uid in re.findall(r'"/d/([^?]*)', file.read_text())}
        self.assertEqual(linked - uids, set())
        overview = (ROOT / "dashboards/grafana/host_overview.json").read_text()
        for target in ("/d/connwatch-listeners", "/d/connwatch-quality", "/d/connwatch-handshakes",
                       "/d/connwatch-monitor", "http://${instance}/"):
            self.assertIn(target, overview)


class MarksTest(unittest.TestCase):
    """The annotations: the marks that Grafana draws into every panel."""

    SEVERITIES = re.findall(r"`(\w+)`", re.search(
        r"^\| `severity` \| (.*) \|$", (ROOT / "docs/alerts.md").read_text(), re.MULTILINE)[1])
    FIRING = ("connwatch_alert_firing", "instance_severity:connwatch_alert_firing:sum")
    SUBJECTS = {"host", "0.0.0.0:443", "0.0.0.0%red:443", "[::]:22", "ns/0.0.0.0:443",
                "shop/cart-7c9/[fe80::1%eth0]:22", "web", "443"}
    LISTENERS = {"0.0.0.0:443", "0.0.0.0%red:443", "[::]:22"}
    IN_NAMESPACES = {"ns/0.0.0.0:443", "shop/cart-7c9/[fe80::1%eth0]:22"}
    # Of the dashboards of one host: the subjects that are marked if all, or one, is chosen.
    MARKED = {"host_overview": [({}, SUBJECTS)], "monitor": [({}, SUBJECTS)],
              "listeners": [({}, {"host"} | LISTENERS | IN_NAMESPACES),
                            ({"listener": "[::]:22"}, {"host", "[::]:22"} | IN_NAMESPACES)],
              "connection_quality": [({}, {"host", "web", "443"}),
                                     ({"group": "443"}, {"host", "443"})],
              "handshakes": [({}, SUBJECTS),
                             ({"group": "web"}, SUBJECTS - {"443"})]}

    def alerts(self, file):
        """{severity: the annotation} of a dashboard."""
        return {severity: made for made in json.loads(file.read_text())["annotations"]["list"]
                for metric in self.FIRING for severity in self.SEVERITIES
                if f"({metric}{{" in made["target"]["expr"]
                and f'severity="{severity}"' in made["target"]["expr"]}

    def test_every_dashboard_marks_alerts_of_every_severity(self):
        self.assertEqual(len(self.SEVERITIES), 3)
        for file in DASHBOARDS:
            with self.subTest(file.name):
                alerts = self.alerts(file)
                self.assertEqual(set(alerts), set(self.SEVERITIES))
                variables = {made["name"] for made in
                             json.loads(file.read_text())["templating"]["list"]}
                chosen = ('{job="$job",instance="$instance",' if "instance" in variables
                          else '{job=~"$job",')
                for made in alerts.values():
                    self.assertEqual((made["enable"], made["hide"]), (True, False))
                    self.assertIn(chosen, made["target"]["expr"])
                self.assertEqual(len({made["iconColor"] for made in alerts.values()}), 3)

    def test_they_are_about_what_the_dashboard_shows(self):
        files = {file.stem: file for file in DASHBOARDS}
        self.assertEqual(set(files), {*self.MARKED, "fleet"})
        for name, cases in self.MARKED.items():
            for made in self.alerts(files[name]).values():
                for chosen, marked in cases:
                    with self.subTest(made["target"]["expr"], chosen=chosen):
                        self.assertEqual(self.matching(made["target"]["expr"], chosen), marked)

    def matching(self, expression, chosen):
        """Subjects. `chosen`: the values of variables; all where there is none."""
        found = self.SUBJECTS
        for operator, pattern in re.findall(r'subject([=!]~)"(.*?)"', expression):
            pattern = re.sub(r"\$(\w+)", lambda name: re.escape(chosen[name[1]])
                             if name[1] in chosen else ".*", pattern)
            found = {subject for subject in found
                     if bool(re.fullmatch(pattern, subject)) == (operator == "=~")}
        return found

    def test_grafana_shows_them(self):
        """It marks values above 0 only, at points that are $__interval apart."""
        for file in DASHBOARDS:
            for made in json.loads(file.read_text())["annotations"]["list"]:
                self.assertRegex(made["target"]["expr"],
                                 r"_over_time\([^()]*\[\$__interval\]\) (== 1|> 0)$", file.name)


class NamesTest(unittest.TestCase):
    """Every name in an expression is exported by the daemon, with these labels."""

    def setUp(self):
        self.known = {**OF_PROMETHEUS}
        for name, (kind, labels) in documented().items():
            self.known[name] = labels
            if kind == "histogram":
                self.known.update({f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels,
                                   f"{name}_count": labels})
            if kind == "summary":
                self.known.update({f"{name}_sum": labels, f"{name}_count": labels})
        self.rules = recorded()

    def labels(self, metric):
        """That a series may have. What a rule keeps follows from its expression: at most all."""
        if metric in self.rules:
            return set().union(*self.known.values(), *self.rules.values())
        return self.known[metric]

    def problems(self, expression):
        metrics, lists = names(expression)
        unknown = set(metrics) - set(self.known) - set(self.rules)
        if unknown or not metrics:
            return [f"no such metric: {unknown}"]
        strange = {f"{metric}{{{label}}}" for metric, matched in metrics.items()
                   for label in matched - self.labels(metric) - OF_TARGETS}
        there = set().union(*(self.labels(metric) for metric in metrics))
        return sorted(strange | (lists - there - OF_TARGETS))

    def check(self, where, expression):
        with self.subTest(where):
            self.assertEqual(self.problems(expression), [])

    def test_dashboards(self):
        for file in DASHBOARDS:
            for where, expression in expressions(file):
                self.check(f"{file.name}: {where}", expression)

    def test_recording_rules(self):
        found = re.findall(r"expr: (?:\|-\n)?(.*?)(?=\n\s*(?:- |#|\n)|\Z)", RULES, re.DOTALL)
        self.assertEqual(len(found), RULES.count("expr:"))
        for expression in found:
            self.check("connwatch.rules.yml", expression)

    def test_records_are_named_by_level_metric_and_operations(self):
        for name in self.rules:
            self.assertRegex(name, r"^(job|instance)(_[a-z]+)*:connwatch_\w+:"
                                   r"(sum|count|max|ratio|p\d\d|rate5m|deriv\d+m)(_\w+)?$")

    def test_the_fleet_reads_recorded_series_only(self):
        for where, expression in expressions(ROOT / "dashboards/grafana/fleet.json"):
            metrics, _ = names(expression)
            self.assertLessEqual(set(metrics), {*self.rules, "up", "connwatch_build_info"}, where)

    def test_every_metric_is_shown(self):
        used = set()
        for file in DASHBOARDS:
            for _, expression in expressions(file):
                used |= set(names(expression)[0])
        used |= set(re.findall(r"\bconnwatch_\w+", RULES))
        used |= {re.sub("_(bucket|count)$", "", name) for name in used}
        self.assertEqual(set(documented()) - used, NOT_SHOWN)

    def test_unknown_names_are_found(self):
        self.assertEqual(self.problems('sum by (state) (connwatch_tcp_sockets{job="a"})'), [])
        for expression in ("connwatch_tcp_socket", 'rate(connwatch_tcp_sockets{stat="x"}[5m])',
                           "sum by (colour) (connwatch_tcp_sockets)",
                           "up / on (job, address) connwatch_build_info", "1 + 1"):
            self.assertNotEqual(self.problems(expression), [], expression)


if __name__ == "__main__":
    unittest.main()
