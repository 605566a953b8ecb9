"""What the end-to-end tests share: the daemon as a process, its pages, network namespaces."""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import evidence
import network
from network import free_port

CONNWATCHD = os.environ.get("CONNWATCHD", "build/release/connwatchd")
KERNEL_WALK = os.environ.get("CONNWATCH_TEST_KERNEL_WALK")  # what the configurations of tests say
SOURCE_DIR = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 60  # for everything that is waited for, on a machine that has much else to do


def cannot_run(reason):
    """Skips the test, but fails it in CI, so that a gap cannot go unnoticed there."""
    if os.environ.get("CI"):
        raise AssertionError(f"cannot run in CI: {reason}")
    raise unittest.SkipTest(reason)


def require_root():
    if os.geteuid() != 0:
        cannot_run("needs root, to make network namespaces")


def find_tool(name):
    """The path of a program from the PATH or from what tools/install-deps unpacked."""
    unpacked = os.path.join(os.environ.get("CONNWATCH_TESTTOOLS", ""), "usr/bin")
    path = shutil.which(name) or shutil.which(name, path=unpacked)
    if not path:
        cannot_run(f"{name} is not installed")
    return path


# Where Debian's Alertmanager looks for its templates, whatever the configuration says.
ALERTMANAGER_TEMPLATES = pathlib.Path("/usr/share/prometheus/alertmanager")


def command_of_alertmanager():
    """How to start it. Only unpacked, it gets its templates in a mount namespace of its own."""
    program = find_tool("prometheus-alertmanager")
    if ALERTMANAGER_TEMPLATES.exists():
        return [program]
    unpacked = pathlib.Path(program).parents[1] / "share/prometheus"
    script = 'mount -t tmpfs none /usr/share && cp -r "$0" /usr/share/ && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(unpacked), program]


def wait_until(condition, what):
    """The first true result of `condition`, polled until the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"not within {DEADLINE_S} s: {what}")


def run(*arguments, **options):
    """Runs connwatchd to its end."""
    return subprocess.run([CONNWATCHD, *arguments], capture_output=True, text=True,
                          timeout=DEADLINE_S, check=False, **options)


def as_on_a_host_of_its_own(config):
    """The configuration, with the source of sockets that the environment asks for (without the walk there
    is no tracing either), and without the other network namespaces of the host, which are those of other
    tests, unless it says otherwise."""
    if KERNEL_WALK and "kernel_walk" not in config:
        config += f"kernel_walk: {KERNEL_WALK}\n"
    if KERNEL_WALK == "off" and "handshake_tracing" not in config:
        config += "handshake_tracing: off\n"
    if "max_network_namespaces" not in config:
        config += "max_network_namespaces: 0\n"
    return config


def run_once(config=""):
    """The page of `connwatchd --once`."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(as_on_a_host_of_its_own(config))
        file.flush()
        result = run("--once", "--config.file", file.name)
    assert result.returncode == 0, result.stderr
    return Page(result.stdout)


class Page:
    """A metrics page: {(name, ((label, value), ...)): number}, labels in order of their names."""

    SERIES = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
    LABEL = re.compile(r'(\w+)="([^"]*)"')

    def __init__(self, text):
        self.series = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, labels, value = self.SERIES.match(line).groups()
                self.series[name, tuple(sorted(self.LABEL.findall(labels or "")))] = float(value)

    def get(self, name, **labels):
        return self.series.get((name, tuple(sorted(labels.items()))))

    def names(self):
        return {name for name, _ in self.series}


