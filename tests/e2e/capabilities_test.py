"""Whatever capabilities the daemon is started with, it runs with none, and serves as before."""
import pathlib
import shutil
import tempfile
import unittest

from capability_sets import NOTHING, threads_of
from receivers import Receiver
from support import CONNWATCHD, Daemon, main, network_namespace

NOBODY = 65534
LOW_PORT = 80  # free in a namespace of the test's own


class OpenDaemon(Daemon):
    """A daemon whose configuration everybody may read."""

    def write_config(self, config):
        pathlib.Path(self.folder.name).chmod(0o755)
        super().write_config(config)


class CapabilitiesTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def as_nobody(self, *capabilities):
        """How to start the daemon as another user, with these capabilities as ambient ones."""
        self.folder.chmod(0o755)
        program = self.folder / "connwatchd"  # a copy: the build folder may be closed to others
        shutil.copy(CONNWATCHD, program)
        given = ",".join(f"+{name}" for name in capabilities)
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                *([f"--inh-caps={given}", f"--ambient-caps={given}"] if given else []), program]

    def check_that_it_works(self, daemon):
        """Uses whatever starts a thread, then looks at all of them."""
        daemon.wait_for_polls(1)
        self.assertEqual(daemon.page().get("connwatch_destroy_events_active"), 1)
        self.assertEqual(daemon.get("/api/v1/sockets?limit=1").status, 200)
        threads = threads_of(daemon.process.pid)
        self.assertGreaterEqual(len(threads), 5)  # loop, log, acceptor, HTTP, alerts
        for thread, privileges in threads.items():
            self.assertEqual(privileges, NOTHING, thread)

    def check_that_it_reloads(self, daemon):
        daemon.reload("poll: {full: 300ms}\n")
        self.assertEqual(daemon.page().get("connwatch_poll_interval_seconds", tier="full"), 0.3)

    def config(self):
        receiver = self.enterContext(Receiver())
        return ("web: {sockets_api: true}\npoll: {full: 200ms}\n"
                f"alertmanagers: [{{url: 'http://127.0.0.1:{receiver.port}'}}]\n")

    def test_root_serves_a_low_port_and_reads_its_own_files_again(self):
        with Daemon(self.config(), port=LOW_PORT) as daemon:
            daemon.config_file.chmod(0o600)
            self.check_that_it_works(daemon)
            self.check_that_it_reloads(daemon)
            self.check_that_it_works(daemon)

    def test_one_capability_is_enough_for_a_low_port(self):
        with OpenDaemon(self.config(), port=LOW_PORT,
                        program=self.as_nobody("net_bind_service")) as daemon:
            self.check_that_it_works(daemon)

    def test_none_is_needed(self):
        with OpenDaemon(self.config(), program=self.as_nobody()) as daemon:
            self.check_that_it_works(daemon)
            self.check_that_it_reloads(daemon)


if __name__ == "__main__":
    main()
