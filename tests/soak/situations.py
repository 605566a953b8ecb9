"""The situations of the random traffic: lives of services and of their clients.

Each is a generator that takes a World (world.py).
"""
import errno
import select
import socket

from connection import is_ready, wait_for
from noise import NOISE
from places import LOOPBACK4, OUTBOUND4, REFUSING_PORTS, SILENT, SILENT_PORTS
from service import start_connect
from world import LARGE, Checkpoints, Pause, Polls


def short_connections(world):
    """One after the other, to a service that is always there"""
    service = world.numbers.choice(world.steady)
    yield from world.end(world.one_by_one(service, 60))


def long_connection(world):
    """Moves something now and then"""
    service = world.numbers.choice(world.steady)
    connection = service.connect(world.random_way(service))
    for _ in range(world.numbers.randint(2, 10)):
        world.exchange(connection, 3)
        yield Pause(world.numbers.uniform(0, 1))
    yield from world.end([connection])


def large_transfer(world):
    service = world.numbers.choice(world.steady)
    connection = service.connect(world.random_way(service))
    connection.up(world.numbers.randint(1, LARGE))
    yield Pause(world.numbers.uniform(0, 1))
    connection.down(world.numbers.randint(1, LARGE))
    yield from world.end([connection])


def idle_hold(world):
    """Open through some comparisons"""
    service = world.numbers.choice(world.steady)
    connections = service.connect_many(world.random_way(service), world.numbers.randint(1, 30))
    for _ in range(world.numbers.randint(1, 3)):
        for connection in connections:
            world.exchange(connection)
        yield Checkpoints(1)
    yield from world.end(connections)


def half_closed_hold(world):
    """FIN-WAIT-2 and CLOSE-WAIT through a comparison; too few for an alert"""
    service = world.numbers.choice(world.steady)
    connection = service.connect(world.random_way(service))
    world.exchange(connection)
    first, last = world.numbers.choice((("client", "server"), ("server", "client")))
    connection.shutdown(first)
    yield Checkpoints(1)
    connection.send(last, world.size())
    connection.finish(last)


def burst(world):
    """Hundreds of clients at once, to a service that is always there"""
    service = world.numbers.choice(world.steady)
    connections = service.connect_many(world.random_way(service), world.numbers.randint(100, 800))
    for connection in connections:
        connection.up(world.numbers.randint(0, 100))
    yield Pause(world.numbers.uniform(0, 0.3))
    for connection in connections:
        connection.close_at_once()


def opened_into_a_burst(world):
    """A service opens its port, and in the same moment thousands of connections begin and end"""
    with world.random_service() as service:
        way = world.random_way(service)
        for _ in range(world.numbers.randint(1, 3)):
            for connection in service.connect_many(way, world.numbers.choice((100, 500, 3000))):
                connection.up(10)
                connection.close("client")
        yield Pause(world.numbers.choice((0, 0, 0.5)))


def young_listener(world):
    """Ends before a poll can see it; its connections live on"""
    with world.random_service() as service:
        way = world.random_way(service)
        connections = [service.connect(way) for _ in range(world.numbers.randint(1, 20))]
    for connection in connections:
        world.exchange(connection)
    yield Pause(world.numbers.choice((0, 0.2, 2)))
    yield from world.end(world.exchanged(connections))


def listener_of_one(world):
    """Ends at its first accept, as that of `nc -l` does"""
    with world.random_service(backlog=1) as service:
        yield Pause(world.numbers.choice((0, 0, 0.5)))
        connection = service.connect(world.random_way(service))
    world.exchange(connection)
    yield Pause(world.numbers.choice((0, 0.3, 1)))
    yield from world.end([connection])


def passive_ftp(world):
    """Data connections to ports of the ephemeral range, each of a listener of its own"""
    yield from world.end(data_connections(world))


def data_connections(world):
    for _ in range(world.numbers.randint(1, 15)):
        with world.random_service(port=world.next_ephemeral_port()) as service:
            way = world.random_way(service)
            connection = service.connect(way)
        if way.client_watched:  # a destination that may be seen in three polls
            world.truth.may_be_named.add(service.port)
        world.exchange(connection)
        yield connection


def ephemeral_service(world):
    """Stands on a port of the ephemeral range, as gRPC's 50051 does"""
    with world.random_service(port=world.next_ephemeral_port()) as service:
        world.truth.may_be_named.add(service.port)
        for _ in range(world.numbers.randint(1, 6)):
            yield from world.end(world.one_by_one(service, 10))
            yield Checkpoints(1)


