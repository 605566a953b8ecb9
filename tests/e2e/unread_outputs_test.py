"""Nobody reads what the daemon writes, or its loop hangs: the rest goes on, and nothing old is told as
current."""
import contextlib
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import time
import unittest

from network import free_port
from receivers import Receiver
from support import Daemon, cannot_run, main, wait_until

F_SETPIPE_SZ = 1031
PAGE = 4096
FAST = "poll: {full: 500ms, handshakes: 500ms}\ncpu_budget: 100%\n"
BAD = FAST + "".join(f"mistake{i}: 1\n" for i in range(20))  # a reload of it writes 8 KB
LONGEST_LINE = 600
LOST = re.compile(r"(\d+) log lines were lost: ")
# In time: the alert sender may take half a second, the log one second.
STOP_S = 15


class Unread(Daemon):
    """A daemon whose standard error is a pipe, and whose service manager is a socket, that nobody reads
    unless the test does."""

    def __init__(self, config=FAST, environment=None, has_long_lines=False, **options):
        self._has_long_lines = has_long_lines
        self.reader, self._writer = os.pipe()
        fcntl.fcntl(self._writer, F_SETPIPE_SZ, PAGE)
        super().__init__(config, env={**os.environ, **(environment or {})}, **options)

    def _open_stderr(self):
        if self._has_long_lines:  # whoever tells of a mistake names the file
            text = self.config_file.read_text()
            self.config_file = self.config_file.parent.joinpath(*["x" * 240] * 15, "connwatch.yaml")
            self.config_file.parent.mkdir(parents=True)
            self.write_config(text)
        return os.fdopen(self._writer, "wb")

    def _end(self):
        super()._end()
        os.close(self.reader)

    def log(self):
        return "(in the pipe)"

    def fill_the_log(self):
        """Reloads a file with so many mistakes that the pipe has no room for another line."""
        self.write_config(BAD)
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.bytes_in_pipe() > PAGE - LONGEST_LINE, "a full pipe")

    def bytes_in_pipe(self):
        count = ctypes.c_int()
        ctypes.CDLL(None).ioctl(self.reader, 0x541B, ctypes.byref(count))  # FIONREAD
        return count.value


