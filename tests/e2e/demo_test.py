"""tools/demo: reached at the addresses it prints, and gone without a trace."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from support import (CONNWATCHD, DEADLINE_S, SOURCE_DIR, command_of_alertmanager, find_tool, main,
                     require_root, wait_until)


def processes_of(session):
    """The pids of a session."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


class DemoTest(unittest.TestCase):
    def setUp(self):
        require_root()
        command_of_alertmanager()
        find_tool("prometheus")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.output = self.folder / "output"

    def start(self, connwatchd=CONNWATCHD):
        """In a session of its own, so that what it leaves behind can be found."""
        temporary = self.folder / "temporary"
        temporary.mkdir()
        environment = {**os.environ, "CONNWATCHD": os.path.abspath(connwatchd),
                       "TMPDIR": str(temporary)}
        with open(self.output, "wb") as output:
            process = subprocess.Popen([sys.executable, "-B", SOURCE_DIR / "dashboards/demo"],
                                       env=environment, stdout=output, stderr=output,
                                       start_new_session=True)
        self.addCleanup(process.wait, DEADLINE_S)
        self.addCleanup(process.kill)
        return process

    def assert_nothing_is_left(self, process):
        self.assertEqual(processes_of(process.pid), [])
        self.assertEqual(list((self.folder / "temporary").iterdir()), [])
        self.assertIn("All stopped.", self.output.read_text())

    def addresses(self):
        """{who: address} once all are printed."""
        text = self.output.read_text()
        return "Ctrl-C stops" in text and dict(
            re.findall(r"^  (\S.*?)\s{3,}(http://\S+)$", text, re.MULTILINE))

    def test_it_is_reached_until_it_is_stopped(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process = self.start()
                addresses = wait_until(self.addresses, "the addresses are printed")
                self.assertEqual(len(addresses), 4)
                for who, address in addresses.items():
                    with urllib.request.urlopen(address, timeout=DEADLINE_S) as reply:
                        self.assertEqual(reply.status, 200, who)
                process.send_signal(number)
                self.assertEqual(process.wait(DEADLINE_S), 0, self.output.read_text())
                self.assert_nothing_is_left(process)
                (self.folder / "temporary").rmdir()

    def test_nothing_is_left_of_a_start_that_fails(self):
        process = self.start(connwatchd="/bin/false")
        self.assertEqual(process.wait(DEADLINE_S), 1)
        self.assertIn("has ended", self.output.read_text())
        self.assert_nothing_is_left(process)

    def test_help_needs_nothing(self):
        result = subprocess.run([SOURCE_DIR / "tools/demo", "--help"], capture_output=True,
                                text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Ctrl-C", result.stdout)


if __name__ == "__main__":
    main()
