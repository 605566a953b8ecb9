"""Situations that look like trouble and are none: they raise no alert, and nobody is turned away.

Each is a generator that takes a World (world.py).
"""
import socket

from places import INBOUND4
from two_hosts import CLIENT, SERVER, segment
from world import Pause

FIN, SYN, RST, ACK = 1, 2, 4, 16
UNUSED_PORTS = 1000  # below these nobody connects from
DEFER_ACCEPT = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)


def deferred_accept(world):
    """The kernel sets ACKs without data aside."""
    with world.random_service(options=[DEFER_ACCEPT]) as service:
        way = world.random_way(service)
        for _ in range(world.numbers.randint(1, 5)):
            clients = [service.client(way) for _ in range(world.numbers.randint(1, 20))]
            service.begin(way, clients)
            yield Pause(world.numbers.choice((0, 0.1, 2)))
            size = world.numbers.randint(1, 100)
            for client in clients:
                client.send(bytes(size))
            connections = service.accept(way, clients)
            for connection in connections:
                connection.receive("server", size)
            yield from world.end(world.exchanged(connections))


def stray_segments(world):
    """Of connections that nobody knows, to listeners: after a failover they come by the thousand."""
    yield from _segments(world, (FIN, RST, ACK, RST | ACK, FIN | ACK), world.numbers.randint(10, 200))


def half_open_probes(world):
    """Of load balancers and port scanners: SYN, SYN-ACK, RST. Too few for ConnectFailures."""
    yield from _segments(world, (SYN,), world.numbers.randint(1, 3))


def _segments(world, kinds, count):
    ports = [service.port for service in world.steady if INBOUND4 in service.ways]
    with world.hosts.at_client():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with raw:
        for _ in range(5):
            for _ in range(count):
                raw.sendto(segment(CLIENT, world.numbers.randrange(1, UNUSED_PORTS),
                                   world.numbers.choice(ports), world.numbers.choice(kinds)),
                           (SERVER, 0))
            yield Pause(1)


def aborted_downloads(world):
    """Clients close while the server sends."""
    service = world.numbers.choice([service for service in world.steady if INBOUND4 in service.ways])
    for _ in range(world.numbers.randint(1, 10)):
        service.connect(INBOUND4).abort_download()
        yield Pause(0.2)


NOISE = {deferred_accept: 2, stray_segments: 1, half_open_probes: 1, aborted_downloads: 1}
