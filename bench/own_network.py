"""A network namespace for measurements that other connections of the host would disturb."""

import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000  # linux/sched.h


@contextlib.contextmanager
def own_network():
    """This process, and what it starts, is alone in a network namespace with a loopback device.

    Nobody else's connections end there, and its limits of ports and TIME-WAIT are its own.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def check(result):
        if result != 0:
            raise OSError(ctypes.get_errno(), "network namespace")
    before = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        check(libc.unshare(CLONE_NEWNET))
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            check(libc.setns(before, CLONE_NEWNET))
    finally:
        os.close(before)
