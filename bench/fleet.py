"""What a fleet of nodes costs one Prometheus: the pages come from one real node (node_load.py), multiplied
(tests/e2e/fleet_pages.py)."""

import collections
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

import subjects
from measure import MeasureError, memory_bytes, parse_metrics, process_cpu_s, scrape
from node_load import own_node

import fleet_advice
import fleet_pages
from fleet_prometheus import FleetPrometheus, panels

WALK = "kernel_walk: on"
SHIFT = 6  # how many buckets the round trips of far nodes are above those of the others
WARM_S, TROUBLE_S = 45, 25
JITTER_S = 2
SCRAPES_S = 60
REST_S, REST_SHARE = 3, 0.02
RANGE_S, STEP_S = 3600, 15
REPEATS = 3
# What the keys of the configuration leave of the page of one node.
KEYS = {"the default": (), "`max_groups: 5`": ("max_groups: 5",),
        "`max_listeners: 5`": ("max_listeners: 5",),
        "`max_network_namespaces: 10`": ("max_network_namespaces: 10",),
        "`handshake_tracing: off`": ("handshake_tracing: off",),
        "`histograms: {rtt: [1ms, 10ms, 100ms, 1s]}`": ("histograms: {rtt: [1ms, 10ms, 100ms, 1s]}",)}
# The quantile as it would be without recorded buckets.
RAW_QUANTILE = ("histogram_quantile(0.99, sum by (job, le) "
                "(rate(connwatch_tcp_rtt_seconds_bucket[5m])))")


@dataclass
class NodePages:
    """Pages of one real node, and how many series it has with each configuration."""

    well: str
    trouble: str
    netns: set
    by_key: dict

    def fleet(self, nodes):
        well, trouble = (fleet_pages.Template(page, page_age_s=WARM_S, keep_netns=self.is_pod, shift=SHIFT)
                         for page in (self.well, self.trouble))
        return fleet_pages.Fleet(nodes, well, trouble, JITTER_S)

    def is_pod(self, netns):
        return netns in self.netns


def count_series(page, is_pod):
    """{name: series}, without network namespaces that are not of the node."""
    counts = collections.Counter()
    for name, labels in parse_metrics(page):
        netns = dict(labels).get("netns", "other")
        counts[name] += netns == "other" or is_pod(netns)
    return counts


def kinds_of_series(page, is_pod):
    """{what there is a set of series for: (how many sets, how many series)}."""
    found = {"host": ({()}, [])}
    for name, labels in parse_metrics(page):
        labels = dict(labels)
        if "netns" in labels and labels["netns"] != "other" and not is_pod(labels["netns"]):
            continue
        kind = next((kind for kind in ("netns", "listener", "group", "alert") if kind in labels), "host")
        key = (labels.get(kind), labels.get("direction")) if kind == "group" else (labels.get(kind),)
        keys, names = found.setdefault(kind, (set(), []))
        keys.add(key)
        names.append(name)
    return {kind: (len(keys), len(names)) for kind, (keys, names) in found.items()}


def take_pages(folder, pods):
    """NodePages of a node with so many pods, with real daemons and real traffic."""
    with contextlib.ExitStack() as stack:
        node = own_node(stack, pods)
        daemons = {key: stack.enter_context(subjects.start_configured_connwatchd(
            folder, (WALK, *lines))) for key, lines in KEYS.items()}
        for daemon in daemons.values():
            daemon.wait_serving()
        node.work(WARM_S)
        pages = {key: scrape(daemon.port)[1].decode() for key, daemon in daemons.items()}
        node.overload()
        node.work(TROUBLE_S)
        default = daemons["the default"]
        trouble = scrape(default.port)[1].decode()
        is_pod = node.netns.__contains__
        by_key = {key: sum(count_series(page, is_pod).values()) for key, page in pages.items()}
        return NodePages(pages["the default"], trouble, node.netns, by_key)


@dataclass(frozen=True)
class Question:
    """What one query or rule takes: figures of one evaluation."""

    name: str
    cpu_s: float
    samples: int  # that it touches
    at_once: int  # of them, and of its results, in memory


