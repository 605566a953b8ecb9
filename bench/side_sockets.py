"""Sockets beside the load, held by the benchmark itself: listeners, and handshakes stuck half-way.

All on 127.65.0.0/16, so that nobody else's 127.0.0.1 is touched. Closed by RST.
"""

import contextlib
import errno
import socket
import struct

LISTENER_ADDRESS = "127.65.0.1"
CLIENT_ADDRESS = "127.65.0.2"
RESET = struct.pack("ii", 1, 0)  # struct linger: on, without waiting
SPARE_BACKLOG = 16
DEFER_ACCEPT_S = 600


def _bound_socket(address):
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    bound.bind((address, 0))
    return bound


def _start_connect(listener):
    """A client of `listener` that waits for nothing."""
    client = _bound_socket(CLIENT_ADDRESS)
    client.setblocking(False)
    begun = client.connect_ex(listener.getsockname())
    if begun not in (0, errno.EINPROGRESS):
        raise OSError(begun, "connect")
    return client


@contextlib.contextmanager
def listeners(count):
    """So many listeners stand meanwhile, each on a port of its own."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_bound_socket(LISTENER_ADDRESS)).listen()
        yield


@contextlib.contextmanager
def connected_listeners(count):
    """So many listeners stand meanwhile, each on a port of its own, with a connection to each."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            listener = stack.enter_context(_bound_socket(LISTENER_ADDRESS))
            listener.listen()
            stack.enter_context(_start_connect(listener))
            stack.enter_context(listener.accept()[0])
        yield


@contextlib.contextmanager
def pending_handshakes(count):
    """`count` SYN-RECV sockets and `count` SYN-SENT ones stand, for about two minutes.

    SYN-RECV: a listener with TCP_DEFER_ACCEPT waits for data after the handshake, and none comes.
    SYN-SENT: with its accept queue full, a listener drops every SYN.
    """
    with contextlib.ExitStack() as stack:
        deferring = stack.enter_context(_bound_socket(LISTENER_ADDRESS))
        deferring.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_ACCEPT_S)
        deferring.listen(count + SPARE_BACKLOG)
        full = stack.enter_context(_bound_socket(LISTENER_ADDRESS))
        full.listen(0)
        stack.enter_context(_start_connect(full))  # all that this accept queue holds
        for listener in (deferring, full):
            for _ in range(count):
                stack.enter_context(_start_connect(listener))
        yield