@contextlib.contextmanager
def service_manager(is_stuck):
    """(a socket, the environment that names it); its queue is full if the manager is stuck."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("")  # the kernel chooses an abstract name
        name = manager.getsockname()
        if is_stuck:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
                other.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        other.sendto(b"X=1", name)
        manager.settimeout(0.05)
        yield manager, {"NOTIFY_SOCKET": "@" + name[1:].decode()}


def messages(manager):
    """What waits in its queue."""
    found = []
    with contextlib.suppress(TimeoutError):
        while True:
            found.append(manager.recv(65536).decode())
    return [message for message in found if message != "X=1"]


class UnreadOutputsTest(unittest.TestCase):
    def assert_it_works(self, daemon):
        """Every tier polls, and the daemon says that it is well."""
        for tier in ("listeners", "handshakes", "full"):
            daemon.wait_for_polls(2, tier=tier)
        for path in ("/-/healthy", "/-/ready"):
            self.assertEqual(daemon.get(path).status, 200)

    def test_a_log_that_nobody_reads(self):
        with Unread() as daemon:
            daemon.fill_the_log()
            self.assert_it_works(daemon)
            self.assertEqual(daemon.stop(deadline_s=STOP_S), 0)

    def test_lost_lines_are_counted_and_told(self):
        with Unread(has_long_lines=True) as daemon:
            daemon.write_config(BAD)
            lost = lambda: daemon.page().get("connwatch_log_lines_lost_total")

            def some_are_lost():
                daemon.process.send_signal(signal.SIGHUP)
                return lost()
            wait_until(some_are_lost, "lines are lost")
            self.assert_it_works(daemon)
            daemon.write_config(FAST)
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(lambda: daemon.page().get("connwatch_config_last_reload_successful") == 1,
                       "a good configuration")
            total = lost()
            status = json.loads(daemon.get("/api/v1/status").content)
            self.assertEqual(status["log_lines_lost_total"], total)
            text = b""
            while b"configuration reloaded\n" not in text:
                text += os.read(daemon.reader, 65536)
            lines = text.decode().splitlines()
            self.assertEqual(sum(int(count) for count in LOST.findall(text.decode())), total)
            for line in lines:  # each is whole
                self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\S+Z (info|warning|error) ")
            self.assertEqual(daemon.stop(deadline_s=STOP_S), 0)

    def test_a_log_that_was_closed(self):
        with Unread() as daemon:
            os.close(daemon.reader)
            daemon.reader = os.open(os.devnull, os.O_RDONLY)
            daemon.write_config(BAD)

            def some_are_lost():
                daemon.process.send_signal(signal.SIGHUP)
                return daemon.page().get("connwatch_log_lines_lost_total")
            wait_until(some_are_lost, "lines are lost")
            self.assert_it_works(daemon)
            self.assertEqual(daemon.stop(deadline_s=STOP_S), 0)

    def test_a_log_on_a_full_device(self):
        with ToFullDevice(FAST) as daemon:
            self.assertGreater(daemon.page().get("connwatch_log_lines_lost_total"), 0)
            self.assert_it_works(daemon)
            self.assertEqual(daemon.stop(deadline_s=STOP_S), 0)

    def test_a_service_manager_that_stands_still(self):
        with service_manager(is_stuck=True) as (manager, environment):
            with Daemon(FAST, env={**os.environ, **environment, "WATCHDOG_USEC": "2000000"}) as daemon:
                with socket.create_server(("127.0.0.1", 0)):  # the status changes
                    self.assert_it_works(daemon)
                daemon.process.send_signal(signal.SIGHUP)
                wait_until(lambda: "configuration reloaded" in daemon.log(), "a reload")
                self.assert_it_works(daemon)
                heard = []

                def is_all_told():
                    heard.extend(messages(manager))
                    kinds = [message.split("=")[0] for message in heard]
                    return kinds.count("READY") == 2 and {"STATUS", "WATCHDOG"} < set(kinds)
                wait_until(is_all_told, "the daemon tells what it could not tell before")
                states = [message.split("\n")[0] for message in heard
                          if not message.startswith(("STATUS=", "WATCHDOG="))]
                self.assertEqual(states, ["READY=1", "RELOADING=1", "READY=1"])
                self.assertEqual(daemon.stop(deadline_s=STOP_S), 0)
                self.assertIn("STOPPING=1", messages(manager))

    def test_nobody_reads_anything(self):
        with service_manager(is_stuck=True) as (_, environment):
            with Unread(environment=environment) as daemon:
                daemon.fill_the_log()
                self.assert_it_works(daemon)
                self.assertEqual(daemon.stop(signal.SIGINT, deadline_s=STOP_S), 0)


class ToFullDevice(Daemon):
    def _open_stderr(self):
        return open("/dev/full", "wb")

    def log(self):
        return "(on a full device)"


PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000


@contextlib.contextmanager
def loop_hangs(daemon):
    """The loop's thread is stopped, and no other: it is the one whose id is that of the process."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    thread = daemon.process.pid
    if libc.ptrace(PTRACE_SEIZE, thread, None, None) != 0:
        cannot_run(f"ptrace: {os.strerror(ctypes.get_errno())}")
    try:
        libc.ptrace(PTRACE_INTERRUPT, thread, None, None)
        os.waitpid(thread, WALL)
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, thread, None, None)


class HangingLoopTest(unittest.TestCase):
    def test_it_is_told_and_alerts_are_not(self):
        port = free_port()
        with contextlib.ExitStack() as stack:
            receiver = stack.enter_context(Receiver())
            listener = stack.enter_context(socket.create_server(("127.0.0.1", port)))
            daemon = stack.enter_context(Daemon(
                FAST + "alert_resend_interval: 1s\n"
                f"alertmanagers: [{{url: 'http://127.0.0.1:{receiver.port}'}}]\n"
                "alerts: [{name: Any, signal: listener_accept_queue_utilization, below: 100%, for: 0s,\n"
                f"          clear: {{above: 100%}}, match: '127.0.0.1:{port}'}}]\n"))
            wait_until(lambda: len(receiver.alerts("Any")) > 2, "the alert is sent again and again")
            with loop_hangs(daemon):
                wait_until(lambda: daemon.get("/-/healthy").status == 503, "it says that it hangs")
                for path, word in (("/-/healthy", "healthy"), ("/-/ready", "ready")):
                    self.assertRegex(daemon.get(path).content.decode(),
                                     rf"^connwatch is not {word}: the daemon's loop has not run for "
                                     r"\d+ s\n$")
                self.assertEqual(daemon.get("/metrics").status, 200)
                status = json.loads(daemon.get("/api/v1/status").content)
                self.assertTrue(all(tier["is_stale"] for tier in status["tiers"]
                                    if tier["tier"] != "listeners"), status["tiers"])
                wait_until(lambda: "no alerts are sent: the daemon's loop has not run for"
                           in daemon.log(), "the log tells of it")
                told = len(receiver.requests)
                listener.close()
                time.sleep(3)  # three times as long as alerts would be sent again
                self.assertEqual(len(receiver.requests), told)
            wait_until(lambda: daemon.get("/-/healthy").status == 200, "it is well again")
            wait_until(lambda: "alerts are sent again" in daemon.log(), "the log tells of it")
            wait_until(lambda: len(receiver.requests) > told, "alerts are sent")
            self.assertEqual(daemon.stop(deadline_s=STOP_S), 0)


if __name__ == "__main__":
    main()