def drained_service(world):
    """Listens no more while its connections live on, through some comparisons"""
    with world.random_service() as service:
        way = world.random_way(service)
        connections = service.connect_many(way, world.numbers.randint(1, 30))
        yield Pause(world.numbers.choice((0, 1)))
    for _ in range(world.numbers.randint(1, 4)):
        for connection in connections:
            world.exchange(connection)
        yield Checkpoints(1)
    yield from world.end(world.exchanged(connections))


def restarted_service(world):
    with world.random_service() as service:
        for _ in range(world.numbers.randint(1, 4)):
            old = service.connect_many(world.random_way(service), world.numbers.randint(1, 10))
            service.close()
            yield Pause(world.numbers.choice((0, 0.3, 1)))
            service.open()
            yield from world.end(world.exchanged(old))


def moved_service(world):
    """From an address to the wildcard"""
    way = world.numbers.choice((LOOPBACK4, OUTBOUND4))
    with world.service(way.server_watched, way.address, port=world.next_port()) as service:
        before = service.connect_many(way, world.numbers.randint(1, 20))
        service.close()
        yield Pause(world.numbers.choice((0, 0.5)))
        service.open("0.0.0.0")
        after = service.connect_many(way, world.numbers.randint(1, 20))
        yield from world.end(world.exchanged(before + after))


def shared_port(world):
    """SO_REUSEPORT, with sockets that come and go"""
    with world.random_service(sockets=world.numbers.randint(2, 8)) as service:
        for _ in range(world.numbers.randint(1, 3)):
            way = world.random_way(service)
            connections = service.connect_many(way, world.numbers.randint(1, 100))
            yield from world.end(world.exchanged(connections))
            service.open(sockets=1)
            yield Pause(0.2)


def bound_before_connect(world):
    service = world.numbers.choice(world.steady)
    any_port = lambda way: ("::" if way.family == socket.AF_INET6 else "0.0.0.0", 0)
    yield from world.end(world.one_by_one(service, 20, any_port))


def refused_connects(world):
    """No connections, so nothing of them counts. Too few for ConnectFailures."""
    port = world.numbers.choice(REFUSING_PORTS)
    for _ in range(world.numbers.randint(1, 5)):
        way = world.numbers.choice((OUTBOUND4, LOOPBACK4))
        with world.hosts.socket(way.client_watched, way.family) as client:
            client.connect_ex((way.address, port))
            wait_for(client, select.POLLOUT)
        yield Pause(0.5)


def connects_to_silence(world):
    """That time out, or are given up before. Too few at a time for ConnectsPending."""
    given_up = world.numbers.random() < 0.5
    with world.hosts.socket(True, socket.AF_INET) as client:
        start_connect(client, (SILENT, world.numbers.choice(SILENT_PORTS)))
        if given_up:
            yield Pause(world.numbers.uniform(0, 1))
            return
        while not is_ready(client, select.POLLOUT):
            yield Pause(0.2)
        code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != errno.ETIMEDOUT:
            raise OSError(code, "this connect should have timed out")


def never_accepted(world):
    """Clients wait until the listener ends, which resets them"""
    with world.random_service() as service:
        way = world.random_way(service)
        clients = [service.client(way) for _ in range(world.numbers.randint(1, 20))]
        service.begin(way, clients)
        world.truth.held.update(waiting := held_by(way, service.port, len(clients)))
        # The kernel tells nothing of the ends that nobody accepted (docs/metrics.md, blank events).
        yield Polls(world)
    for client in clients:
        wait_for(client, select.POLLIN)
        client.close()
    world.truth.held.subtract(waiting)
    for direction, port, _ in waiting:
        world.truth.closed[direction, port] += len(clients)


def held_by(way, port, count):
    """{key: count} of established connections as Truth.held has them"""
    directions = [direction for role, direction in (("client", "outbound"), ("server", "inbound"))
                  if way.is_watched(role)]
    return {(direction, port, "established"): count for direction in directions}


SITUATIONS = {
    short_connections: 12, long_connection: 4, large_transfer: 2, idle_hold: 2, half_closed_hold: 2,
    burst: 1, opened_into_a_burst: 1, young_listener: 3, listener_of_one: 3, passive_ftp: 3,
    ephemeral_service: 1, drained_service: 2, restarted_service: 2, moved_service: 2, shared_port: 2,
    bound_before_connect: 2, refused_connects: 1, connects_to_silence: 1, never_accepted: 1,
    **NOISE,
}  # with their weights
