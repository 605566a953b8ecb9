"""What is measured here: the load, and the programs that read it."""

import contextlib
import pathlib
import random
import shutil
import subprocess
import sys
import time

from measure import (Cost, MeasureError, Resident, free_port, metric, read_metrics,
                     scrape_seconds, stop_process)

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/bench"
FILE_MAX = pathlib.Path("/proc/sys/fs/file-max")
SPARE_FILES = 50_000
LOAD_DEADLINE_S = 3600
TIERS = ("listeners", "handshakes", "full")
LONGEST_INTERVAL_S = 3600  # of any tier
SHORTEST_INTERVAL_S = 0.1  # of the full tier
# Flags of node_exporter: nothing but the counts of TCP sockets by state.
TCPSTAT_ALONE = ("--collector.disable-defaults", "--collector.tcpstat")
SCRAPE_PAUSE_S = 0.01
SETTLE_S = 0.3


def build():
    """Builds the programs as they are released."""
    for command in (["cmake", "--preset", "bench"], ["cmake", "--build", "--preset", "bench"]):
        subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=True)


def find_node_exporter():
    """The path of node_exporter; fetches it where it is missing."""
    return _find_program("prometheus-node-exporter")


def find_prometheus():
    """The path of Prometheus; fetches it where it is missing."""
    return _find_program("prometheus")


def _find_program(name):
    found = shutil.which(name)
    if found:
        return found
    unpacked = ROOT / "build/testtools/usr/bin" / name
    if not unpacked.exists():
        subprocess.run([ROOT / "tools/install-deps", "bench"], stdout=sys.stderr, check=True)
    return str(unpacked)


@contextlib.contextmanager
def raised_file_max(wanted):
    """fs.file-max is at least `wanted` meanwhile, and put back."""
    before = int(FILE_MAX.read_text(encoding="ascii"))
    if before >= wanted:
        yield
        return
    try:
        FILE_MAX.write_text(str(wanted), encoding="ascii")
        yield
    finally:
        FILE_MAX.write_text(str(before), encoding="ascii")


@contextlib.contextmanager
def socket_load(sockets):
    """So many loopback sockets stand meanwhile. They go with this process, however it ends."""
    argv = [BUILD / "socket_load", "--sockets", str(sockets), "--hold", str(LOAD_DEADLINE_S)]
    with raised_file_max(sockets + SPARE_FILES):
        load = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if load.stdout.readline() != f"ready {sockets}\n":
                raise MeasureError("socket_load failed")
            yield
        finally:
            stop_process(load)


def start_connwatchd(folder, settings=("kernel_walk: off",), program=BUILD / "connwatchd",
                     **intervals_s):
    """A connwatchd that polls each named tier at that interval, whatever it costs, by inet_diag.

    The other tiers rest after their first poll. `settings` are further lines of its configuration,
    which is put in `folder`.
    """
    intervals_ms = {tier: round(intervals_s.get(tier, LONGEST_INTERVAL_S) * 1000)
                    for tier in TIERS}
    poll = ", ".join(f"{tier}: {interval}ms" for tier, interval in intervals_ms.items())
    return start_configured_connwatchd(
        folder, ("cpu_budget: 100%", f"poll: {{{poll}}}", *settings), program=program)


def start_configured_connwatchd(folder, settings=("{}",), flags=(), tls=None,
                                program=BUILD / "connwatchd"):
    """A connwatchd with nothing but these lines of configuration: by default, all defaults.

    `flags` are further arguments; with those for HTTPS, `tls` is how to ask it.
    """
    port = free_port()
    config = pathlib.Path(folder, f"{port}.yaml")
    config.write_text("".join(f"{line}\n" for line in settings), encoding="ascii")
    return Resident([str(program), "--config.file", str(config),
                     "--web.listen-address", f"127.0.0.1:{port}", *flags], port, tls)


def start_node_exporter(program, *flags, tls=None):
    """A node_exporter; without flags, with its default collectors."""
    port = free_port()
    return Resident([program, *flags, f"--web.listen-address=127.0.0.1:{port}"], port, tls)


def poll_figures(daemon, tier):
    """By its own account: polls of a tier that succeeded, their duration, their CPU time."""
    samples = read_metrics(daemon.port)
    return (metric(samples, "connwatch_polls_total", tier=tier, result="success"),
            metric(samples, "connwatch_poll_duration_seconds_sum", tier=tier),
            metric(samples, "connwatch_poll_cpu_seconds_total", tier=tier))


