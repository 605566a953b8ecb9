"""A machine that has much else to do: processes that use the processors up."""
import contextlib
import subprocess
import sys

LOOP = "while True: pass"


@contextlib.contextmanager
def busy(count):
    """`count` processes that never wait, until the end of the with block."""
    processes = []
    try:
        for _ in range(count):
            processes.append(subprocess.Popen([sys.executable, "-c", LOOP]))
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
