"""A failure leaves what was true at that moment."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import evidence
from support import CONNWATCHD, SOURCE_DIR, main, require_root

PROGRAM = """
import socket
import unittest
from support import Daemon, main

class SampleTest(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(socket.create_server(("127.0.0.1", 4321)))

    def test_in_a_with_block(self):
        with Daemon():
            self.fail("it is broken")

    def test_beside_a_daemon(self):
        self.enterContext(Daemon())
        with self.subTest("one of several"):
            self.fail("it is broken too")

    def test_with_an_exception_that_it_expects(self):
        with self.assertRaises(KeyError), Daemon():
            raise KeyError

    def test_with_a_dead_daemon(self):
        daemon = self.enterContext(Daemon())
        daemon.stop()
        self.fail("it is gone")

if __name__ == "__main__":
    main()
"""


class EvidenceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_root()  # the port is free in a namespace of its own
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.name = folder.name  # nobody else's
        program = folder / f"{cls.name}.py"
        program.write_text(PROGRAM)
        cls.addClassCleanup(lambda: [shutil.rmtree(path) for path in cls.folders()])
        cls.done = subprocess.run(
            [sys.executable, "-B", program], capture_output=True, text=True, check=False,
            env={"PYTHONPATH": str(SOURCE_DIR / "tests/e2e"), "CONNWATCHD": CONNWATCHD,
                 "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    @classmethod
    def folders(cls):
        return list(evidence.FAILURES.glob(f"{cls.name}.*"))

    def text(self, test, file):
        return (evidence.FAILURES / f"{self.name}.SampleTest.{test}" / file).read_text()

    def test_only_failures_leave_something(self):
        self.assertEqual(self.done.returncode, 1, self.done.stderr)
        self.assertEqual({path.name.rsplit(".", 1)[-1] for path in self.folders()},
                         {"test_in_a_with_block", "test_beside_a_daemon", "test_with_a_dead_daemon"})

    def test_the_daemon_and_the_namespace_speak(self):
        for test in ("test_in_a_with_block", "test_beside_a_daemon"):
            with self.subTest(test):
                self.assertIn("it is broken", self.text(test, "error.txt"))
                self.assertIn("serving http", self.text(test, "1-connwatchd.log"))
                self.assertIn("connwatch_tcp_sockets{", self.text(test, "1-metrics.txt"))
                self.assertIn('"listeners"', self.text(test, "1-listeners.json"))
                self.assertIn("127.0.0.1:4321", self.text(test, "ss.txt"))
                self.assertIn("TcpExtListenDrops", self.text(test, "nstat.txt"))
                self.assertIn("ipv4/tcp_syncookies:1", self.text(test, "sysctl.txt"))

    def test_who_cannot_speak_any_more_is_no_loss(self):
        self.assertIn("could not be had: ", self.text("test_with_a_dead_daemon", "1-metrics.txt"))
        self.assertIn("127.0.0.1:4321", self.text("test_with_a_dead_daemon", "ss.txt"))

    def test_the_folder_is_named(self):
        self.assertIn(f"build/failures/{self.name}.SampleTest.test_in_a_with_block/", self.done.stderr)


if __name__ == "__main__":
    main()
