"""The cost of a full poll beside the bare loop, with and without following connections."""

import contextlib
import statistics

import report
import subjects
from measure import run_bare_dump

BARE = "bare `recv` loop"
POLL = "full poll of connwatchd, resident"
UNTRACKED = "the same, following no connections"
# One is the least there is; every other socket is looked up, sorted into its group and left out.
NO_TRACKING = ("kernel_walk: off", "max_tracked_connections: 1", "destroy_events: off")


class FullPolls:
    """Two resident connwatchds that only make full polls, with tracking and without."""

    def __init__(self, tracking, untracked, bare_cpu_s):
        self._tracking = tracking
        self._polls = subjects.PollMeter(tracking, "full", bare_cpu_s)
        self.steps = {BARE: run_bare_loop,
                      POLL: self._polls.measure,
                      UNTRACKED: subjects.PollMeter(untracked, "full", bare_cpu_s).measure}

    def own_cpu_s(self):
        """The mean CPU time of a poll with tracking, by the daemon's own counter."""
        return self._polls.own_cpu_s()

    def resident_memory_bytes(self):
        """With tracking, now."""
        return self._tracking.resident_memory_bytes()


def run_bare_loop():
    """The Cost of one round of the bare loop."""
    return run_bare_dump(str(subjects.BUILD / "bare_dump"))[0]


@contextlib.contextmanager
def full_polls(folder):
    """FullPolls whose daemons run, paused between measurements."""
    warm = run_bare_loop()
    interval_s = max(2, 5 * warm.wall_s)
    with subjects.start_connwatchd(folder, full=interval_s) as tracking, \
            subjects.start_connwatchd(folder, NO_TRACKING, full=interval_s) as untracked:
        yield FullPolls(tracking, untracked, warm.cpu_s)


def poll_ratio(rounds, name, base):
    """The median over the rounds of CPU time to that of `base`."""
    return statistics.median(report.cpu_ratios(rounds[name], rounds[base]))