@dataclass
class FleetRun:
    """What one Prometheus needed for so many nodes."""

    nodes: int
    scraped: int = 0
    recorded: int = 0
    in_memory: int = 0
    samples_per_s: float = 0
    peak_bytes: int = 0
    live_bytes: int = 0
    scrape_cpu_share: float = 0
    scrape_s: float = 0
    not_scraped: int = 0
    families: list = field(default_factory=list)
    rules: dict = field(default_factory=dict)  # {rule group: [Question]}
    interval_s: dict = field(default_factory=dict)  # {rule group: seconds}
    panels: list = field(default_factory=list)  # [(Question now, Question of an hour or None)]
    raw: list = field(default_factory=list)  # the same for RAW_QUANTILE
    federated: dict = field(default_factory=dict)
    disk: dict = field(default_factory=dict)

    @property
    def series_bytes(self):
        return self.live_bytes / self.in_memory

    def group_cpu_s(self):
        """{rule group: CPU seconds of one evaluation}."""
        return {group: sum(rule.cpu_s for rule in rules) for group, rules in self.rules.items()}

    @property
    def rules_cpu_share(self):
        return sum(cpu_s / self.interval_s[group] for group, cpu_s in self.group_cpu_s().items())

    def questions(self):
        """All rules and panels."""
        return [rule for rules in self.rules.values() for rule in rules] + [
            question for panel in self.panels for question in panel if question]


def own_metrics(prometheus):
    return parse_metrics(prometheus.read("/metrics"))


def live_bytes(prometheus):
    """What is in use on its heap, without what the garbage collector has not collected yet."""
    prometheus.read("/debug/pprof/heap", gc=1, debug=1)
    return figure(own_metrics(prometheus), "go_memstats_heap_alloc_bytes")


def figure(samples, name):
    """The sum of all series of that name."""
    return sum(value for (key, _), value in samples.items() if key == name)


