"""Processes that end with this one, however it ends."""
import signal
import subprocess

from network import LIBC

SET_PDEATHSIG = 1


def _die_with_parent():
    LIBC.prctl(SET_PDEATHSIG, signal.SIGKILL)


def start(stack, arguments, **options):
    """A process that ends with the with block of `stack`, or with this thread."""
    process = subprocess.Popen(arguments, preexec_fn=_die_with_parent, **options)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process
