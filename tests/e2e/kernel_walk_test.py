"""Which source of sockets is in use: the walk over the kernel's table, or inet_diag, and why."""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from many_sockets import many_sockets
from support import (CONNWATCHD, DEADLINE_S, Daemon, cannot_run, find_tool, main, network_namespace, run,
                     run_once,
                     wait_until)

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"]


def require_walk():
    """Skips the test where the walk cannot be used, as on a machine without the tools to build it."""
    if run_once("kernel_walk: auto\n").get("connwatch_kernel_walk_in_use") != 1:
        cannot_run("the walk over the kernel's table cannot be used here")


def walk_status(daemon):
    return json.loads(daemon.get("/api/v1/status").content)["kernel_walk"]


def programs_of(pid):
    """The ids of the BPF programs that a process holds."""
    texts = []
    for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a poll has closed it
            texts.append(info.read_text())
    return {int(number) for text in texts for number in re.findall(r"^prog_id:\t(\d+)", text, re.M)}


def loaded_programs():
    listing = subprocess.run([find_tool("bpftool"), "--json", "prog", "show"], check=True,
                             capture_output=True, text=True).stdout
    return {program["id"] for program in json.loads(listing)}


class KernelWalkTest(unittest.TestCase):
    def run_as_nobody(self, config, *arguments):
        """A copy of connwatchd, because the build folder may be closed to others."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        program, config_file = folder / "connwatchd", folder / "connwatch.yaml"
        shutil.copy(CONNWATCHD, program)
        config_file.write_text(config)
        return subprocess.run([*NOBODY, program, "--config.file", config_file, *arguments],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def test_version_says_whether_the_walk_is_there(self):
        self.assertRegex(run("--version").stdout, r"with(out)? kernel walk\)")

    def test_auto_uses_the_walk(self):
        require_walk()
        with Daemon() as daemon:
            self.assertEqual(daemon.page().get("connwatch_kernel_walk_in_use"), 1)
            self.assertTrue(walk_status(daemon)["is_in_use"])
            self.assertIn("reading the kernel's own table of sockets", daemon.log())

    def test_off(self):
        with Daemon("kernel_walk: off\n") as daemon:
            self.assertEqual(daemon.page().get("connwatch_kernel_walk_in_use"), 0)
            self.assertRegex(walk_status(daemon)["reason"], "kernel_walk is off")

    def test_auto_without_capabilities_is_silent(self):
        """Nobody has to be told at every start of what most hosts do not want."""
        result = self.run_as_nobody("kernel_walk: auto\n", "--once")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("connwatch_kernel_walk_in_use 0", result.stdout)
        self.assertNotRegex(result.stderr, "(?i)walk|bpf|capabilit")

    def test_on_without_capabilities_fails_with_the_reason(self):
        require_walk()
        for arguments in ([], ["--once"]):
            result = self.run_as_nobody("kernel_walk: on\n", *arguments)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertRegex(result.stderr, "kernel_walk: on: .*CAP_BPF and CAP_PERFMON.*connwatch-bpf")

    def test_on_in_a_user_namespace_fails_with_the_reason(self):
        """There root is root only inside."""
        require_walk()
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("kernel_walk: on\n")
            file.flush()
            result = subprocess.run(
                ["unshare", "--user", "--map-root-user", CONNWATCHD, "--once", "--config.file", file.name],
                capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, "kernel_walk: on: .*user namespace.*outside of it")

    def test_reload_warns_that_a_restart_is_needed(self):
        with Daemon("kernel_walk: off\n") as daemon:
            daemon.reload("kernel_walk: auto\n")
            wait_until(lambda: re.search("only after a restart: kernel_walk", daemon.log()), "the warning")

    def test_a_killed_daemon_leaves_no_program_behind(self):
        require_walk()
        self.enterContext(network_namespace())
        self.enterContext(many_sockets(50_000))
        for number in range(5):
            with Daemon("poll: {full: 100ms, handshakes: 100ms}\n") as daemon:
                programs = programs_of(daemon.process.pid)
                self.assertLess(set(), programs & loaded_programs())
                time.sleep(0.5 + 0.013 * number)  # it walks most of the time
                daemon.stop(signal.SIGKILL)
            wait_until(lambda programs=programs: not programs & loaded_programs(),
                       "the programs are unloaded")


if __name__ == "__main__":
    main()