def alert_rules(interval_s):
    """The alert rules for that scrape interval, without the one that docs/fleet.md advises to leave out."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write("alerts: [{name: HandshakeLatencyDoubled, enabled: false}]\n")
        config.flush()
        return subprocess.run([subjects.BUILD / "connwatchd", "--print-rules", "--config.file", config.name,
                               f"--rules.scrape-interval={interval_s}s"],
                              capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def scraped_fleet(pages, nodes, interval_s, relabel=()):
    """A Prometheus that scrapes so many nodes meanwhile, and its folder."""
    fleet = pages.fleet(nodes)
    with tempfile.TemporaryDirectory() as folder, fleet_pages.served(fleet) as address, FleetPrometheus(
            subjects.find_prometheus(), folder, fleet.targets(address), f"{interval_s}s", relabel=relabel,
            alerts=alert_rules(interval_s),
            flags=["--web.enable-admin-api", "--web.enable-lifecycle"]) as prometheus:
        wait_for(prometheus.is_ready, 60, "Prometheus is ready")
        wait_for(lambda: prometheus.number("sum(up)") == nodes, 10 * interval_s, "every node is scraped")
        yield prometheus, pathlib.Path(folder)


def wait_for(condition, timeout_s, what):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise MeasureError(f"not within {timeout_s} s: {what}")
        time.sleep(1)


def wait_for_rest(prometheus):
    """Until it does nothing any more."""
    def is_at_rest():
        before = process_cpu_s(prometheus.process.pid)
        time.sleep(REST_S)
        return process_cpu_s(prometheus.process.pid) - before < REST_SHARE * REST_S
    wait_for(is_at_rest, 300, "Prometheus rests")


def cpu_share_and_rate(prometheus, seconds):
    """Over so many seconds from now: CPU time as a share of one core, samples a second."""
    began, before = time.monotonic(), own_metrics(prometheus)
    time.sleep(seconds)
    after = own_metrics(prometheus)
    seconds = time.monotonic() - began
    return [(figure(after, name) - figure(before, name)) / seconds for name in (
        "process_cpu_seconds_total", "prometheus_tsdb_head_samples_appended_total")]


def ask(prometheus, name, expression, moment, of_an_hour=False, repeats=1):
    """A Question, when Prometheus has nothing else to do. Without samples if it refuses to answer."""
    cpu_s = []
    for _ in range(repeats):
        before = process_cpu_s(prometheus.process.pid)
        try:
            data = prometheus.query_range(expression, RANGE_S, STEP_S, moment) if of_an_hour else \
                prometheus.query(expression, time=moment)
        except ValueError:
            return Question(name, process_cpu_s(prometheus.process.pid) - before, None, None)
        cpu_s.append(process_cpu_s(prometheus.process.pid) - before)
    samples = data["stats"]["samples"]
    return Question(name, statistics.median(cpu_s), samples["totalQueryableSamples"], samples["peakSamples"])


def federate(prometheus):
    """{levels: (series, bytes of the page)}."""
    found = {}
    for name, pattern in (("job", "job(_[a-z]+)?:.*"),
                          ("instance and job", "(instance|job)(_le|_severity)?:.*")):
        page = prometheus.read("/federate", **{"match[]": f'{{__name__=~"{pattern}"}}'})
        found[name] = len(re.findall("^[a-z]", page, re.MULTILINE)), len(page)
    return found


def disk(prometheus, folder):
    """What the samples so far take in a block: bytes per sample, and bytes of the index per series."""
    name = prometheus.api("admin/tsdb/snapshot", "POST")["name"]
    blocks = [path for path in (folder / "data/snapshots" / name).iterdir() if path.is_dir()]
    meta = [json.loads((block / "meta.json").read_text())["stats"] for block in blocks]
    samples, series = (sum(each[key] for each in meta) for key in ("numSamples", "numSeries"))
    chunks = sum(file.stat().st_size for block in blocks for file in block.glob("chunks/*"))
    index = sum((block / "index").stat().st_size for block in blocks)
    return {"samples of each series": samples / series, "bytes a sample": chunks / samples,
            "bytes of the index a series": index / series}


def read_levels(run, prometheus):
    """What Prometheus has now."""
    run.peak_bytes = memory_bytes(prometheus.process.pid, "VmHWM")
    run.in_memory = figure(own_metrics(prometheus), "prometheus_tsdb_head_series")
    run.scraped = prometheus.number("sum(scrape_samples_post_metric_relabeling)")
    run.recorded = prometheus.number('count({__name__=~"(job|instance)(_[a-z]+)*:.*"})')
    run.scrape_s = prometheus.number("avg(scrape_duration_seconds)")
    run.not_scraped = run.nodes - prometheus.number("sum(up)")
    run.families = [(one["name"], one["value"])
                    for one in prometheus.api("status/tsdb")["seriesCountByMetricName"]]
    run.federated = federate(prometheus)


def ask_all(run, prometheus, moment, groups):
    """Every rule and every panel, at a moment when there was data."""
    for group in groups:
        run.interval_s[group["name"]] = group["interval"]
        run.rules[group["name"]] = [ask(prometheus, rule["name"], rule["query"], moment)
                                    for rule in group["rules"]]
    run.panels = [(ask(prometheus, title, expression, moment, repeats=REPEATS),
                   None if instant else ask(prometheus, title, expression, moment, True, REPEATS))
                  for title, expression, instant in panels()]
    run.raw = [ask(prometheus, "", RAW_QUANTILE, moment, of_an_hour) for of_an_hour in (False, True)]


def measure_fleet(pages, nodes, options):
    """A FleetRun: everything that is asked of one size."""
    run = FleetRun(nodes)
    relabel = relabel_examples()[options.example] if options.example else ()
    with scraped_fleet(pages, nodes, options.interval, relabel) as (prometheus, folder):
        time.sleep(options.minutes * 60)
        read_levels(run, prometheus)
        groups, moment = prometheus.rule_groups(), time.time()
        prometheus.stop_rules()
        run.scrape_cpu_share, run.samples_per_s = cpu_share_and_rate(prometheus, SCRAPES_S)
        run.live_bytes = live_bytes(prometheus)
        prometheus.stop_scraping()
        wait_for_rest(prometheus)
        ask_all(run, prometheus, moment, groups)
        run.disk = disk(prometheus, folder)
    return run


def relabel_examples():
    """{name: lines of the list}, of the examples of docs/fleet.md that end with metric_relabel_configs."""
    found = {}
    for name, text in fleet_advice.examples().items():
        _, key, after = text.partition("    metric_relabel_configs:\n")
        if key:
            found[name] = [line.removeprefix("      ") for line in after.splitlines()]
    return found


def measure_memory(pages, nodes, options, relabel):
    """(series scraped, series in memory, memory in use) with such metric_relabel_configs."""
    with scraped_fleet(pages, nodes, options.interval, relabel) as (prometheus, _):
        time.sleep(options.advice_minutes * 60)
        prometheus.stop_rules()  # they need memory while they are evaluated
        return (prometheus.number("sum(scrape_samples_post_metric_relabeling)"),
                figure(own_metrics(prometheus), "prometheus_tsdb_head_series"),
                live_bytes(prometheus))
