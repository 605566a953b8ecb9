"""Systemd units, of which a test needs no more than their control group."""
import contextlib
import os
import re

from support import cannot_run


@contextlib.contextmanager
def systemd_unit(name):
    """A unit of that name, until the end of the with block. Yields a context manager: this process is
    in the unit until the end of that one."""
    with open("/proc/self/mountinfo") as file:
        mount = re.search(r"^\S+ \S+ \S+ / (\S+) .* - cgroup2 ", file.read(), re.MULTILINE)
    with open("/proc/self/cgroup") as file:
        home = re.search(r"^0::(\S+)$", file.read(), re.MULTILINE)
    folder = f"{mount[1]}/{name}" if mount else ""
    try:
        os.mkdir(folder)
    except OSError as error:
        cannot_run(f"no cgroup v2 to write to: {error}")

    def enter(cgroup):
        with open(f"{cgroup}/cgroup.procs", "w") as procs:
            procs.write(str(os.getpid()))

    @contextlib.contextmanager
    def inside():
        enter(folder)
        try:
            yield
        finally:
            enter(mount[1] + home[1])
    try:
        yield inside
    finally:
        os.rmdir(folder)
