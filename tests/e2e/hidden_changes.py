"""State changes of which the kernel tells no BPF program, so that no daemon can count them.

Some kernels run no BPF program while a process is current that they protect, for example that of a
sandbox around this host. Softirqs come in the midst of any process, and what they do in the midst
of such a process is hidden. root may not look at these processes: by that they are known here.
"""
import contextlib
import functools
import os
import pathlib
import subprocess
import tempfile

EVENT = "events/sock/inet_sock_set_state"
MOST_TRIES = 20


class Hidden(Exception):
    """Not the daemon's fault."""


def _is_protected(process):
    try:
        os.readlink(process / "exe")
    except PermissionError:
        return True
    except OSError:
        pass  # a kernel thread, or it has ended
    return False


def _protected_tasks():
    processes = (entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit())
    return [task.name for process in processes if _is_protected(process)
            for task in (process / "task").iterdir()]


class HiddenChanges(contextlib.ExitStack):
    """Until the end of the with block, on the whole host. If this host has no way to find out, nothing
    counts as hidden."""

    def __enter__(self):
        super().__enter__()
        self._instance = None
        tasks = _protected_tasks()
        if tasks:
            self._listen_to(tasks)
        return self

    def _listen_to(self, tasks):
        folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        done = subprocess.run(["mount", "-t", "tracefs", "none", folder], check=False,
                              capture_output=True)
        if done.returncode != 0:
            return
        self.callback(subprocess.run, ["umount", folder], check=True)
        self._instance = folder / "instances" / f"connwatch-test-{os.getpid()}"
        self._instance.mkdir()
        self.callback(self._instance.rmdir)
        self._write("set_event_pid", " ".join(tasks))
        self._write("options/event-fork", 1)  # also the tasks that these start
        # The ends of handshakes and of connections: before, SYN-SENT or SYN-RECV, or now CLOSE.
        self._write(f"{EVENT}/filter", "oldstate == 2 || oldstate == 3 || newstate == 7")
        self._write(f"{EVENT}/enable", 1)

    def _write(self, file, text):
        (self._instance / file).write_text(f"{text}\n")

    def check(self):
        """Raises Hidden if there has been one."""
        if self._instance is None:
            return
        with open(self._instance / "trace") as lines:
            if any(not line.startswith("#") for line in lines):
                raise Hidden


def with_every_change_seen(test):
    """For tests that count all of many connections, and call self.hidden.check() when these have been
    made: begins the test again if it raises Hidden."""
    @functools.wraps(test)
    def run(self):
        for _ in range(MOST_TRIES):
            try:
                with HiddenChanges() as self.hidden:
                    return test(self)
            except Hidden:
                print("The kernel has hidden a state change: once more.", flush=True)
                self.doCleanups()
                self.setUp()
        raise AssertionError("the kernel hides state changes again and again")
    return run
