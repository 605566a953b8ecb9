"""A load like a host with many containers: network namespaces, each with a few listeners and connections."""

import contextlib
import fcntl
import os
import resource
import socket
import struct

from measure import MeasureError
from own_network import network

SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # linux/sockios.h, linux/if.h
SPARE_DESCRIPTORS = 200


def _raise_loopback():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def _fill(listeners, pairs):
    """Sockets of this thread's namespace. They keep it alive."""
    servers = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(listeners)]
    sockets = list(servers)
    for number in range(pairs):
        server = servers[number % listeners]
        sockets.append(socket.create_connection(server.getsockname()))
        sockets.append(server.accept()[0])
    return sockets


@contextlib.contextmanager
def namespaces(count, listeners, pairs):
    """`count` network namespaces stand meanwhile, with `listeners` LISTEN sockets in all, spread
    evenly, and `pairs` connections in each."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = listeners + 2 * pairs * count + SPARE_DESCRIPTORS
    if wanted > hard:
        raise MeasureError(f"{wanted} descriptors are more than the {hard} that a process may have")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    home = network.namespace_of()
    sockets = []
    try:
        for number in range(count):
            if network.LIBC.unshare(network.CLONE_NEWNET) != 0:
                raise MeasureError("no new network namespace: root can make some")
            _raise_loopback()
            mine = listeners * (number + 1) // count - listeners * number // count
            sockets += _fill(mine, pairs)
        network.enter_namespace(home)
        yield
    finally:
        network.enter_namespace(home)
        for each in sockets:
            each.close()
        os.close(home)
