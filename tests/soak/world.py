"""What a situation of the random traffic works with: numbers, services, connections, and waits.

A situation is a generator. It does something, and yields what it waits for before it goes on.
"""
import dataclasses
import itertools
import random
import time

from places import OF_PEER, OF_WATCHED, Hosts, changing_ports, ephemeral_ports, steady_ports
from service import Service
from truth import Truth

SIZES = (0, 1, 2_000, 2_000, 20_000, 150_000)
LARGE = 3_000_000
BEFORE_A_POLL = "before a poll"


class Pause:
    def __init__(self, seconds):
        self._due = time.monotonic() + seconds

    def is_over(self, _):
        return time.monotonic() >= self._due


class Polls:
    """Two full polls, so at least one that began after this wait did. What the parent shares was true
    when it last read the page, so first it must have read one anew."""

    def __init__(self, world):
        self._pages, self._polls = world.progress.pages, None

    def is_over(self, world):
        if self._polls is None and world.progress.pages >= self._pages + 2:
            self._polls = world.progress.polls
        return self._polls is not None and world.progress.polls >= self._polls + 2


@dataclasses.dataclass
class Checkpoints:
    """Goes on after that many comparisons, or at the end of the run."""
    count: int

    def is_over(self, _):
        return self.count <= 0


class Progress:
    """What the parent has read of the daemon's page, for the workers: counts that only grow."""

    def __init__(self, context):
        self._pages, self._polls = context.Value("l", 0), context.Value("l", 0)

    @property
    def pages(self):
        return self._pages.value

    @property
    def polls(self):
        return self._polls.value

    def tell(self, polls):
        self._polls.value = polls
        self._pages.value += 1


class World:
    """A worker's. `numbers` and `playing`, a name, are those of the situation that goes on."""

    def __init__(self, worker, hosts: Hosts, progress: Progress):
        self.hosts, self.progress = hosts, progress
        self.truth = Truth()
        self.playing = "steady"
        self.numbers = random.Random(worker)
        self._ports = itertools.cycle(changing_ports(worker))
        self._ephemeral_ports = itertools.cycle(ephemeral_ports(worker))
        self._worker = worker
        self.steady = []

    def open_steady(self):
        """Opens the services that are there to the end. Each gets a connection at once, so that its group
        has a place on the page before the changing ones take them."""
        here, there = steady_ports(self._worker)
        addresses = ("0.0.0.0", "::", *OF_WATCHED, "0.0.0.0")
        self.steady = [self.service(True, address, port=port, sockets=4 if port == here[8] else 1)
                       for port, address in zip(here, addresses)]
        self.steady += [self.service(False, address, port=port)
                        for port, address in zip(there, OF_PEER)]
        for service in self.steady:
            for way in service.ways:
                connection = service.connect(way)
                self.exchange(connection)
                connection.close("client")

    def close_steady(self):
        for service in self.steady:
            service.close()

    def next_port(self):
        """Of a service that comes and goes. It has not been in use for long."""
        return next(self._ports)

    def next_ephemeral_port(self):
        """Likewise, of the ephemeral range"""
        return next(self._ephemeral_ports)

    def service(self, watched, address, **options):
        ways = (OF_WATCHED if watched else OF_PEER)[address]
        service = Service(self.truth, self.hosts, watched, address, ways, **options)
        self.truth.users[service.port] = f"{self.playing}, {'watched' if watched else 'peer'} {address}"
        return service

    def random_service(self, **options):
        """A new one, on either host, on a port of its own unless `options` say otherwise"""
        watched = self.numbers.random() < 0.7
        address = self.numbers.choice(list(OF_WATCHED if watched else OF_PEER))
        return self.service(watched, address, **{"port": self.next_port(), **options})

    def random_way(self, service):
        return self.numbers.choice(service.ways)

    def size(self):
        return self.numbers.randint(0, self.numbers.choice(SIZES))

    def exchange(self, connection, times=1):
        """Some bytes in both directions"""
        for _ in range(times):
            connection.up(self.size())
            connection.down(self.size())

    def one_by_one(self, service, most, source_of=lambda _: None):
        """Connections that have moved something. `source_of`: what to bind before a connect"""
        for _ in range(self.numbers.randint(1, most)):
            way = self.random_way(service)
            connection = service.connect(way, source_of(way))
            self.exchange(connection)
            yield connection

    def exchanged(self, connections):
        """The same connections, each when it has moved something"""
        for connection in connections:
            self.exchange(connection)
            yield connection

    def end(self, connections):
        """Of any kind, for each; a part of a situation. `connections` may be a generator."""
        unfinished = []
        for connection in connections:
            steps = self.numbers.choice(self.ENDS)(self, connection)
            if next(steps, None) == BEFORE_A_POLL:
                unfinished.append(steps)
        if unfinished:
            yield Polls(self)
        for steps in unfinished:
            next(steps, None)

    def _role(self):
        return self.numbers.choice(("client", "server"))

    # Each way to end a connection is a generator, which may yield once, to go on after a full poll.

    def _orderly(self, connection):
        yield from ()
        connection.close(self._role())

    def _at_once(self, connection):
        yield from ()
        connection.close_at_once()

    def _half_closed(self, connection):
        first, last = self.numbers.choice((("client", "server"), ("server", "client")))
        connection.shutdown(first)
        if connection.way.is_watched(first):
            # Otherwise a byte too many may count (docs/metrics.md, "one byte too many").
            yield BEFORE_A_POLL
        connection.send(last, self.size())
        connection.finish(last)

    def _reset(self, connection):
        role = self._role()
        if connection.way.is_watched(role):
            yield BEFORE_A_POLL
        connection.reset(role)

    def _abandoned(self, connection):
        yield from ()
        connection.abandon(self._role(), self.numbers.randint(2, 1000))

    ENDS = (_orderly, _orderly, _orderly, _at_once, _half_closed, _reset, _abandoned)
