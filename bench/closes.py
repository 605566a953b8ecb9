"""Whether connwatchd counts every connection that ends, and what that costs beside the load."""

import http.client
import re
import subprocess
import time
from dataclasses import dataclass

import subjects
from measure import Cost, MeasureError, metric, parse_metrics, run_process
from own_network import own_network

DRAIN_S = 0.5  # the buffer holds less than that at the rate of the targets
PUBLISHED_S = 2.5  # a snapshot comes after each poll of handshakes, every second
PATIENCE_S = 60  # longer after the load: polls among many TIME-WAIT sockets are dearer, so rarer
LOOK_S = 0.5
# As anybody would run it, but for a patience with one HTTP connection kept open.
SETTINGS = ("web: {timeout: 5m}",)


class KeptConnection:
    """Reads the metrics page over one connection, so that reading it ends no connection."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def read(self):
        self._connection.request("GET", "/metrics")
        return parse_metrics(self._connection.getresponse().read().decode())


@dataclass(frozen=True)
class Counts:
    """What connwatchd has counted since it started."""

    ended: dict  # by cause
    overruns: int
    event_cpu_s: float


def _counts(samples):
    name = "connwatch_connections_ended_total"
    ended = {dict(labels)["cause"]: int(value) for (key, labels), value in samples.items()
             if key == name}
    return Counts(ended, int(metric(samples, "connwatch_destroy_event_overruns_total")),
                  metric(samples, "connwatch_destroy_event_cpu_seconds_total"))


@dataclass(frozen=True)
class CloseRun:
    """One run of the load, and what connwatchd says of it."""

    closes: int
    load: Cost
    daemon_cpu_s: float  # of the whole process
    before: Counts
    after: Counts

    @property
    def rate(self):
        return self.closes / self.load.wall_s

    @property
    def cpu_ratio(self):
        return self.daemon_cpu_s / self.load.cpu_s

    @property
    def counted(self):
        return sum(self.after.ended.values()) - sum(self.before.ended.values())

    @property
    def overruns(self):
        return self.after.overruns - self.before.overruns

    @property
    def event_cpu_s(self):
        return self.after.event_cpu_s - self.before.event_cpu_s

    @property
    def cpu_per_event_us(self):
        return self.event_cpu_s / self.closes * 1e6

    @property
    def event_core_share(self):
        return self.event_cpu_s / self.load.wall_s


def run_load(rate, seconds, workers=2):
    """Closes that were made, and their Cost by the load's own account."""
    _, output = run_process(
        [str(subjects.BUILD / "close_load"), "--rate", str(rate), "--seconds", str(seconds),
         "--workers", str(workers)],
        stdout=subprocess.PIPE)
    found = re.search(r"closes=(\d+) wall_s=(\S+) user_s=(\S+) kernel_s=(\S+)", output)
    if not found:
        raise MeasureError(f"close_load printed: {output}")
    closes, *times = found.groups()
    return int(closes), Cost(*(float(value) for value in times))


def _final_counts(page, before, closes):
    """Waits for a snapshot that has everything, or for long enough to say that none will."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        after = _counts(page.read())
        missing = closes - sum(after.ended.values()) + sum(before.ended.values())
        if missing <= 0 or time.monotonic() > deadline:
            return after
        time.sleep(LOOK_S)


def measure_closes(folder, rate, seconds):
    """A CloseRun in a network namespace of its own."""
    with own_network(), subjects.start_configured_connwatchd(folder, SETTINGS) as daemon:
        daemon.wait_serving()
        daemon.wait_until(lambda: subjects.poll_figures(daemon, "full")[0] >= 1, "first poll")
        page = KeptConnection(daemon.port)
        page.read()
        time.sleep(PUBLISHED_S)  # what came before
        before = _counts(page.read())
        cpu_before = daemon.cpu_s()
        closes, load = run_load(rate, seconds)
        time.sleep(DRAIN_S)
        daemon_cpu_s = daemon.cpu_s() - cpu_before
        return CloseRun(closes, load, daemon_cpu_s, before, _final_counts(page, before, closes))
