"""What is measured of connwatchd's tiers beyond the cost of one poll: series of polls of the
listeners tier, use of the CPU budget, and how late polls begin."""

import time
from dataclasses import dataclass

from measure import MeasureError, metric, read_metrics
from subjects import TIERS, differences, poll_figures

LISTENERS_INTERVAL_S = 0.1
BLOCK_S = 1.05  # ten polls of the listeners tier, at the least
WATCH_S = 1  # between looks at a daemon whose CPU time is measured: they cost it some


def _wait_for_polls(daemon, tier, polls, timeout_s):
    """Waits until so many polls of the tier have succeeded since the daemon's start."""
    daemon.wait_until(lambda: poll_figures(daemon, tier)[0] >= polls, f"poll {polls:.0f}, {tier}",
                      timeout_s, WATCH_S)


@dataclass(frozen=True)
class ListenerPolls:
    """What polls of the listeners tier took, in seconds a poll."""

    polls: int
    wall_s: list  # the mean of each block
    cpu_s: list
    process_cpu_s: float  # of the whole process, by the kernel's account


def _republish(daemon):
    """The figures of a daemon that only polls listeners; it publishes them when it reloads."""
    def reloaded():
        return metric(read_metrics(daemon.port),
                      "connwatch_config_last_reload_success_timestamp_seconds")
    before = reloaded()
    daemon.reload()
    daemon.wait_until(lambda: reloaded() != before, "reload")
    return poll_figures(daemon, "listeners")


def measure_listener_polls(daemon, blocks):
    """Costs of the listeners tier, which polls every LISTENERS_INTERVAL_S; the others rest."""
    daemon.wait_serving()
    _wait_for_polls(daemon, "full", 1, timeout_s=60)
    daemon.wait_quiet()
    wall_s, cpu_s, process_cpu_s, polls = [], [], 0.0, 0
    figures = _republish(daemon)
    for _ in range(blocks):
        process_before = daemon.cpu_s()
        time.sleep(BLOCK_S)
        process_cpu_s += daemon.cpu_s() - process_before
        before, figures = figures, _republish(daemon)
        count, wall, cpu = differences(figures, before)
        polls += int(count)
        wall_s.append(wall / count)
        cpu_s.append(cpu / count)
    polls_asleep = blocks * BLOCK_S / LISTENERS_INTERVAL_S
    return ListenerPolls(polls, wall_s, cpu_s, process_cpu_s / polls_asleep)


@dataclass(frozen=True)
class Reading:
    """A daemon's account of itself and the kernel's of it, at one moment."""

    at: float
    cpu_s: float
    polls: dict  # by tier, like the others
    tier_cpu_s: dict
    intervals_s: dict


def _read(daemon):
    samples = read_metrics(daemon.port)

    def by_tier(name, **labels):
        return {tier: metric(samples, name, tier=tier, **labels) for tier in TIERS}
    return Reading(time.monotonic(), daemon.cpu_s(),
                   by_tier("connwatch_polls_total", result="success"),
                   by_tier("connwatch_poll_cpu_seconds_total"),
                   by_tier("connwatch_poll_interval_seconds"))


@dataclass(frozen=True)
class BudgetUse:
    """From just after one full poll to just after a later one."""

    before: Reading
    after: Reading

    @property
    def seconds(self):
        return self.after.at - self.before.at

    @property
    def share(self):
        """Of one core, by all threads of the process."""
        return (self.after.cpu_s - self.before.cpu_s) / self.seconds

    def polls(self, tier):
        return int(self.after.polls[tier] - self.before.polls[tier])

    def tier_share(self, tier):
        """Of one core, by the daemon's own counter."""
        return (self.after.tier_cpu_s[tier] - self.before.tier_cpu_s[tier]) / self.seconds

    @property
    def tiers_share(self):
        """Of one core, by all tiers: without the pages that this measurement asks for."""
        return sum(self.tier_share(tier) for tier in TIERS)


def measure_budget_use(daemon, limit_s):
    """CPU use over as many intervals of full polls as fit in `limit_s`, at least one.

    Begins after the first full poll, which has set the intervals by its cost.
    """
    daemon.wait_serving()
    _wait_for_polls(daemon, "full", 1, timeout_s=60)
    before = after = _read(daemon)
    while after is before or after.at - before.at + after.intervals_s["full"] <= limit_s:
        _wait_for_polls(daemon, "full", after.polls["full"] + 1,
                        timeout_s=60 + 2 * after.intervals_s["full"])
        after = _read(daemon)
    return BudgetUse(before, after)


@dataclass(frozen=True)
class Lateness:
    """How late polls of the listeners tier began."""

    due: int
    within: dict  # {seconds: polls that began at most so late}, ascending, the last infinite
    full_polls: int
    full_share: float  # of the time, with a full poll in flight

    @property
    def begun(self):
        return int(self.within[float("inf")])

    def bound(self, share):
        """The smallest bucket's bound that holds `share` of the polls that were due."""
        return next((bound for bound, polls in self.within.items() if polls >= share * self.due),
                    float("inf"))


def _lateness_reading(daemon):
    samples = read_metrics(daemon.port)
    name = "connwatch_poll_lateness_seconds_bucket"
    within = {float(dict(labels)["le"]): polls for (key, labels), polls in samples.items()
              if key == name and ("tier", "listeners") in labels}
    return (metric(samples, "connwatch_poll_last_success_timestamp_seconds", tier="listeners"),
            dict(sorted(within.items())), poll_figures(daemon, "full"))


def measure_lateness(daemon, polls):
    """Lateness over at least `polls` polls of the listeners tier, every LISTENERS_INTERVAL_S."""
    daemon.wait_serving()
    _wait_for_polls(daemon, "full", 2, timeout_s=60)
    started, within_before, full_before = _lateness_reading(daemon)
    _wait_for_polls(daemon, "listeners", poll_figures(daemon, "listeners")[0] + polls,
                    timeout_s=60 + 2 * polls * LISTENERS_INTERVAL_S)
    ended, within_after, full_after = _lateness_reading(daemon)
    full_polls, full_wall_s, _ = differences(full_after, full_before)
    within = {bound: count - within_before[bound] for bound, count in within_after.items()}
    begun = int(within[float("inf")])
    if begun < polls:
        raise MeasureError(f"lateness: {begun} polls of {polls}")
    # A poll that was left out, because the daemon was busy until the next was due, began never.
    due = max(begun, round((ended - started) / LISTENERS_INTERVAL_S))
    return Lateness(due, within, int(full_polls), full_wall_s / (ended - started))
