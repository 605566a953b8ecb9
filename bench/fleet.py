"""What a fleet of nodes costs one Prometheus: the pages come from one real node (node_load.py), multiplied
(tests/e2e/fleet_pages.py)."""

import contextlib
import collections
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

import subjects
from measure import MeasureError, memory_bytes, parse_metrics, scrape
from node_load import own_node

import fleet_advice
import fleet_pages
from fleet_prometheus import FleetPrometheus, panels

WALK = "kernel_walk: on"
SHIFT = 6  # how many buckets the round trips of far nodes are above those of the others
WARM_S, TROUBLE_S = 45, 25
JITTER_S = 2
LOOK_S = 5
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


@dataclass
class FleetRun:
    """What one Prometheus needed for so many nodes."""

    nodes: int
    scraped: int = 0
    recorded: int = 0
    in_memory: int = 0
    samples_per_s: float = 0
    peak_bytes: int = 0
    cpu_share: float = 0
    page_bytes: int = 0
    scrape_s: float = 0
    late_scrapes: int = 0
    families: list = field(default_factory=list)
    group_s: dict = field(default_factory=dict)
    missed: float = 0
    panels: list = field(default_factory=list)
    rules: list = field(default_factory=list)
    raw: list = field(default_factory=list)
    federated: dict = field(default_factory=dict)
    disk: dict = field(default_factory=dict)

    @property
    def series_bytes(self):
        return self.peak_bytes / self.in_memory


def own_metrics(prometheus):
    return parse_metrics(prometheus.read("/metrics"))


def figure(samples, name):
    """The sum of all series of that name."""
    return sum(value for (key, _), value in samples.items() if key == name)


