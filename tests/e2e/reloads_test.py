"""However often the configuration is loaded again, every poll that is due runs, and nothing that was
counted is lost."""
import collections
import contextlib
import itertools
import os
import pathlib
import signal
import socket
import tempfile
import threading
import time
import unittest

import sockets
from support import DEADLINE_S, Daemon, main, wait_until

POLLS = "poll: {listeners: 50ms, handshakes: 200ms, full: 500ms}\n"
TIERS = ("listeners", "handshakes", "full")
GAP_S = 0.005
BURST = 10  # reloads over HTTP that may follow each other at once; then one per second


@contextlib.contextmanager
def repeating(action):
    """Calls action(number) again and again, with a gap, while the block runs."""
    is_over = threading.Event()
    failures = []

    def run():
        try:
            for number in itertools.count():
                if is_over.wait(GAP_S):
                    return
                action(number)
        except Exception as failure:  # shown by the test
            failures.append(failure)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    if failures:
        raise failures[0]


class ReloadsTest(unittest.TestCase):
    def hang_up(self, daemon):
        return lambda number: daemon.process.send_signal(signal.SIGHUP)

    def assert_polls_go_on(self, daemon):
        for tier in TIERS:
            daemon.wait_for_polls(3, tier=tier)

    def pause(self, daemon, seconds):
        """As a busy host does, or the migration of a virtual machine: all polls are late then, and
        there is a reload before them."""
        daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.process.send_signal(signal.SIGCONT)

    def test_reloads_that_change_nothing(self):
        with Daemon(POLLS) as daemon, repeating(self.hang_up(daemon)):
            self.assert_polls_go_on(daemon)
            self.pause(daemon, 0.8)
            self.assert_polls_go_on(daemon)

    def test_reloads_that_change_something_each_time(self):
        with Daemon(POLLS) as daemon:
            def reload(number):
                full = 400 + number % 3 * 100
                daemon.write_config(f"poll: {{listeners: 50ms, handshakes: 200ms, full: {full}ms}}\n"
                                    f"groups: [{{name: g{number % 7}, match: {{local_port: 1}}}}]\n")
                daemon.process.send_signal(signal.SIGHUP)
            with repeating(reload):
                self.assert_polls_go_on(daemon)
                self.pause(daemon, 0.8)
                self.assert_polls_go_on(daemon)

    def test_reloads_that_fail(self):
        with Daemon(POLLS) as daemon:
            daemon.reload("nonsense: 1\n", successful=False)
            with repeating(self.hang_up(daemon)):
                self.assert_polls_go_on(daemon)
            daemon.reload(POLLS + "max_groups: 7\n")

    def test_reloads_over_http(self):
        statuses = collections.Counter()
        begin = time.monotonic()
        with Daemon(POLLS, arguments=("--web.enable-lifecycle",)) as daemon:
            def reload(number):
                statuses[daemon.request("POST", "/-/reload").status] += 1
            with repeating(reload), repeating(reload):
                self.assert_polls_go_on(daemon)
                self.pause(daemon, 0.8)
                self.assert_polls_go_on(daemon)
        elapsed_s = time.monotonic() - begin
        self.assertGreater(statuses[200], 0)
        self.assertLessEqual(statuses[200], BURST + elapsed_s + 1)
        self.assertEqual(statuses[200] + statuses[429], statuses.total(), statuses)

    def test_what_was_counted_stays(self):
        with sockets.Sockets() as held:
            client, server = held.pair()
            port = server.getsockname()[1]
            config = POLLS + f"groups: [{{name: mine, match: {{local_port: {port}}}}}]\n"
            with Daemon(config) as daemon:
                client.sendall(b"x" * 1000)
                before = daemon.wait_for_polls(3)
                with repeating(self.hang_up(daemon)):
                    after = daemon.wait_for_polls(3)
        counters = {key: value for key, value in before.series.items()
                    if key[0].startswith("connwatch_") and key[0].endswith("_total")}
        self.assertGreater(len(counters), 100)
        for key, value in counters.items():
            self.assertGreaterEqual(after.series.get(key, -1), value, key)
        live = {"direction": "inbound", "group": "mine", "state": "established"}
        for page in (before, after):
            self.assertEqual(page.get("connwatch_tcp_group_sockets", **live), 1)
            self.assertEqual(page.get("connwatch_tcp_bytes_received_total", direction="inbound",
                                      group="mine"), 1000)


class ServiceNoticeTest(unittest.TestCase):
    def test_each_reload_begins_and_ends(self):
        """systemd takes the service for ready again when it says so after it said that it reloads."""
        said = []
        with contextlib.ExitStack() as undo:
            folder = undo.enter_context(tempfile.TemporaryDirectory())
            path = pathlib.Path(folder) / "notify"
            service_manager = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            service_manager.bind(str(path))
            service_manager.settimeout(DEADLINE_S)

            def listen():
                while "STOPPING=1" not in said:
                    said.extend(service_manager.recv(65536).decode().splitlines())
            listener = threading.Thread(target=listen)
            listener.start()
            undo.callback(listener.join)
            environment = {**os.environ, "NOTIFY_SOCKET": str(path)}
            daemon = undo.enter_context(Daemon(POLLS, env=environment))
            with repeating(lambda number: daemon.process.send_signal(signal.SIGHUP)):
                wait_until(lambda: said.count("RELOADING=1") >= 3, "three reloads")
            self.assertEqual(daemon.stop(), 0)
        states = [line for line in said if line in ("RELOADING=1", "READY=1")]
        self.assertEqual(states[0], "READY=1")
        for begin, end in itertools.zip_longest(states[1::2], states[2::2]):
            self.assertEqual((begin, end), ("RELOADING=1", "READY=1"))


if __name__ == "__main__":
    main()
