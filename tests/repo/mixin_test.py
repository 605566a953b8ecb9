"""deploy/mixin: by default exactly what dashboards/ ships; configured, about the targets and the clusters
that are chosen, and about nothing else."""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "dashboards/source"))
sys.path.append(str(ROOT / "tests/e2e"))

import mixin
import placeholders
from promql import LabelList, Selector, parts
from rules_test import hostile_rules
from support import find_tool

MIXIN = ROOT / "deploy/mixin"
PROMETHEUS = ROOT / "dashboards/prometheus"
CONNWATCHD = os.environ.get("CONNWATCHD", "build/release/connwatchd")
DOCS = (ROOT / "docs/dashboards.md").read_text()
SECTION = re.search(r"^## As a mixin\n(.*?)^## ", DOCS, re.MULTILINE | re.DOTALL)[1]

# A selector that is hard to put into a printf, and a label that is not the default.
SELECTOR = """job!="50%",env!~'test'"""
CONFIG = {"selector": SELECTOR, "showMultiCluster": True, "clusterLabel": "region",
          "runbookURLPattern": "https://wiki.example/a%20b/%s#top", "dashboardNamePrefix": "TCP / ",
          "dashboardTags": ["net", "tcp"], "dashboardRefresh": "1m", "datasourceFilterRegex": "/^prod-/"}
# The same, without what makes the expectations of a test of rules longer.
TWO_CLUSTERS = {key: CONFIG[key] for key in ("selector", "showMultiCluster", "clusterLabel")}


def jsonnet(text, folder=MIXIN):
    return subprocess.run([find_tool("jsonnet"), "--jpath", folder, "--exec", text], capture_output=True, text=True,
                          timeout=60, check=False)


def field_of_mixin(field, config):
    """As jsonnet."""
    return "((import 'mixin.libsonnet') + { _config+:: " + json.dumps(config) + " })." + field


@functools.cache
def evaluated(text):
    made = jsonnet(text)
    if made.returncode != 0:
        raise AssertionError(made.stderr)
    return json.loads(made.stdout)


def output(field, config=None):
    """Of the mixin."""
    return evaluated(field_of_mixin(field, config or {}))


def rule_files(config=None):
    """{name: content}"""
    return {"alerts": output("prometheusAlerts", config), "rules": output("prometheusRules", config)}


def promtool(*arguments):
    return subprocess.run([find_tool("promtool"), *arguments], capture_output=True, text=True, timeout=60,
                          check=False)


def shipped_dashboards():
    """{uid: dashboard}"""
    found = [json.loads(file.read_text()) for file in (ROOT / "dashboards/grafana").glob("*.json")]
    return {dashboard["uid"]: dashboard for dashboard in found}


def rules(config=None):
    return [rule for file in rule_files(config).values() for group in file["groups"] for rule in group["rules"]]


