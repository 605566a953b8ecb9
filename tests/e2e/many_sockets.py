"""Many loopback connections that stay open, held by several processes, because one may not have so many
descriptors."""
import contextlib
import multiprocessing
import os
import resource
import select
import signal
import socket

from short_connections import NO_PORT_AT_BIND
from support import DEADLINE_S

PAIRS_PER_WORKER = 7_000
PAIRS_PER_LISTENER = 1_750  # well below any range of ephemeral ports
GREETING = b"a few bytes, so that there is something to compare"


def _hold(number, pairs, ready):
    """Opens `pairs` connections, both ends on an address of its own, and keeps them until it is killed."""
    descriptors = 2 * pairs + 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, max(
        descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    address, held = f"127.64.{number}.1", []
    while len(held) < pairs:
        server = socket.create_server((address, 0), backlog=128)
        for _ in range(min(PAIRS_PER_LISTENER, pairs - len(held))):
            client = socket.socket()
            client.setsockopt(*NO_PORT_AT_BIND)
            client.bind((address, 0))
            client.connect(server.getsockname())
            accepted = server.accept()[0]
            client.sendall(GREETING)
            held.append((client, accepted))
        held[-1] += (server,)
    os.write(ready, b".")
    signal.pause()


@contextlib.contextmanager
def many_sockets(count):
    """`count` sockets of established connections stand meanwhile."""
    context = multiprocessing.get_context("fork")
    done, ready = os.pipe()
    left, workers = count // 2, []
    try:
        while left > 0:
            pairs = min(left, PAIRS_PER_WORKER)
            worker = context.Process(target=_hold, args=(len(workers), pairs, ready))
            worker.start()
            workers.append(worker)
            left -= pairs
        for _ in workers:
            assert select.select([done], [], [], 3 * DEADLINE_S)[0], "not all sockets were opened in time"
            os.read(done, 1)
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
        os.close(done)
        os.close(ready)
