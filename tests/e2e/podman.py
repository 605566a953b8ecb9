"""Podman as on a container host, with nothing of it on this one.

Podman, runc and what they need are only unpacked, by tools/install-deps. Each Podman has a network
namespace of its own (podman switches packet forwarding on, and makes a bridge and firewall rules) and
a mount namespace with an /etc, /run and /var/lib of its own (configuration, images, state of containers,
names of network namespaces). Whatever is started meanwhile finds podman's files where a real host has
them.
"""
import contextlib
import fcntl
import os
import pathlib
import subprocess
import sysconfig
import tempfile

import evidence
from network import LIBC
from support import DEADLINE_S, cannot_run, network_namespace, wait_until

CLONE_NEWNS = 0x20000  # linux/sched.h

# The limits are below those of any host: podman's own ones are more than a host may allow.
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]
log_driver = "k8s-file"
seccomp_profile = "{tools}/usr/share/containers/seccomp.json"
[network]
network_backend = "netavark"
[engine]
cgroup_manager = "cgroupfs"
conmon_env_vars = ["LD_LIBRARY_PATH={libraries}", "PATH={path}", "XTABLES_LIBDIR={libraries}/xtables"]
conmon_path = ["{tools}/usr/bin/conmon"]
events_logger = "file"
helper_binaries_dir = ["{tools}/usr/lib/podman", "{tools}/usr/libexec/podman"]
lock_type = "file"
runtime = "runc"
[engine.runtimes]
runc = ["{tools}/usr/sbin/runc"]
"""
# Images need no signature.
POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'

# Mounts are seen in other mount namespaces, as systemd has it. /etc is that of the host, until it is written to.
HOST = """
mount --make-rprivate /
mount -t tmpfs podman /var/lib
mount -t tmpfs podman /run
mkdir /run/etc /run/etc.work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/etc.work podman /etc
mount --make-rshared /
"""


def unpacked_tools():
    tools = pathlib.Path(os.environ.get("CONNWATCH_TESTTOOLS", ""), "containers")
    for program in ("usr/bin/podman", "usr/sbin/runc", "usr/lib/podman/netavark"):
        if not (tools / program).exists():
            cannot_run(f"{tools / program} is missing, which tools/install-deps image unpacks")
    return tools.resolve()


@contextlib.contextmanager
def mount_namespace(script):
    """This thread, and what it starts, is in a mount namespace of its own until the end of the with
    block. `script` mounts in it what only this thread is to see."""
    folder = os.getcwd()
    home = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    if LIBC.unshare(CLONE_NEWNS) != 0:
        cannot_run("no mount namespace can be made here")
    try:
        subprocess.run(["sh", "-e", "-c", script], check=True)
        yield
    finally:
        if LIBC.setns(home, CLONE_NEWNS) != 0:
            raise OSError("the mount namespace before cannot be entered again")
        os.close(home)
        os.chdir(folder)  # entering a mount namespace goes to its root


class ControlGroups:
    """Removes the folders of control groups that podman leaves. All Podmans at a time have the same
    ones: the last removes them."""

    def __init__(self, tools):
        self._lock = os.open(tools, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def remove(self):
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hierarchies = pathlib.Path("/sys/fs/cgroup")
            for parent in [*hierarchies.glob("libpod_parent"), *hierarchies.glob("*/libpod_parent")]:
                wait_until(lambda parent=parent: self._are_empty(parent), f"{parent} is empty")
                for folder, _, _ in os.walk(parent, topdown=False):
                    with contextlib.suppress(FileNotFoundError):
                        os.rmdir(folder)
        except BlockingIOError:
            pass  # another one is at work
        finally:
            os.close(self._lock)

    @staticmethod
    def _are_empty(parent):
        """False also while podman itself still removes some."""
        with contextlib.suppress(FileNotFoundError):
            return not any(file.read_text() for file in parent.glob("**/cgroup.procs"))
        return False


class Podman(contextlib.ExitStack):
    """Use as a context manager: all containers are removed at the end. This thread and what it starts,
    such as a daemon, are on podman's host until then. `environment` is for commands that call podman."""

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as undo:
            tools = unpacked_tools()
            undo.callback(ControlGroups(tools).remove)
            undo.enter_context(network_namespace())
            self._folder = pathlib.Path(undo.enter_context(tempfile.TemporaryDirectory()))
            undo.enter_context(mount_namespace(HOST))
            self._configure(tools)
            self._make_root()
            undo.callback(self._remove_containers)
            undo.enter_context(evidence.witness({
                "podman.txt": lambda: self.output("ps", "--all", "--pod"),
                "podman-logs.txt": self._logs}))
            self.push(undo.pop_all())
        return self

    def _configure(self, tools):
        libraries = tools / "usr/lib" / sysconfig.get_config_var("MULTIARCH")
        path = f"{tools}/usr/bin:{tools}/usr/sbin:{os.environ['PATH']}"
        folder = pathlib.Path("/etc/containers")
        folder.mkdir(exist_ok=True)
        (folder / "containers.conf").write_text(
            CONFIGURATION.format(tools=tools, libraries=libraries, path=path))
        (folder / "policy.json").write_text(POLICY)
        resolvers = pathlib.Path("/etc/resolv.conf")  # on many hosts a link into /run
        resolvers.unlink(missing_ok=True)
        resolvers.touch()
        self.environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries), "PATH": path,
                            "XTABLES_LIBDIR": f"{libraries}/xtables"}

    def _make_root(self):
        """Of a container that has the programs of this host."""
        self._root = self._folder / "root"
        for name in ("dev", "etc", "proc", "run", "sys", "tmp", "usr", "var"):
            (self._root / name).mkdir(parents=True)
        for name in ("bin", "lib", "lib64", "sbin"):
            (self._root / name).symlink_to(f"usr/{name}")

    def run(self, *arguments, check=True):
        """Runs podman with these arguments."""
        done = subprocess.run(["podman", *map(str, arguments)], env=self.environment, text=True,
                              capture_output=True, timeout=DEADLINE_S, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"podman {arguments}: exit code {done.returncode}\n{done.stderr}")
        return done

    def output(self, *arguments):
        return self.run(*arguments).stdout.strip()

    def start(self, name, *command, options=()):
        """Starts a container of that name. Its command is one of this host, whose /usr it has."""
        self.run("run", "--detach", "--name", name, "--volume=/usr:/usr:ro", *options,
                 "--rootfs", self._root, *command)

    def pid(self, name):
        """Of the container's first process."""
        return int(self.output("inspect", "--format={{.State.Pid}}", name))

    def log(self, name):
        """What the container has written to its standard output and standard error."""
        done = self.run("logs", name)
        return done.stdout + done.stderr

    def _logs(self):
        names = self.output("ps", "--all", "--format={{.Names}}").split()
        return "\n".join(f"{name}:\n{self.log(name)}" for name in names)

    def _remove_containers(self):
        self.run("pod", "rm", "--all", "--force", "--time=0")
        self.run("rm", "--all", "--force", "--time=0")