def fields(value, name):
    """Every value of a field of this name, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from fields(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, name)


def query_variables(dashboard):
    """{name: its query}"""
    return {made["name"]: made["query"]["query"] for made in dashboard["templating"]["list"]
            if made["type"] == "query"}


def queries(dashboard):
    """The expressions of panels and annotations, and the selectors of variables."""
    yield from fields(dashboard, "expr")
    for query in query_variables(dashboard).values():
        yield re.fullmatch(r"label_values\((.*), \w+\)", query)[1]


def without_additions(text):
    """What dashboards/ ships, if nothing but the additions was changed."""
    for added in ("{" + SELECTOR + "}", SELECTOR + ",", 'region="$cluster",', 'region=~"$cluster",', "region, "):
        text = text.replace(added, "")
    return text


class GeneratedTest(unittest.TestCase):
    def test_the_files_are_what_their_source_makes(self):
        found = {file.name: file.read_text() for file in (MIXIN / "generated").iterdir()}
        self.assertEqual(found, mixin.files(mixin.ALERTS), "run dashboards/source/mixin.py")

    def test_jsonnetfmt_leaves_every_file_as_it_is(self):
        subprocess.run([find_tool("jsonnetfmt"), "--test", *MIXIN.rglob("*.libsonnet")], check=True)

    def test_what_is_in_strings_and_comments_is_left_alone(self):
        text = "up{a=\"by (job) up\"} # up by (job)\n + on (job) b{a='x{',c=`\"`}"
        self.assertEqual(placeholders.in_rule(text),
                         "up{<<selector>>a=\"by (job) up\"} # up by (job)\n "
                         "+ on (<<labels>>job) b{<<selector>>a='x{',c=`\"`}")

    def test_what_would_mix_hosts_or_clusters_is_refused(self):
        for text in ("sum(up)", "sum by (group) (up)", "sum without (job) (up)", "sum(up) by (job)",
                     "up and on (instance) connwatch_build_info", '{__name__="up"}'):
            with self.assertRaises(ValueError, msg=text):
                placeholders.in_rule(text)
        for text in ("up", 'up{instance="$instance"}', 'up{job="other"}'):
            with self.assertRaises(ValueError, msg=text):
                placeholders.in_query(text)
        for text in ("{{ `up` | query }}", "{{ with printf `up` $labels.job | query }}",
                     "{{ with printf `sum(up{job=%q})` $labels.job | query }}"):
            with self.assertRaises(ValueError, msg=text):
                placeholders.in_annotation(text)
        with self.assertRaises(ValueError):
            mixin.dashboard({"title": "connwatch / A", "templating": {"list": []}, "text": "of $job"})


class DefaultTest(unittest.TestCase):
    def test_rules_are_those_that_are_shipped(self):
        for name, content in rule_files().items():
            shipped = yaml.safe_load((PROMETHEUS / f"connwatch.{name}.yml").read_text())
            self.assertEqual(content, shipped)

    def test_dashboards_are_those_that_are_shipped(self):
        self.assertEqual(output("grafanaDashboards"), {f"{uid}.json": dashboard for uid, dashboard
                                                       in shipped_dashboards().items()})


class ConfiguredTest(unittest.TestCase):
    def setUp(self):
        self.dashboards = output("grafanaDashboards", CONFIG)

    def check_selectors(self, expression, chosen=None):
        """Every selector has the configured matchers, and `chosen` of a dashboard."""
        for part in parts(expression):
            if isinstance(part, LabelList):
                continue
            matchers = expression[slice(*part.braces)] if part.braces else ""
            if placeholders.is_exported(part.metric):
                self.assertTrue(matchers.startswith(SELECTOR), expression)
            if chosen:
                self.assertIn(f"region{chosen}", matchers, expression)

    def test_every_selector_of_a_rule_is_about_the_selected_targets(self):
        for rule in rules(CONFIG):
            self.check_selectors(rule["expr"])

    def test_every_aggregation_and_match_of_a_rule_keeps_the_cluster(self):
        for rule in rules(CONFIG):
            for part in parts(rule["expr"]):
                if isinstance(part, Selector):
                    continue
                if part.keyword in ("by", "on"):
                    self.assertIn("region", part.labels, rule["expr"])
                else:
                    self.assertIn(part.keyword, ("without", "ignoring", "group_left"), rule["expr"])
                    self.assertNotIn("region", part.labels, rule["expr"])

    def test_every_query_of_a_dashboard_is_about_the_selected_targets_of_the_cluster(self):
        for dashboard in self.dashboards.values():
            chosen = '=~"$cluster"' if dashboard["uid"] == "connwatch-fleet" else '="$cluster"'
            variables = query_variables(dashboard)
            for query in queries(dashboard):
                if f"label_values({query}, region)" != variables["cluster"]:
                    self.check_selectors(query, chosen)
            self.assertEqual(list(variables)[:2], ["cluster", "job"])
            self.assertEqual(variables["cluster"], f"label_values(connwatch_build_info{{{SELECTOR}}}, region)")

    def test_a_cluster_is_chosen_as_the_job_is(self):
        for dashboard in self.dashboards.values():
            cluster, job = dashboard["templating"]["list"][1:3]
            self.assertEqual((cluster["name"], job["name"]), ("cluster", "job"))
            own = {"name", "label", "description", "query"}
            self.assertEqual({key: value for key, value in cluster.items() if key not in own},
                             {key: value for key, value in job.items() if key not in own})

    def test_nothing_else_is_changed_in_expressions(self):
        shipped = output("grafanaDashboards")
        for made, original in zip(rules(CONFIG), rules(), strict=True):
            self.assertEqual(without_additions(made["expr"]), original["expr"])
        for name, dashboard in self.dashboards.items():
            self.assertEqual([without_additions(query) for query in fields(dashboard, "expr")],
                             list(fields(shipped[name], "expr")))

    def test_promtool_accepts_every_expression(self):
        found = {re.sub(r"\$__(rate_)?interval", "5m", query) for dashboard in self.dashboards.values()
                 for query in queries(dashboard)}
        panels = {"groups": [{"name": "panels", "rules": [
            {"record": "a:b", "labels": {"n": str(i)}, "expr": query} for i, query in enumerate(found)]}]}
        files = {**rule_files(CONFIG), "panels": panels}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                (pathlib.Path(folder) / f"{name}.json").write_text(json.dumps(content))
            done = promtool("check", "rules", *(f"{folder}/{name}.json" for name in files))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"{len(found)} rules found", done.stdout)

    def test_every_alert_has_its_runbook(self):
        for group in output("prometheusAlerts", CONFIG)["groups"]:
            for alert in group["rules"]:
                self.assertEqual(alert["annotations"]["runbook_url"],
                                 f"https://wiki.example/a%20b/{alert['alert']}#top")

    def test_links_take_the_cluster_along_with_the_job(self):
        for dashboard in self.dashboards.values():
            for url in fields(dashboard, "url"):
                self.assertEqual(len(re.findall(r"var-job=|\$\{job:queryparam\}", url)), len(re.findall(
                    r"var-cluster=\$\{__(?:field\.labels|data\.fields)\.region\}&var-job=|"
                    r"\$\{cluster:queryparam\}&\$\{job:queryparam\}", url)), url)

    def test_hosts_of_two_clusters_can_be_told_apart(self):
        fleet = self.dashboards["connwatch-fleet.json"]
        tables = 0
        for options in fields(fleet, "options"):
            if "indexByName" in options:
                tables += 1
                self.assertEqual(max(options["indexByName"], key=options["indexByName"].get), "region")
                self.assertEqual(options["renameByName"]["region"], "region")
        self.assertEqual(tables, len([panel for panel in fleet["panels"] if panel["type"] == "table"]))
        self.assertEqual({legend for legend in fields(fleet, "legendFormat") if "instance" in legend},
                         {"{{region}} {{instance}}"})
        self.assertEqual(set(fields(fleet, "titleFormat")), {"{{region}} {{instance}}"})

    def test_tables_of_one_host_do_not_show_its_cluster(self):
        for options in fields(self.dashboards, "excludeByName"):
            self.assertEqual("job" in options, "region" in options)

    def test_titles_tags_refresh_and_data_sources(self):
        for uid, shipped in shipped_dashboards().items():
            made = self.dashboards[f"{uid}.json"]
            self.assertEqual(made["title"], shipped["title"].replace("connwatch / ", "TCP / "))
            self.assertEqual((made["tags"], made["refresh"]), (["net", "tcp"], "1m"))
            self.assertEqual([link["tags"] for link in made["links"] if link["type"] == "dashboards"],
                             [["net", "tcp"]])
            self.assertEqual(made["templating"]["list"][0]["regex"], "/^prod-/")

    def test_a_selector_without_clusters(self):
        config = {"selector": SELECTOR}
        dashboards = output("grafanaDashboards", config)
        self.assertNotIn("cluster", json.dumps([rules(config), dashboards]))
        for expression in [rule["expr"] for rule in rules(config)] + [
                query for dashboard in dashboards.values() for query in queries(dashboard)]:
            self.check_selectors(expression)

    def test_values_that_cannot_be_used_are_refused(self):
        for config, message in (
                ({"selector": '{job="a"}'}, "selector must be matchers"),
                ({"selector": 'job="a",'}, "selector must be matchers"),
                ({"selector": "job=`a`"}, "selector must be matchers"),
                ({"selector": None}, "selector must be matchers"),
                ({"showMultiCluster": "yes"}, "showMultiCluster must be true or false"),
                ({"clusterLabel": "my-cluster"}, "clusterLabel must be the name of a label"),
                ({"clusterLabel": ""}, "clusterLabel must be the name of a label"),
                ({"runbookURLPattern": "https://a/"}, "runbookURLPattern must be null, or a URL with %s"),
                ({"dashboardNamePrefix": None}, "dashboardNamePrefix must be a string"),
                ({"dashboardTags": []}, "dashboardTags must be strings, at least one"),
                ({"dashboardTags": [1]}, "dashboardTags must be strings, at least one"),
                ({"dashboardRefresh": 30}, "dashboardRefresh must be a string"),
                ({"datasourceFilterRegex": None}, "datasourceFilterRegex must be a string")):
            done = jsonnet(field_of_mixin("_config", config))
            self.assertEqual((done.returncode, done.stdout), (1, ""), config)
            self.assertIn(f"RUNTIME ERROR: {message}", done.stderr)


def with_labels(series, labels):
    """name{...} with more labels."""
    name, _, rest = series.partition("{")
    return name + "{" + labels + ("," + rest if rest else "}")


def in_two_clusters(test):
    """The same test, of the same hosts in each of two clusters at once, and hosts that are not selected."""
    def series(made):
        for labels in ('region="east",env="prod"', 'region="west",env="prod"', 'region="west",env="test"'):
            yield {**made, "series": with_labels(made["series"], labels)}

    def alerts(made):
        for region in ("east", "west"):
            yield {**made, "exp_labels": {**made["exp_labels"], "region": region, "env": "prod"}}

    def samples(made):  # what is recorded of a fleet has no other label of a target
        env = ',env="prod"' if "instance=" in made["labels"] else ""
        for region in ("east", "west"):
            yield {"labels": with_labels(made["labels"], f'region="{region}"{env}'),
                   "value": float(made["value"])}

    def doubled(entries, key, copies):
        return [{**entry, key: [copy for made in entry.get(key) or [] for copy in copies(made)]}
                for entry in entries]

    return {**test, "input_series": [copy for made in test["input_series"] for copy in series(made)],
            "alert_rule_test": doubled(test.get("alert_rule_test", []), "exp_alerts", alerts),
            "promql_expr_test": doubled(test.get("promql_expr_test", []), "exp_samples", samples)}


def host(metric, region, **labels):
    pairs = {"job": "connwatch", "instance": "a:10177", "env": "prod", "region": region, **labels}
    return metric + "{" + ",".join(f'{name}="{value}"' for name, value in pairs.items()) + "}"


def firing(name, severity, summary, description, region, **labels):
    """Of promtool: the alert fires for this host, and for no other."""
    return {"alertname": name, "eval_time": "5m", "exp_alerts": [{
        "exp_labels": {"severity": severity, "job": "connwatch", "instance": "a:10177", "env": "prod",
                       "region": region, **labels},
        "exp_annotations": {"summary": summary, "description": description,
                            "runbook_url": f"http://a:10177/runbook#{name}"}}]}


def recorded(expression, *samples):
    return {"expr": expression, "eval_time": "5m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples]}


def test_of(series, alerts=(), records=()):
    """`series`: {series: its values}"""
    return {"interval": "15s", "alert_rule_test": list(alerts), "promql_expr_test": list(records),
            "input_series": [{"series": name, "values": values} for name, values in series.items()]}


LISTENER = {"listener": "0.0.0.0:443"}
UNITS = {host("connwatch_listener_info", region, **LISTENER, unit=f"{region}.service"): "1+0x30"
         for region in ("east", "west")}
# Two hosts with one name. That of the west would keep the alert of the other from firing, or fire with it, or show
# in its summary, if a rule took one for the other.
ONE_NAME = {
    # East grows and is flooded. West is where an alert that fires stays, and is long on purpose.
    "flood": test_of({
        **UNITS,
        host("connwatch_listener_syn_queue_length", "east", **LISTENER): "0+400x30",
        host("connwatch_listener_diagnosis", "east", **LISTENER, cause="syn_flood"): "1+0x30",
        host("connwatch_listener_syn_queue_length", "west", **LISTENER): "40+0x30",
        host("connwatch_listener_diagnosis", "west", **LISTENER, cause="deferred_accept"): "1+0x30",
        host("connwatch_listener_diagnosis", "west", **LISTENER, cause="accept_queue_full"): "1+0x30"},
        [firing("SynRecvBacklogGrowth", "critical",
                "Handshakes with east.service on 0.0.0.0:443 do not complete: 8000 wait for their final ACK",
                "Look where the SYNs come from. Many networks point to a flood, a single one to a broken way back "
                "to it. Cause: syn_flood.", "east", **LISTENER, unit="east.service")]),
    # West is below the level that raises the alert, above the one that clears it, and has another cause.
    "stays": test_of({
        **UNITS,
        host("connwatch_listener_accept_queue_utilization_ratio", "east", **LISTENER): "1+0x30",
        host("connwatch_listener_accept_queue_utilization_ratio", "west", **LISTENER): "0.7+0x30",
        host("connwatch_listener_diagnosis", "west", **LISTENER, cause="syn_flood"): "1+0x30"},
        [firing("AcceptQueueNearlyFull", "critical",
                "east.service does not accept connections fast enough on 0.0.0.0:443: its accept queue is 100% full",
                "Look at the application first: is it blocked, out of file descriptors, or short of workers? A "
                "larger backlog helps only against short bursts. Cause: not diagnosed.",
                "east", **LISTENER, unit="east.service")]),
    # Handshakes are traced in the west, where other alerts tell more. The third host is not selected.
    "traced": test_of({
        host("connwatch_kernel_tcp_attempt_fails_total", "east"): "0+300x30",
        host("connwatch_kernel_tcp_attempt_fails_total", "west"): "0+300x30",
        host("connwatch_handshake_tracing_in_use", "west"): "1+0x30",
        host("connwatch_kernel_tcp_attempt_fails_total", "east", env="test", instance="c:1"): "0+300x30"},
        [firing("ConnectFailures", "warning",
                "Handshakes of this host fail: they are refused or given up at 20.0/s",
                "The kernel does not say which connects failed. Begin with the destinations in the evidence, and with "
                "the logs of the services that connect. Where handshakes can be traced, connwatch names them.",
                "east")]),
    # East has not been able to poll since its start.
    "stale": test_of({
        host("connwatch_poll_interval_seconds", "east", tier="full"): "10+0x30",
        host("process_start_time_seconds", "east"): "0+0x30",
        host("connwatch_poll_interval_seconds", "west", tier="full"): "10+0x30",
        host("process_start_time_seconds", "west"): "200+0x30",
        host("connwatch_poll_last_success_timestamp_seconds", "west", tier="full"): "0+15x30"},
        [firing("MonitorStale", "critical",
                "connwatch cannot read the sockets, and every other alert is frozen: its data is 4m 50s overdue",
                "Until it can, nobody watches this host's connections. The evidence and the log of connwatch name the "
                "reason.", "east")]),
    "fleet": test_of({
        host("connwatch_build_info", "east"): "1+0x30",
        host("connwatch_build_info", "west"): "1+0x30",
        host("connwatch_build_info", "west", env="test", instance="c:1"): "1+0x30"},
        records=[recorded("job:connwatch_instances:count",
                          *((f'job:connwatch_instances:count{{job="connwatch",region="{region}"}}', 1)
                            for region in ("east", "west")))]),
    # Ten listeners of the east are fuller than that of the west.
    "worst": test_of({
        **{host("connwatch_listener_accept_queue_peak_utilization_ratio", "east", listener=f"0.0.0.0:{port}"):
           "0.9+0x30" for port in range(10)},
        host("connwatch_listener_accept_queue_peak_utilization_ratio", "west", **LISTENER): "0.1+0x30"},
        records=[recorded("count by (region) (job:connwatch_listener_queue_peak:ratio_topk10)",
                          ('{region="east"}', 10), ('{region="west"}', 1))])}


# Of the files that the shipped tests name.
OF_MIXIN = {"../connwatch.alerts.yml": "alerts.json", "../connwatch.rules.yml": "rules.json"}


class ClustersTest(unittest.TestCase):
    """In Prometheus, as promtool evaluates rules."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write_rules(self, config):
        for name, content in rule_files(config).items():
            (self.folder / f"{name}.json").write_text(json.dumps(content))

    def run_tests(self, tests, files=("alerts.json", "rules.json")):
        (self.folder / "test.json").write_text(json.dumps(
            {"rule_files": files, "evaluation_interval": "15s", "tests": tests}))
        return promtool("test", "rules", self.folder / "test.json")

    def test_every_rule_does_in_two_clusters_what_it_does_in_one(self):
        self.write_rules(TWO_CLUSTERS)
        for file in sorted((PROMETHEUS / "tests").glob("*.yml")):
            content = yaml.load(file.read_text(), yaml.BaseLoader)  # 0x100 is a series, not 256
            files = [OF_MIXIN[name] for name in content["rule_files"] if name in OF_MIXIN]
            if not files:
                continue  # of a rule that is not on by default
            with self.subTest(file.name):
                done = self.run_tests([in_two_clusters(test) for test in content["tests"]], files)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_hosts_of_two_clusters_with_one_name_are_two(self):
        self.write_rules(TWO_CLUSTERS)
        done = self.run_tests(list(ONE_NAME.values()))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without_clusters_they_would_be_mixed(self):
        self.write_rules({"selector": SELECTOR})
        for name, test in ONE_NAME.items():
            self.assertNotEqual(self.run_tests([test]).returncode, 0, name)


