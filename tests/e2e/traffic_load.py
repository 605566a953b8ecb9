"""TCP connections of known sizes, opened and closed by several processes at once.

A connection is two requests and two responses with a pause in between, or nothing at all, and ends
in an orderly way. Its first bytes are a header that tells the server what is to come.
"""
import contextlib
import dataclasses
import enum
import heapq
import multiprocessing
import random
import socket
import struct
import threading
import time

HEADER = struct.Struct("!IIIIB")
LARGEST = 150_000
ZEROS = bytes(LARGEST)
DEADLINE_S = 120


class End(enum.IntEnum):
    CLIENT_FIRST = 0
    SERVER_FIRST = 1
    AT_ONCE = 2
    HALF_CLOSED = 3  # the client sends its FIN before the second response
    EMPTY = 4        # closed by the client, without a byte


@dataclasses.dataclass(frozen=True)
class Plan:
    requests: tuple
    responses: tuple
    pause_s: float
    end: End

    def header(self):
        return HEADER.pack(*self.requests, *self.responses, self.end)

    def bytes_of_client(self):
        return 0 if self.end == End.EMPTY else HEADER.size + sum(self.requests)

    def bytes_of_server(self):
        return 0 if self.end == End.EMPTY else sum(self.responses)


def random_plan(numbers, longest_pause_s, ends):
    def size():
        return numbers.choice((0, 1, numbers.randrange(2_000), numbers.randrange(2_000),
                               numbers.randrange(20_000), numbers.randrange(LARGEST)))
    pause = numbers.choices((0, numbers.uniform(0, longest_pause_s / 10),
                             numbers.uniform(0, longest_pause_s)), (90, 5, 5))[0]
    return Plan((size(), size()), (size(), size()), pause, numbers.choice(ends))


def random_plans(seed, count, longest_pause_s, ends=tuple(End)):
    numbers = random.Random(seed)
    return [random_plan(numbers, longest_pause_s, ends) for _ in range(count)]


def receive(connection, size):
    if size and len(connection.recv(size, socket.MSG_WAITALL)) != size:
        raise EOFError(f"the connection ended within {size} bytes")


def receive_end(connection):
    if connection.recv(1):
        raise ValueError("more bytes than planned")


def begin(connection, plan):
    """The client's part before the pause."""
    if plan.end != End.EMPTY:
        connection.sendall(plan.header() + ZEROS[:plan.requests[0]])
        receive(connection, plan.responses[0])


def finish(connection, plan):
    """The client's part after the pause."""
    with connection:
        if plan.end == End.EMPTY:
            return
        connection.sendall(ZEROS[:plan.requests[1]])
        if plan.end == End.HALF_CLOSED:
            connection.shutdown(socket.SHUT_WR)
        receive(connection, plan.responses[1])
        if plan.end in (End.SERVER_FIRST, End.HALF_CLOSED):
            receive_end(connection)


def answer(connection):
    """The server's part, to the end."""
    with connection:
        header = connection.recv(HEADER.size, socket.MSG_WAITALL)
        if not header:
            return
        *sizes, end = HEADER.unpack(header)
        receive(connection, sizes[0])
        connection.sendall(ZEROS[:sizes[2]])
        receive(connection, sizes[1])
        if end == End.HALF_CLOSED:
            receive_end(connection)
        connection.sendall(ZEROS[:sizes[3]])
        if end == End.CLIENT_FIRST:
            receive_end(connection)


def run_client(address, plans):
    """Connections that pause stay open meanwhile."""
    pausing = []  # heap of (when to go on, index, connection)
    for i, plan in enumerate(plans):
        connection = socket.create_connection(address, timeout=None)
        begin(connection, plan)
        if plan.pause_s:
            heapq.heappush(pausing, (time.monotonic() + plan.pause_s, i, connection))
        else:
            finish(connection, plan)
        while pausing and pausing[0][0] <= time.monotonic():
            _, ended, connection = heapq.heappop(pausing)
            finish(connection, plans[ended])
    for due, i, connection in sorted(pausing):
        time.sleep(max(0, due - time.monotonic()))
        finish(connection, plans[i])


def run_server(listener, count):
    """Answers that many connections."""
    answers = []
    for _ in range(count):
        connection, _ = listener.accept()
        answers.append(threading.Thread(target=answer, args=(connection,)))
        answers[-1].start()
    for thread in answers:
        thread.join()


class Load(contextlib.ExitStack):
    """For each listener a process that serves it and one that connects to it, until all is done or
    the end of the with block."""

    def __init__(self, listeners, plans, at_client=contextlib.nullcontext):
        """The connections are dealt out to the listeners in turn. `at_client` is the context that
        clients are started in."""
        super().__init__()
        self._parts = [(listener, plans[i::len(listeners)])
                       for i, listener in enumerate(listeners)]
        self._at_client = at_client
        self._processes = []

    def start(self):
        for listener, plans in self._parts:
            self._start(run_server, listener, len(plans))
        with self._at_client():
            for listener, plans in self._parts:
                self._start(run_client, listener.getsockname()[:2], plans)

    def _start(self, target, *arguments):
        process = multiprocessing.get_context("fork").Process(target=target, args=arguments)
        process.start()
        self.callback(process.join)
        self.callback(process.kill)
        self._processes.append(process)

    def is_running(self):
        return any(process.is_alive() for process in self._processes)

    def wait(self):
        """Until every connection is closed on both sides; fails unless all went as planned."""
        deadline = time.monotonic() + DEADLINE_S
        for process in self._processes:
            process.join(max(0, deadline - time.monotonic()))
        if any(process.exitcode != 0 for process in self._processes):
            raise AssertionError(f"exit codes {[p.exitcode for p in self._processes]}")

    def truth(self):
        """{port of the listener: (connections, bytes of the clients, bytes of the server)}"""
        return {listener.getsockname()[1]: (len(plans), sum(p.bytes_of_client() for p in plans),
                                            sum(p.bytes_of_server() for p in plans))
                for listener, plans in self._parts}