def differences(later, earlier):
    """Element by element."""
    return tuple(now - then for now, then in zip(later, earlier))


class PollMeter:
    """Measures the polls of one tier of a resident connwatchd, paused between measurements.

    A poll that came due meanwhile starts when the daemon goes on, so polls fall where they are
    wanted. The poll interval must be longer than a poll and half a second.
    """

    def __init__(self, daemon, tier, bare_cpu_s):
        self._daemon = daemon
        self._tier = tier
        self._least_cpu_s = bare_cpu_s / 2  # tells a poll from what an idle daemon does
        daemon.wait_serving()
        daemon.wait_until(lambda: poll_figures(daemon, tier)[0] >= 2, "second poll")
        daemon.wait_quiet()
        self._first = self._latest = poll_figures(daemon, tier)
        daemon.pause()

    def measure(self):
        """The Cost of one poll.

        CPU time is the kernel's account of the whole process, with nobody scraping it; the wall
        time is the daemon's own.
        """
        daemon = self._daemon
        cpu_before, ticks_before = daemon.cpu_s(), daemon.user_kernel_ticks()
        daemon.resume()
        daemon.wait_quiet(cpu_before + self._least_cpu_s)
        cpu_s = daemon.cpu_s() - cpu_before
        user_share = daemon.user_share(ticks_before)
        figures = poll_figures(daemon, self._tier)
        daemon.pause()
        polls, wall_s, _ = differences(figures, self._latest)
        self._latest = figures
        if polls < 1:
            raise MeasureError(f"connwatchd was busy, but no {self._tier} poll succeeded")
        return Cost(wall_s / polls, cpu_s / polls * user_share, cpu_s / polls * (1 - user_share),
                    daemon.peak_memory_bytes())

    def own_cpu_s(self):
        """The mean CPU time of the measured polls by the daemon's own counter."""
        polls, _, cpu_s = differences(self._latest, self._first)
        return cpu_s / polls


class ScrapeMeter:
    """Measures scrapes of a resident daemon that works only when scraped; paused in between."""

    def __init__(self, daemon):
        self._daemon = daemon
        daemon.wait_serving()
        daemon.wait_quiet()
        daemon.pause()

    def measure(self):
        """The Cost of one scrape."""
        daemon = self._daemon
        daemon.resume()
        cpu_before, ticks_before = daemon.cpu_s(), daemon.user_kernel_ticks()
        wall_s = scrape_seconds(daemon.port)
        daemon.wait_quiet()
        cpu_s = daemon.cpu_s() - cpu_before
        user_share = daemon.user_share(ticks_before)
        daemon.pause()
        return Cost(wall_s, cpu_s * user_share, cpu_s * (1 - user_share),
                    daemon.peak_memory_bytes())


class ScrapeBlocks:
    """Times scrapes of a resident connwatchd in blocks; it is paused between the blocks.

    With `while_polling` each scrape starts while a full poll is running, at any stage of it: the
    daemon's one loop runs in its main thread, which is idle between polls.
    """

    def __init__(self, daemon, while_polling):
        self.seconds = []
        self._daemon = daemon
        self._while_polling = while_polling
        daemon.wait_serving()
        daemon.wait_until(lambda: poll_figures(daemon, "full")[0] >= 1, "first poll")
        self._first_polls = self._latest_polls = poll_figures(daemon, "full")[0]
        daemon.pause()

    def take(self, count):
        """Adds `count` scrapes, at random intervals."""
        self._daemon.resume()
        time.sleep(SETTLE_S)
        scrape_seconds(self._daemon.port)
        for _ in range(count):
            self._daemon.wait_until(self._is_time, "poll running")
            self.seconds.append(scrape_seconds(self._daemon.port))
        self._latest_polls = poll_figures(self._daemon, "full")[0]
        self._daemon.pause()

    def polls(self):
        """Full polls that succeeded meanwhile."""
        return int(self._latest_polls - self._first_polls)

    def _is_time(self):
        time.sleep(random.uniform(0, SCRAPE_PAUSE_S))
        return self._daemon.is_working() or not self._while_polling


def time_scrapes(at_rest, during_polls, count):
    """Adds `count` scrapes to each of two ScrapeBlocks, taking turns. Both daemons stay paused."""
    blocks = 4
    for block in range(blocks):
        share = count * (block + 1) // blocks - count * block // blocks
        at_rest.take(share)
        during_polls.take(share)