def prometheus_rules(interval_s):
    """The alert rules for that scrape interval; None for those that are shipped."""
    if interval_s <= 15:
        return None
    return subprocess.run([subjects.BUILD / "connwatchd", "--print-rules",
                           f"--rules.scrape-interval={interval_s}s"],
                          capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def scraped_fleet(pages, nodes, interval_s, relabel=()):
    """A Prometheus that scrapes so many nodes meanwhile, and its folder."""
    fleet = pages.fleet(nodes)
    with tempfile.TemporaryDirectory() as folder, fleet_pages.served(fleet) as address, FleetPrometheus(
            subjects.find_prometheus(), folder, fleet.targets(address), f"{interval_s}s", relabel=relabel,
            alerts=prometheus_rules(interval_s), flags=["--web.enable-admin-api"]) as prometheus:
        wait_for(prometheus.is_ready, 60, "Prometheus is ready")
        wait_for(lambda: prometheus.number("sum(up)") == nodes, 10 * interval_s, "every node is scraped")
        yield prometheus, pathlib.Path(folder)


def wait_for(condition, timeout_s, what):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise MeasureError(f"not within {timeout_s} s: {what}")
        time.sleep(1)


def watch(prometheus, seconds):
    """Peak memory in bytes, and CPU time as a share of one core in the second half of the time."""
    pid, peak = prometheus.process.pid, 0
    end = time.monotonic() + seconds
    half = None
    while time.monotonic() < end:
        peak = max(peak, memory_bytes(pid, "VmRSS"))
        if half is None and time.monotonic() > end - seconds / 2:
            half = time.monotonic(), own_metrics(prometheus)
        time.sleep(LOOK_S)
    began, before = half
    after = own_metrics(prometheus)
    seconds = time.monotonic() - began
    share, rate = ((figure(after, name) - figure(before, name)) / seconds
                   for name in ("process_cpu_seconds_total", "prometheus_tsdb_head_samples_appended_total"))
    return peak, share, rate


def ask(prometheus, expression, instant):
    """(milliseconds, samples touched, samples in memory at most) of a query; None for samples if it fails."""
    took = []
    for _ in range(REPEATS):
        began = time.monotonic()
        try:
            data = prometheus.query(expression) if instant else prometheus.query_range(
                expression, RANGE_S, STEP_S)
        except ValueError:
            return (time.monotonic() - began) * 1e3, None, None
        took.append((time.monotonic() - began) * 1e3)
    samples = data["stats"]["samples"]
    return statistics.median(took), samples["totalQueryableSamples"], samples["peakSamples"]


def federate(prometheus):
    """{level: (series, bytes of the page)}."""
    found = {}
    for name, pattern in (("job", "job(_[a-z]+)?:.*"), ("instance and job", "(job|instance)(_le|_severity)?:.*")):
        page = prometheus.read("/federate", **{"match[]": f'{{__name__=~"{pattern}"}}'})
        found[name] = len(parse_federated(page)), len(page)
    return found


def parse_federated(page):
    return [line for line in page.splitlines() if line and not line.startswith("#")]


def disk(prometheus, folder):
    """What the samples so far take in a block: bytes per sample, and bytes of the index per series."""
    name = prometheus.api("admin/tsdb/snapshot", "POST")["name"]
    blocks = [path for path in (folder / "data/snapshots" / name).iterdir() if path.is_dir()]
    meta = [json.loads((block / "meta.json").read_text())["stats"] for block in blocks]
    samples, series = (sum(each[key] for each in meta) for key in ("numSamples", "numSeries"))
    chunks = sum(file.stat().st_size for block in blocks for file in block.glob("chunks/*"))
    index = sum((block / "index").stat().st_size for block in blocks)
    wal = sum(file.stat().st_size for file in folder.glob("data/wal/**/*") if file.is_file())
    return {"samples": samples, "series": series, "bytes a sample": chunks / samples,
            "index bytes a series": index / series, "WAL bytes a sample": wal / samples}


def measure_fleet(pages, nodes, options):
    """A FleetRun: everything that is asked of one size."""
    run = FleetRun(nodes, page_bytes=len(pages.well))
    relabel = relabel_examples()[options.example] if options.example else ()
    with scraped_fleet(pages, nodes, options.interval, relabel) as (prometheus, folder):
        run.peak_bytes, run.cpu_share, run.samples_per_s = watch(prometheus, options.minutes * 60)
        samples = own_metrics(prometheus)
        run.in_memory = figure(samples, "prometheus_tsdb_head_series")
        run.missed = figure(samples, "prometheus_rule_group_iterations_missed_total")
        run.group_s = {dict(labels)["rule_group"].partition(";")[2]: value
                       for (name, labels), value in samples.items()
                       if name == "prometheus_rule_group_last_duration_seconds"}
        run.scraped = prometheus.number("sum(scrape_samples_post_metric_relabeling)")
        run.recorded = prometheus.number('count({__name__=~"(job|instance)(_[a-z]+)*:.*"})')
        run.scrape_s = prometheus.number("avg(scrape_duration_seconds)")
        run.late_scrapes = nodes - prometheus.number("sum(up)")
        run.families = [(one["name"], one["value"])
                        for one in prometheus.api("status/tsdb")["seriesCountByMetricName"]]
        run.panels = [(title, instant, *ask(prometheus, expression, True),
                       *(ask(prometheus, expression, False) if not instant else ("", "", "")))
                      for title, expression, instant in panels()]
        run.peak_bytes = max(run.peak_bytes, memory_bytes(prometheus.process.pid, "VmHWM"))
        run.rules = sorted(((rule["name"], *ask(prometheus, rule["query"], True))
                            for group in prometheus.rule_groups() for rule in group["rules"]),
                           key=lambda rule: -(rule[2] or 0))
        run.raw = [ask(prometheus, RAW_QUANTILE, instant) for instant in (True, False)]
        run.federated = federate(prometheus)
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


def measure_memory(pages, nodes, interval_s, minutes, relabel):
    """(series scraped, series in memory, peak memory) with such metric_relabel_configs."""
    with scraped_fleet(pages, nodes, interval_s, relabel) as (prometheus, _):
        peak, share, _ = watch(prometheus, minutes * 60)
        return (prometheus.number("sum(scrape_samples_post_metric_relabeling)"),
                figure(own_metrics(prometheus), "prometheus_tsdb_head_series"), peak, share)
