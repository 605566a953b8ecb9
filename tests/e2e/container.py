"""A small system with a real systemd, in which the packages are installed. Nothing of it stays."""
import contextlib
import os
import pathlib
import subprocess

import evidence
import network
from support import DEADLINE_S, SOURCE_DIR, wait_until


class Container(contextlib.AbstractContextManager):
    """Boots the root that tools/testroot made, with everything written going to memory. `files` is
    a folder that is seen as /files. The container may load BPF programs, which nspawn does not
    allow by itself."""

    def __init__(self, root, files):
        self.command = ["systemd-nspawn", "--quiet", "--directory", root, "--volatile=overlay",
                        "--private-network", "--register=no", "--keep-unit",
                        f"--machine=connwatch-test-{os.getpid()}", f"--bind-ro={files}:/files", "--boot",
                        "--capability=CAP_BPF,CAP_PERFMON", "--system-call-filter=bpf",
                        "--console=pipe"]

    def __enter__(self):
        environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        self._nspawn = subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with contextlib.ExitStack() as undo:
            undo.callback(self._end)
            self._init = wait_until(self._find_init, "the container has begun")
            self._apply_network_settings()
            undo.enter_context(evidence.witness({
                "units.txt": lambda: self._now("systemctl --no-pager status connwatch; systemctl list-jobs"),
                "journal.txt": lambda: self._now("journalctl --no-pager")}))
            wait_until(self._is_up, "systemd is up")
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *exception):
        self._undo.__exit__(*exception)

    def _apply_network_settings(self):
        namespace = network.namespace_of(self._init)
        try:
            with network.inside(namespace):
                network.apply_settings()
        finally:
            os.close(namespace)

    def _now(self, command):
        return self.run(command, check=False).stdout

    def _end(self):
        self._nspawn.terminate()  # a shutdown
        try:
            self._nspawn.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
        self._nspawn.stderr.close()

    def _find_init(self):
        if self._nspawn.poll() is not None:
            raise AssertionError(f"systemd-nspawn: {self._nspawn.stderr.read().decode()}")
        pid = self._nspawn.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return next((child for child in children if self._is_first_in_its_namespace(child)), None)

    @staticmethod
    def _is_first_in_its_namespace(pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return False  # one of the children that nspawn needs only to set the container up
        return any(line.split()[2:] == ["1"] for line in status.splitlines()
                   if line.startswith("NSpid:"))

    def _is_up(self):
        state = self.run("systemctl is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")

    def run(self, command, check=True):
        """A shell command inside, as root in /files."""
        result = subprocess.run(
            ["nsenter", "--target", self._init, "--mount", "--uts", "--ipc", "--net", "--pid",
             "--cgroup", "--root", "--", "/bin/sh", "-c", f"cd /files; {command}"],
            capture_output=True, text=True, timeout=4 * DEADLINE_S, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                 "LANG": "C.UTF-8"})
        if check and result.returncode != 0:
            raise AssertionError(f"{command}: exit code {result.returncode}\n{result.stdout}"
                                 f"{result.stderr}")
        return result

    def output(self, command):
        return self.run(command).stdout.strip()


def built_package():
    """The path of the Debian package. It is made outside of the tests, which have no network."""
    return _only(SOURCE_DIR.glob("build/package/connwatch_*.deb"), "tools/package")


def built_bpf_package():
    """The path of the package that lets the service walk the kernel's table of sockets."""
    return _only(SOURCE_DIR.glob("build/package/connwatch-bpf_*.deb"), "tools/package")


def built_image():
    """The path of the archive with the OCI image."""
    return _only(SOURCE_DIR.glob("build/image/connwatch-*.tar"), "tools/image")


def built_root():
    return _only(SOURCE_DIR.glob("build/testroot"), "tools/testroot")


def _only(paths, maker):
    paths = list(paths)
    if len(paths) != 1:
        raise AssertionError(f"found {paths} where {maker} puts one: has it been run?")
    return paths[0]
