"""Start, reload, log and stop of the daemon."""
import http.client
import json
import os
import pathlib
import re
import signal
import tempfile
import threading
import unittest

from network import free_port
from support import Daemon, main, wait_until


class LifecycleTest(unittest.TestCase):
    def test_signals_stop_it_and_no_poll_is_waited_for(self):
        polls = "poll: {listeners: 10m, handshakes: 10m, full: 10m}\n"
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            with Daemon(polls) as daemon:
                self.assertEqual(daemon.stop(signal_number), 0)

    def test_it_stops_while_it_is_scraped(self):
        with Daemon("poll: {full: 100ms}\n") as daemon:
            def scrape():
                try:
                    while True:
                        daemon.get("/metrics")
                except (OSError, http.client.HTTPException):
                    pass
            threads = [threading.Thread(target=scrape) for _ in range(3)]
            for thread in threads:
                thread.start()
            daemon.wait_for_polls(2)
            code = daemon.stop()
            for thread in threads:
                thread.join()
            self.assertEqual(code, 0)

    def interval(self, daemon):
        return daemon.page().get("connwatch_poll_interval_seconds", tier="full")

    def test_reload(self):
        with Daemon("poll: {full: 200ms}\n") as daemon:
            self.assertEqual(self.interval(daemon), 0.2)
            daemon.write_config("poll: {full: 300ms}\n")
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.interval(daemon) == 0.3, "the new interval")
            daemon.wait_for_polls(2)

    def test_a_bad_file_is_reported_and_the_old_one_stays(self):
        with Daemon("poll: {full: 200ms}\n") as daemon:
            daemon.reload("poll: {full: 1us}\n", successful=False)
            self.assertEqual(self.interval(daemon), 0.2)
            self.assertIn(f"{daemon.config_file}:1:14: poll.full: ", daemon.log())
            daemon.config_file.unlink()
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "connwatch.yaml: " in daemon.log(), "the missing file in the log")
            daemon.wait_for_polls(1)
            daemon.reload("poll: {full: 250ms}\n", successful=True)
            wait_until(lambda: self.interval(daemon) == 0.25, "the repaired interval")

    def test_a_small_budget_stretches_the_intervals_and_says_so(self):
        # Little enough to stretch the intervals. With less, a slow machine polls too rarely for this test.
        with Daemon("cpu_budget: 0.5%\npoll: {listeners: 10ms, full: 100ms}\n") as daemon:
            interval = lambda tier: daemon.page().get("connwatch_poll_interval_seconds", tier=tier)
            wait_until(lambda: interval("listeners") > 0.01 and interval("full") > 0.1,
                       "stretched intervals")
            wait_until(lambda: re.search(r"listeners polls now every \d+ ms, to stay within cpu_budget",
                                         daemon.log()), "it has lasted")
            daemon.reload("cpu_budget: 100%\npoll: {listeners: 10ms, full: 100ms}\n", True)
            wait_until(lambda: interval("listeners") == 0.01 and interval("full") == 0.1,
                       "the wanted intervals")

    def test_a_small_budget_does_not_put_off_the_first_poll(self):
        with Daemon("cpu_budget: 0.1%\npoll: {full: 10m}\n") as daemon:  # ready before the deadline
            wait_until(lambda: daemon.page().get("connwatch_poll_interval_seconds", tier="listeners") > 0.1,
                       "an interval is stretched")

    def test_several_addresses(self):
        other = free_port()
        with Daemon(arguments=("--web.listen-address", f"[::1]:{other}")) as daemon:
            connection = http.client.HTTPConnection("::1", other)
            connection.request("GET", "/-/ready")
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            self.assertEqual(daemon.get("/-/ready").status, 200)

    def test_json_log(self):
        with Daemon("log: {format: json}\n") as daemon:
            daemon.reload("log: {format: json}\npoll: {full: \"a\\\"b\\x07\"}\n", False)
            lines = [json.loads(line) for line in daemon.log().splitlines()]
            self.assertEqual({"time", "level", "message"}, set(lines[0]))
            self.assertIn("error", [line["level"] for line in lines])

    def test_journal_priorities(self):
        # The journal's stream is told by device and inode of standard error, here a file.
        with tempfile.NamedTemporaryFile() as stream:
            status = os.fstat(stream.fileno())
            environment = {**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
            with DaemonTo(stream, env=environment) as journal:
                journal.reload("nonsense: 1\n", False)
            lines = pathlib.Path(stream.name).read_text().splitlines()
            self.assertTrue(any(line.startswith("<6>serving ") for line in lines), lines)
            self.assertTrue(any(line.startswith("<3>") and "nonsense" in line for line in lines), lines)

    def test_log_level(self):
        with Daemon("log: {level: error}\n") as daemon:
            self.assertEqual(daemon.log(), "")


class DaemonTo(Daemon):
    """A daemon whose standard error is a given stream."""

    def __init__(self, stream, **options):
        self._given = stream
        super().__init__(**options)

    def _open_stderr(self):
        return os.fdopen(os.dup(self._given.fileno()), "wb")


if __name__ == "__main__":
    main()
