"""The Markdown that is printed here: tables of costs, scrapes and polls, and the targets."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A figure that is to be at most `limit`."""

    what: str
    measured: float
    limit: float
    unit: str = ""

    @property
    def is_met(self):
        return self.measured <= self.limit


def percentile(values, share):
    """The value at or below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def cpu_ratios(costs, base):
    """CPU time to the CPU time of `base` in the same round, for each round."""
    return [cost.cpu_s / other.cpu_s for cost, other in zip(costs, base)]


def spread(values, digits=3):
    """Median (minimum-maximum)."""
    middle, low, high = (f"{value:.{digits}f}"
                         for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low}-{high})"


def table(header, rows):
    """A Markdown table: the first column is text, the others are figures."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cost_table(rounds, bare):
    """One row for each of `rounds`, {name: [Cost of each round]}; `bare` is the name to compare."""
    rows = []
    for name, costs in rounds.items():
        rows.append([name,
                     spread([cost.wall_s for cost in costs]),
                     spread([cost.user_s for cost in costs]),
                     spread([cost.kernel_s for cost in costs]),
                     spread(cpu_ratios(costs, rounds[bare]), 2),
                     f"{max(cost.peak_bytes for cost in costs) / 1e6:.1f}"])
    return table(["what", "wall, s", "user CPU, s", "kernel CPU, s", "CPU to bare loop",
                  "peak memory, MB"], rows)


def scrape_table(scrapes):
    """One row for each of `scrapes`, {name: [seconds]}."""
    rows = [[name, str(len(seconds)), f"{statistics.median(seconds) * 1e3:.2f}",
             f"{percentile(seconds, 0.99) * 1e3:.2f}"] for name, seconds in scrapes.items()]
    return table(["scrape", "samples", "median, ms", "99th percentile, ms"], rows)


def listeners_table(listeners):
    """What a poll of the listeners tier took, a tiers.ListenerPolls."""
    rows = [["wall", spread([seconds * 1e3 for seconds in listeners.wall_s])],
            ["CPU", spread([seconds * 1e3 for seconds in listeners.cpu_s])],
            ["CPU of the whole process", f"{listeners.process_cpu_s * 1e3:.3f}"]]
    return table(["a poll of the listeners tier", "ms"], rows)


def budget_table(budget, tiers):
    """One row for each of `tiers`; `budget` is a tiers.BudgetUse."""
    rows = [[tier, str(budget.polls(tier)), f"{budget.before.intervals_s[tier]:.1f}",
             f"{budget.after.intervals_s[tier]:.1f}", f"{budget.tier_share(tier) * 100:.2f}"]
            for tier in tiers]
    return table(["tier", "polls", "interval at the start, s", "at the end, s",
                  "CPU by its own counter, % of a core"], rows)


def lateness_table(lateness):
    """One row for each of `lateness`, {how full polls follow each other: tiers.Lateness}."""
    bounds = [0.001, 0.0025, 0.005, 0.01, 0.025]
    rows = [[name, f"{late.full_share * 100:.0f}", str(late.due), str(late.begun),
             *(f"{late.within[bound] / late.due * 100:.1f}" for bound in bounds)]
            for name, late in lateness.items()]
    return table(["full polls", "running, % of the time", "listeners polls due", "begun",
                  *(f"within {bound * 1e3:g} ms, %" for bound in bounds)], rows)


def close_table(runs):
    """One row for each of `runs`, each a closes.CloseRun."""
    rows = [[f"{run.rate:,.0f}", f"{run.closes:,}", f"{run.counted:,}", str(run.overruns),
             f"{run.load.cpu_s:.2f}", f"{run.daemon_cpu_s:.3f}", f"{run.event_cpu_s:.3f}",
             f"{run.cpu_per_event_us:.2f}", f"{run.event_core_share * 100:.2f}",
             f"{run.cpu_ratio:.3f}"] for run in runs]
    return table(["closes a second", "closes", "counted", "overruns", "CPU of the load, s",
                  "of connwatchd, s", "of it for events, s", "µs an event", "% of a core",
                  "connwatchd to load"], rows)


