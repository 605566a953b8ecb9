"""The tables of bench/run-fleet."""

import report

GB = 1e9
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
             f"{run.live_bytes / GB:.2f}", f"{run.series_bytes / 1e3:.2f}", f"{run.scrape_cpu_share * 100:.0f}",
             f"{run.rules_cpu_share * 100:.0f}", f"{run.scrape_s * 1e3:.0f}"] for run in runs]
    return report.table(["nodes", "series a node", "recorded a node", "series in all, million", "samples/s",
                         "peak memory, GB", "in use, GB", "in use, KB a series", "CPU for scrapes, % of a core",
                         "CPU for rules, % of a core", "a scrape, ms"], rows)


def groups_table(runs):
    """CPU time of each rule group, one column for each fleet.FleetRun."""
    found = [run.group_cpu_s() for run in runs]
    rows = [[f"`{name}`", *(f"{group_s[name]:.3f}" for group_s in found)]
            for name in sorted(found[-1], key=lambda name: -found[-1][name])]
    return report.table(["rule group", *(f"{run.nodes} nodes, CPU s" for run in runs)], rows)


def _figures(question):
    if question is None:
        return ["", "", ""]
    samples = ["refused"] * 2 if question.samples is None else [f"{question.samples:,}", f"{question.at_once:,}"]
    return [f"{question.cpu_s * 1e3:.1f}", *samples]


def panels_table(run):
    rows = [[now.name, *_figures(now), *_figures(hour)] for now, hour in run.panels]
    return report.table(["panel", "now, CPU ms", "samples", "at once", "an hour, CPU ms", "samples", "at once"],
                        rows)


def rules_table(run, count=6):
    """The rules that touch the most samples, and the quantile of the fleet from raw buckets."""
    rules = sorted((rule for rules in run.rules.values() for rule in rules), key=lambda rule: -rule.samples)
    rows = [[f"`{rule.name}`", *_figures(rule)] for rule in rules[:count]]
    for what, question in zip(("now", "of an hour"), run.raw):
        rows.append([f"for comparison: the fleet's quantile from the scraped buckets, {what}",
                     *_figures(question)])
    return report.table(["rule", "CPU ms", "samples", "at once"], rows)


def federation_table(run):
    rows = [[f"`{level}`", f"{series:,}", f"{series / run.nodes:.1f}", f"{size / 1e3:,.0f}"]
            for level, (series, size) in run.federated.items()]
    return report.table(["levels asked of `/federate`", "series", "a node", "KB"], rows)


def disk_table(run):
    rows = [[what, f"{value:,.2f}"] for what, value in run.disk.items()]
    return report.table(["a block of what was scraped", ""], rows)


def advice_table(measured):
    """{name of an example of docs/fleet.md: (nodes, series scraped, in memory, bytes in use)}."""
    base = next(iter(measured.values()))
    rows = []
    for name, (nodes, scraped, in_memory, live) in measured.items():
        rows.append([name, str(nodes), f"{scraped / nodes:.0f}", f"{1 - scraped / base[1]:.0%}",
                     f"{in_memory / 1e6:.2f}", f"{live / GB:.3f}", f"{1 - live / base[3]:.0%}"])
    return report.table(["example", "nodes", "series a node", "saved", "series in all, million",
                         "memory in use, GB", "saved"], rows)