class OwnAlertsTest(unittest.TestCase):
    def test_every_signal_with_hostile_texts(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(MIXIN, folder / "mixin")
        alerts = [rule for rule in hostile_rules() if rule["name"].startswith("Both_")]
        (folder / "connwatch.yaml").write_text(json.dumps({"alerts": alerts}))
        with open(folder / "own.yml", "w") as file:
            subprocess.run([CONNWATCHD, "--print-rules", "--config.file", folder / "connwatch.yaml"], check=True,
                           stdout=file)
        subprocess.run([sys.executable, "-B", ROOT / "dashboards/source/mixin.py", "--alerts", folder / "own.yml",
                        "--folder", folder / "mixin/generated"], check=True)
        printed = yaml.safe_load((folder / "own.yml").read_text())
        self.assertLessEqual({rule["name"] for rule in alerts},
                             {rule["alert"] for rule in printed["groups"][0]["rules"]})
        made, in_clusters = (jsonnet(field_of_mixin("prometheusAlerts", config), folder / "mixin").stdout
                             for config in ({}, TWO_CLUSTERS))
        self.assertEqual(json.loads(made), printed)
        (folder / "alerts.json").write_text(in_clusters)
        done = promtool("check", "rules", folder / "alerts.json")
        self.assertEqual(done.returncode, 0, done.stderr)


class DocsTest(unittest.TestCase):
    """The section of docs/dashboards.md, followed as it is written."""

    def test_the_table_has_every_key_and_its_default(self):
        rows = re.findall(r"^\| `(\w+)` \| `(.*?)` \| ", SECTION, re.MULTILINE)
        self.assertEqual(json.loads(jsonnet("{" + ",".join(f"{key}: {value}" for key, value in rows) + "}")
                                    .stdout), output("_config"))

    def test_the_commands(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for name in ("dashboards", "deploy"):
            os.symlink(ROOT / name, f"{folder}/{name}")
        (program,) = re.findall(r"^```jsonnet\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
        (pathlib.Path(folder) / "connwatch.jsonnet").write_text(program)
        commands = [line for block in re.findall(r"^```console\n(.*?)^```$", SECTION,
                                                 re.MULTILINE | re.DOTALL)
                    for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE)]
        programs = [pathlib.Path(program).resolve().parent for program in (find_tool("promtool"), CONNWATCHD)]
        path = ":".join([*map(str, programs), os.environ["PATH"]])
        for command in commands:
            done = subprocess.run(command, shell=True, cwd=folder, env={**os.environ, "PATH": path},
                                  check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
        files = sorted(str(file.relative_to(f"{folder}/out"))
                       for file in pathlib.Path(folder, "out").rglob("*.*"))
        self.assertEqual(files, [*(f"grafana/{uid}.json" for uid in sorted(shipped_dashboards())),
                                 "prometheus/connwatch.alerts.yml", "prometheus/connwatch.rules.yml"])
        for name in files:
            self.assertIn("cluster", pathlib.Path(folder, "out", name).read_text())
        own = yaml.safe_load(pathlib.Path(folder, "own.alerts.yml").read_text())
        self.assertEqual(json.loads(jsonnet(field_of_mixin("prometheusAlerts", {}),
                                            f"{folder}/vendor/connwatch-mixin").stdout), own)


if __name__ == "__main__":
    unittest.main()
