"""The tables of bench/run-fleet."""

import report

MB, GB = 1e6, 1e9
KINDS = {"host": "the host itself", "netns": "a pod (network namespace)", "listener": "a listener of the host",
         "group": "a group in one direction", "alert": "an alert rule"}


def kinds_table(kinds):
    """What a page has series for, {kind: (how many, series)}."""
    rows = [[KINDS[kind], str(count), str(series), f"{series / count:.1f}"]
            for kind, (count, series) in sorted(kinds.items(), key=lambda item: -item[1][1])]
    return report.table(["what has series", "how many", "series in all", "each"], rows)


def families_table(families, nodes, in_memory):
    rows = [[f"`{name}`", f"{count / nodes:.0f}", f"{count / in_memory:.1%}"] for name, count in families]
    return report.table(["metric", "series a node", "of all"], rows)


def keys_table(by_key):
    """{key of the configuration: series of the node}."""
    base = next(iter(by_key.values()))
    rows = [[key, str(count), f"{1 - count / base:.0%}"] for key, count in by_key.items()]
    return report.table(["configuration of the node", "series", "saved"], rows)


def sizes_table(runs):
    """One row for each fleet.FleetRun."""
    rows = [[str(run.nodes), f"{run.scraped / run.nodes:.0f}", f"{run.recorded / run.nodes:.0f}",
             f"{run.in_memory / 1e6:.2f}", f"{run.samples_per_s:,.0f}", f"{run.peak_bytes / GB:.2f}",
             f"{run.series_bytes / 1e3:.2f}", f"{run.cpu_share * 100:.0f}",
             f"{max(run.group_s.values()):.2f}", f"{run.missed:.0f}"] for run in runs]
    return report.table(["nodes", "series a node", "recorded a node", "series in all, million", "samples/s",
                         "peak memory, GB", "KB a series", "CPU, % of a core", "slowest rule group, s",
                         "evaluations missed"], rows)


def groups_table(runs):
    """Seconds of each rule group, one column for each fleet.FleetRun."""
    names = sorted(runs[-1].group_s, key=lambda name: -runs[-1].group_s[name])
    rows = [[f"`{name}`", *(f"{run.group_s[name]:.3f}" for run in runs)] for name in names]
    return report.table(["rule group", *(f"{run.nodes} nodes, s" for run in runs)], rows)


def _number(value):
    return "beyond the limit" if value is None else value if value == "" else f"{value:,.0f}"


def panels_table(run):
    rows = [[title, *map(_number, figures)] for title, _, *figures in run.panels]
    return report.table(["panel", "now, ms", "samples", "at once", "an hour, ms", "samples", "at once"], rows)


def rules_table(run, count=6):
    """The rules that touch the most samples, and the quantile of the fleet from raw buckets."""
    rows = [[f"`{name}`", *map(_number, figures)] for name, *figures in run.rules[:count]]
    for what, figures in zip(("now", "of an hour"), run.raw):
        rows.append([f"for comparison: the fleet's quantile from the scraped buckets, {what}",
                     *map(_number, figures)])
    return report.table(["rule", "ms", "samples", "at once"], rows)


def federation_table(run):
    rows = [[f"`{level}`", f"{series:,}", f"{series / run.nodes:.1f}", f"{size / 1e3:,.0f}"]
            for level, (series, size) in run.federated.items()]
    return report.table(["levels asked of `/federate`", "series", "a node", "KB"], rows)


def disk_table(run):
    rows = [[what, f"{value:,.2f}"] for what, value in run.disk.items()]
    return report.table(["a block of what was scraped", ""], rows)


def advice_table(measured):
    """{name of an example of docs/fleet.md: (nodes, series scraped, in memory, peak memory, CPU share)}."""
    base = next(iter(measured.values()))
    rows = []
    for name, (nodes, scraped, in_memory, peak, share) in measured.items():
        rows.append([name, str(nodes), f"{scraped / nodes:.0f}", f"{1 - scraped / nodes / (base[1] / base[0]):.0%}",
                     f"{in_memory / 1e6:.2f}", f"{peak / GB:.2f}", f"{share * 100:.0f}"])
    return report.table(["example", "nodes", "series a node", "saved", "series in all, million",
                         "peak memory, GB", "CPU, % of a core"], rows)