class Daemon:
    """A running connwatchd. Use as a context manager: it is stopped at the end, by its pid. `program`
    is what to start it with, which must become it (exec)."""

    def __init__(self, config="log: {level: debug}\n", arguments=(), host="127.0.0.1",
                 port=None, program=(CONNWATCHD,), **options):
        self.folder = tempfile.TemporaryDirectory()
        self.config_file = pathlib.Path(self.folder.name) / "connwatch.yaml"
        self.write_config(config)
        self.port = port or free_port()
        self.stderr_path = pathlib.Path(self.folder.name) / "stderr"
        self._stderr = self._open_stderr()
        self.process = subprocess.Popen(
            [*program, "--config.file", self.config_file, "--web.listen-address",
             f"{host}:{self.port}", *arguments],
            stderr=self._stderr, **options)

    def write_config(self, config):
        """Unless the test says otherwise, no busy machine stretches the intervals."""
        budget = "" if "cpu_budget" in config else "cpu_budget: 100%\n"
        new = self.config_file.with_suffix(".new")
        new.write_text(as_on_a_host_of_its_own(config + budget))
        new.replace(self.config_file)  # at once: a reload may be under way

    def reload(self, config, successful=True):
        """Waits until the attempt has been made."""
        def success():
            return self.page().get("connwatch_config_last_reload_success_timestamp_seconds")
        before = success()
        self.write_config(config)
        self.process.send_signal(signal.SIGHUP)
        if successful:
            wait_until(lambda: success() > before, "the reload")
        else:
            wait_until(lambda: self.page().get("connwatch_config_last_reload_successful") == 0,
                       "the reload that fails")

    def _open_stderr(self):
        return open(self.stderr_path, "wb")

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            undo.callback(self._end)
            undo.enter_context(evidence.witness({
                "connwatchd.log": self.log, "connwatch.yaml": self.config_file.read_text,
                "metrics.txt": lambda: self._now("/metrics"),
                "alerts.json": lambda: self._now("/api/v1/alerts"),
                "handshakes.json": lambda: self._now("/api/v1/handshakes"),
                "listeners.json": lambda: self._now("/api/v1/listeners")}))
            wait_until(self._is_ready, "the daemon is ready")
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *exception):
        self._undo.__exit__(*exception)

    def _end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)
        self._stderr.close()
        self.folder.cleanup()

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"connwatchd ended with {self.process.returncode}: {self.log()}")
        with contextlib.suppress(OSError):
            return self.get("/-/ready").status == 200
        return False

    def log(self):
        return self.stderr_path.read_text()

    def request(self, method, path, headers=None, timeout=DEADLINE_S):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            response.content = response.read()
            return response

    def get(self, path, headers=None):
        return self.request("GET", path, headers)

    def _now(self, path):
        """For evidence: a daemon that has been stopped does not answer."""
        return self.request("GET", path, timeout=5).content.decode()

    def page(self):
        return Page(self.get("/metrics").content.decode())

    def wait_for_polls(self, count, result="success", tier="full"):
        """Waits for `count` more polls and returns the page then. Two hold at least one that began after
        the call."""
        if tier == "listeners":  # they make no page of their own, so their number on the page may be old
            self.wait_for_polls(1, tier="handshakes")
        polls = lambda page: page.get("connwatch_polls_total", tier=tier, result=result)
        start = polls(self.page())

        def enough():
            page = self.page()
            return page if polls(page) >= start + count else None
        return wait_until(enough, f"{count} polls")

    def stop(self, signal_number=signal.SIGTERM, deadline_s=DEADLINE_S):
        """Sends the signal; returns the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(deadline_s)


@contextlib.contextmanager
def network_namespace():
    """A namespace of its own for this thread and what it starts, see network.py. Where there can be
    none, the test is skipped."""
    require_root()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(network.network_namespace())
        except OSError as error:
            cannot_run(str(error))
        yield


def main():
    """Runs the tests of the calling file. As root, all of them are in a network namespace of their own,
    so that nothing else on this host, and no test that runs beside them, is in their way."""
    with contextlib.ExitStack() as stack:
        if os.geteuid() == 0:
            try:
                stack.enter_context(network.network_namespace())
            except OSError as error:
                print(f"These tests run in the host's network namespace: {error}", file=sys.stderr)
        unittest.main(testRunner=evidence.Runner)
