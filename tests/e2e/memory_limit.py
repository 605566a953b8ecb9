"""A memory limit as a container or a service has it: a cgroup, of version 1 or 2."""
import contextlib
import os
import pathlib

from support import cannot_run

ROOT = pathlib.Path("/sys/fs/cgroup")


def _folder_and_limit(name):
    """Where to make the cgroup, and which of its files sets the limit."""
    if (ROOT / "memory").is_dir():
        return ROOT / "memory" / name, "memory.limit_in_bytes"
    return ROOT / name, "memory.max"


@contextlib.contextmanager
def memory_limit(size_bytes):
    """Yields a function that puts the calling process into the cgroup: the preexec_fn of a Popen.
    Beyond the limit the kernel kills the process."""
    folder, limit = _folder_and_limit(f"connwatch-test-{os.getpid()}")
    try:
        folder.mkdir()
    except OSError as error:
        cannot_run(f"no cgroup to write to: {error}")
    try:
        try:
            (folder / limit).write_text(str(size_bytes))
        except OSError as error:
            cannot_run(f"no memory limit can be set: {error}")
        yield lambda: (folder / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        folder.rmdir()  # the process has ended
