"""What is measured with here: whole processes, resident daemons, and scrapes over HTTP."""

import contextlib
import ctypes
import os
import re
import select
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PEAK_SAMPLE_S = 0.02
CPU_SAMPLE_S = 0.01
QUIET_S = 0.15
QUIET_CPU_S = 0.001
PROCESS_DEADLINE_S = 120
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class MeasureError(Exception):
    """A measurement could not be made; the text says why."""


@dataclass(frozen=True)
class Cost:
    """What one round of something took."""

    wall_s: float
    user_s: float
    kernel_s: float
    peak_bytes: int = 0

    @property
    def cpu_s(self):
        return self.user_s + self.kernel_s


def die_with_parent():
    """Runs in a child before exec: it must not outlive a killed benchmark."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def memory_bytes(pid, figure):
    """VmRSS or VmHWM, its peak, of a process; 0 once it has ended.

    Not ru_maxrss: that includes the memory of this interpreter, from before exec.
    """
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        found = re.search(rf"^{figure}:\s+(\d+) kB", status.read(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def run_process(argv, stdout=subprocess.DEVNULL):
    """Runs a program to its end. Returns its Cost and what it wrote, if stdout is PIPE.

    Only for output that fits a pipe (64 KiB). Peak memory is sampled every 20 ms.
    """
    started = time.monotonic()
    process = subprocess.Popen(argv, stdout=stdout, text=True, preexec_fn=die_with_parent)
    peak = 0
    with os.fdopen(os.pidfd_open(process.pid), closefd=True) as ended:
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        while not waiting.poll(PEAK_SAMPLE_S * 1000):
            peak = max(peak, memory_bytes(process.pid, "VmHWM"))
            if time.monotonic() - started > PROCESS_DEADLINE_S:
                process.kill()
        wall = time.monotonic() - started
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    output = process.stdout.read() if process.stdout else ""
    if process.returncode != 0:
        raise MeasureError(f"{' '.join(argv)}: exit status {process.returncode}")
    return Cost(wall, usage.ru_utime, usage.ru_stime, peak), output


def run_bare_dump(program, *flags):
    """One round of the bare loop, by its own clocks: the start of its process is left out.

    Returns its Cost and how many sockets the kernel reported.
    """
    whole, output = run_process([program, *flags], stdout=subprocess.PIPE)
    found = re.search(r"messages=(\d+) wall_s=(\S+) user_s=(\S+) kernel_s=(\S+)", output)
    if not found:
        raise MeasureError(f"{program} printed: {output}")
    sockets, *times = found.groups()
    return Cost(*(float(value) for value in times), whole.peak_bytes), int(sockets)


def take_rounds(steps, count, close=2):
    """What each of `steps`, {name: function}, returns, in turns: {name: [result of each round]}.

    The first `close` are compared most closely: side by side, each first in turn.
    """
    names = list(steps)
    rounds = {name: [] for name in names}
    for number in range(count):
        first = number % close
        for name in (*names[first:close], *names[:first], *names[close:]):
            rounds[name].append(steps[name]())
    return rounds


def stop_process(process):
    """Ends a child of ours, paused or not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port():
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def scrape(port, tls=None):
    """GET /metrics over a new connection: the seconds from connect() to the last byte, the page.

    `tls` is an SSLContext.
    """
    request = (b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n"
               b"Connection: close\r\n\r\n")
    started = time.perf_counter()
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
        # As Prometheus does: a request must not wait for the acknowledgement of the handshake.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            connection = stack.enter_context(tls.wrap_socket(connection))
        connection.sendall(request)
        parts = [connection.recv(65536)]
        while parts[-1]:
            parts.append(connection.recv(65536))
    took = time.perf_counter() - started
    answer = b"".join(parts)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise MeasureError(f"GET /metrics on port {port} answered {answer[:40]!r}")
    return took, answer.partition(b"\r\n\r\n")[2]


