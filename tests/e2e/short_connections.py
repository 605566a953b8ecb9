"""Many short connections from several processes, at a rate that is kept as far as the host can."""
import multiprocessing
import socket
import time

PREFIX = "127.66.0.0/16"  # both ends of all of them
ADDRESSES = 64  # of each worker, so that ports in TIME-WAIT are not met again
AT_ONCE = 25  # connections between looks at the clock
WORKERS = 2
# At connect(), ports are counted for each destination. linux/in.h; older Pythons lack the name.
NO_PORT_AT_BIND = (socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)


def _make_connections(worker, made, per_second, seconds):
    """Opens and closes connections, each end first in turn, as fast as the rate allows."""
    addresses = [f"127.66.{worker}.{number + 1}" for number in range(ADDRESSES)]
    with socket.create_server((addresses[0], 0), backlog=128) as server:
        name = server.getsockname()
        begin = time.monotonic()
        while (elapsed := time.monotonic() - begin) < seconds:
            if made.value > elapsed * per_second:
                time.sleep(0.001)
                continue
            for i in range(AT_ONCE):
                client = socket.socket()
                client.setsockopt(*NO_PORT_AT_BIND)
                client.bind((addresses[made.value % ADDRESSES], 0))
                client.connect(name)
                ends = [client, server.accept()[0]]
                ends[i % 2].close()
                ends[1 - i % 2].close()
                made.value += 1


class ShortConnections:
    """Begins at once. `test` kills what is left when it ends."""

    def __init__(self, test, per_second, seconds):
        self._test = test
        context = multiprocessing.get_context("fork")
        self._made = [context.Value("q", 0, lock=False) for _ in range(WORKERS)]
        self._workers = [context.Process(target=_make_connections,
                                         args=(number, made, per_second / WORKERS, seconds))
                         for number, made in enumerate(self._made)]
        for worker in self._workers:
            worker.start()
            test.addCleanup(worker.kill)

    def are_running(self):
        return any(worker.is_alive() for worker in self._workers)

    def join(self):
        """Waits for the end; returns how many connections were made and closed."""
        for worker in self._workers:
            worker.join()
            self._test.assertEqual(worker.exitcode, 0)
        return sum(made.value for made in self._made)