def page_table(rounds):
    """One row for each of `rounds`, {name: [pages.Block]}."""
    rows = []
    for name, blocks in rounds.items():
        wall_s = [seconds for block in blocks for seconds in block.wall_s]
        page_bytes = [size for block in blocks for size in block.page_bytes]
        cpu_s = sum(block.cpu_s for block in blocks)
        rows.append([name, str(len(wall_s)), str(sum(block.snapshots for block in blocks) or "-"),
                     str(blocks[-1].series), f"{statistics.mean(page_bytes) / 1e3:.0f}",
                     f"{statistics.median(wall_s) * 1e3:.2f}",
                     f"{percentile(wall_s, 0.99) * 1e3:.2f}", f"{cpu_s / len(wall_s) * 1e3:.2f}",
                     spread([block.wall_per_byte * 1e9 for block in blocks], 1),
                     spread([block.cpu_per_byte * 1e9 for block in blocks], 1)])
    return table(["page", "scrapes", "snapshots", "series", "KB", "wall, median, ms",
                  "99th percentile, ms", "CPU, mean, ms", "wall, ns a byte", "CPU, ns a byte"],
                 rows)


def throughput_table(ways):
    """One row for each daemon and way of asking, {way: {daemon: [http_load.Throughput]}}."""
    rows = []
    for way, rounds in ways.items():
        for name, runs in rounds.items():
            rows.append([f"{name}, {way}", str(runs[-1].series),
                         spread([run.requests_per_s for run in runs], 0),
                         spread([run.bytes_per_s / 1e6 for run in runs], 1),
                         spread([run.cpu_per_request_s * 1e3 for run in runs]),
                         f"{runs[-1].peak_memory_bytes / 1e6:.1f}"])
    return table(["daemon, way of asking", "series", "requests/s", "MB/s", "CPU a request, ms",
                  "peak memory, MB"], rows)


def siege_table(sieges):
    """One row for each attack, {what: hostile.Siege}."""
    rows = []
    for what, siege in sieges.items():
        rows.append([what, str(siege.connections), str(len(siege.during_s)),
                     f"{percentile(siege.at_rest_s, 0.5) * 1e3:.2f}",
                     f"{percentile(siege.during_s, 0.5) * 1e3:.2f}",
                     f"{percentile(siege.at_rest_s, 0.99) * 1e3:.2f}",
                     f"{percentile(siege.during_s, 0.99) * 1e3:.2f}",
                     f"{siege.peak_memory_bytes / 1e6:.1f}"])
    return table(["attack", "its connections", "scrapes", "median at rest, ms", "during, ms",
                  "99th percentile at rest, ms", "during, ms", "peak memory, MB"], rows)


def memory_table(ways):
    """One row for each way of asking, {way: early_ends.Memory}."""
    rows = [[way, str(memory.requests), str(memory.refusals), f"{memory.seconds:.0f}",
             f"{memory.before_bytes / 1e6:.2f}", f"{memory.after_bytes / 1e6:.2f}",
             f"{memory.growth_bytes / 1e6:.2f}"] for way, memory in ways.items()]
    return table(["way", "requests", "refusals counted", "duration, s",
                  "memory before, MB", "after, MB", "growth, MB"], rows)


def incident_table(answers, pages):
    """One row for each of `answers`, {what: incident_answers.Answers}, and for each of `pages`,
    {what: [seconds of each load]}."""
    def row(what, took_s, size):
        return [what, spread([took * 1000 for took in took_s], 1),
                f"{percentile(took_s, 0.99) * 1000:.1f}", size]

    rows = [row(what, found.took_s, f"{found.size_bytes / 1000:.0f}")
            for what, found in answers.items()]
    rows += [row(what, took_s, "") for what, took_s in pages.items()]
    return table(["what", "duration, ms", "99th percentile, ms", "answer, kB"], rows)


def target_table(targets):
    """Each target with its figure, and whether it is met."""
    rows = [[target.what, f"{target.limit:g}{target.unit}", f"{target.measured:.3g}{target.unit}",
             "pass" if target.is_met else "MISSED"] for target in targets]
    return table(["target", "at most", "measured", ""], rows)