def scrape_seconds(port, tls=None):
    """How long a scrape takes."""
    return scrape(port, tls)[0]


def read_metrics(port):
    """The samples of a metrics page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        return parse_metrics(answer.read().decode())


def parse_metrics(page):
    """{(name, frozenset of (label, value)): number}."""
    samples = {}
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", page, re.MULTILINE):
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)
        samples[name, frozenset(pairs)] = float(value)
    return samples


def count_series(page):
    """How many samples are on a metrics page, given as bytes."""
    return len(re.findall(rb"^[a-z]", page, re.MULTILINE))


def metric(samples, name, **labels):
    """One sample's value."""
    key = name, frozenset(labels.items())
    if key not in samples:
        raise MeasureError(f"no metric {name}{labels}")
    return samples[key]


def process_cpu_s(pid, without_main_thread=False):
    """CPU time of all threads of a process, exact to the nanosecond while none of them runs."""
    total_ns = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        if without_main_thread and task == str(pid):
            continue
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as schedstat:
            total_ns += int(schedstat.read().split()[0])
    return total_ns / 1e9


class Resident:
    """A daemon this benchmark started; a context that stops it. Serves /metrics on .port, over
    HTTPS where .tls is an SSLContext."""

    def __init__(self, argv, port, tls=None):
        self.port = port
        self.tls = tls
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         preexec_fn=die_with_parent)
        self._folder = f"/proc/{self._process.pid}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop_process(self._process)

    def wait_until(self, is_reached, what, timeout_s=60, step_s=CPU_SAMPLE_S):
        """Waits until is_reached() holds, while the daemon runs; asks every `step_s`."""
        deadline = time.monotonic() + timeout_s
        while not is_reached():
            if self._process.poll() is not None:
                raise MeasureError(f"{self._process.args[0]} ended early, waiting for {what}")
            if time.monotonic() > deadline:
                raise MeasureError(f"{self._process.args[0]}: no {what} in {timeout_s} s")
            time.sleep(step_s)

    def wait_serving(self):
        """Waits until it answers a scrape."""
        def is_serving():
            try:
                scrape_seconds(self.port, self.tls)
                return True
            except OSError:
                return False
        self.wait_until(is_serving, "answer")

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def reload(self):
        """Makes it read its configuration again."""
        self._process.send_signal(signal.SIGHUP)

    def is_working(self):
        """Whether its main thread is running or about to, at this moment."""
        with open(f"{self._folder}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "R"  # proc(5): state

    def peak_memory_bytes(self):
        return memory_bytes(self._process.pid, "VmHWM")

    def resident_memory_bytes(self):
        return memory_bytes(self._process.pid, "VmRSS")

    def open_descriptors(self):
        return len(os.listdir(f"{self._folder}/fd"))

    def cpu_s(self, without_main_thread=False):
        """CPU time of all its threads, exact to the nanosecond while none of them runs."""
        return process_cpu_s(self._process.pid, without_main_thread)

    def wait_quiet(self, after_cpu_s=0.0):
        """Waits until it has used CPU time beyond `after_cpu_s`, then until it rests."""
        self.wait_until(lambda: self.cpu_s() > after_cpu_s, "work done", PROCESS_DEADLINE_S)

        def is_quiet():
            before = self.cpu_s()
            time.sleep(QUIET_S)
            # One that waits for a core uses none either.
            return self.cpu_s() - before < QUIET_CPU_S and not self.is_working()
        self.wait_until(is_quiet, "rest", PROCESS_DEADLINE_S)

    def user_share(self, before):
        """The user part of the CPU time since `before`, an earlier user_kernel_ticks()."""
        user, kernel = (now - then for now, then in zip(self.user_kernel_ticks(), before))
        return user / (user + kernel) if user + kernel else 0.0

    def user_kernel_ticks(self):
        """User and kernel time of the whole process in clock ticks, usually of 10 ms."""
        with open(f"{self._folder}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]), int(fields[12])  # proc(5): utime and stime, numbers 14 and 15
