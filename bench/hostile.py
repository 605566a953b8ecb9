"""How long a scrape takes while clients that mean harm are at work, and what is left of them."""

import contextlib
import errno
import multiprocessing
import resource
import selectors
import signal
import socket
import time
from dataclasses import dataclass

import side_sockets
import subjects
from measure import MeasureError, count_series, die_with_parent, scrape
from own_certificate import client_context, write_web_config
from own_network import own_network

PER_ADDRESS = 20  # connections from one address: what connwatchd takes by default
CONNECTS_PER_TURN = 25
TURN_S = 0.02  # so at most 1,250 new connections a second
TRICKLE_S = 2
SCRAPE_PAUSE_S = 0.1
SETTLING_SCRAPES = 20
BLOCKS = 5  # in turns, so that what else the machine does is in both
DRAINED_S = 60
SETTINGS = ("web: {timeout: 3s}",)


@dataclass(frozen=True)
class Attack:
    """Clients that connect again whenever they are cut off."""

    what: str
    clients: int
    begin: bytes = b""  # what each sends at first
    then: bytes = b""  # and every two seconds
    over_tls: bool = False  # against a daemon that is scraped over TLS
    reads: bool = True  # what it is answered


REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
# The beginning of a ClientHello.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)
ATTACKS = (
    Attack("1,000 clients, a byte of a header every 2 s", 1000, REQUEST + b"X: ", b"x"),
    Attack("5,000 silent connections", 5000),
    Attack("100 clients with 100 kB of garbage", 100, b"\xff\0\r\n" * 25_000),
    Attack("20 clients with a header of 10 MB", 20, REQUEST + b"X: " + b"a" * 10_000_000),
    Attack("100 clients that ask for 50 pages and read none", 100, (REQUEST + b"\r\n") * 50,
           reads=False),
    Attack("1,000 clients, a byte of a TLS handshake every 2 s", 1000, HELLO, b"\0", over_tls=True),
)


@dataclass(frozen=True)
class Siege:
    """What one attack did to the scrapes of a daemon."""

    series: int
    at_rest_s: list
    during_s: list
    descriptors_left: int  # more than before the attack, once it is over
    connections: int  # that the attackers opened
    peak_memory_bytes: int


class Attackers:
    """The clients of one attack, in a process of their own."""

    def __init__(self, attack, port, opened):
        self._attack = attack
        self._port = port
        self._opened = opened  # a shared counter
        self._selector = selectors.DefaultSelector()
        self._unsent = {}  # bytes by socket
        self._free = [f"127.66.{i // PER_ADDRESS // 250}.{i // PER_ADDRESS % 250 + 1}"
                      for i in range(attack.clients)]

    def run(self):
        """Until the process is ended."""
        next_trickle = time.monotonic() + TRICKLE_S
        while True:
            for _ in range(min(CONNECTS_PER_TURN, len(self._free))):
                self._connect(self._free.pop())
            if time.monotonic() >= next_trickle:
                next_trickle += TRICKLE_S
                for client in self._unsent:
                    self._unsent[client] = self._unsent[client] or memoryview(self._attack.then)
            turn_end = time.monotonic() + TURN_S
            for client in [client for client, unsent in self._unsent.items() if unsent]:
                self._send(client)
            for key, _ in self._selector.select(0):
                self._receive(key.fileobj)
            time.sleep(max(turn_end - time.monotonic(), 0))

    def _connect(self, source):
        client = socket.socket()
        client.setblocking(False)
        if not self._attack.reads:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        client.bind((source, 0))
        if client.connect_ex(("127.0.0.1", self._port)) not in (0, errno.EINPROGRESS):
            client.close()
            self._free.append(source)
            return
        self._opened.value += 1
        self._unsent[client] = memoryview(self._attack.begin)
        self._selector.register(client, selectors.EVENT_READ)

    def _send(self, client):
        try:
            self._unsent[client] = self._unsent[client][client.send(self._unsent[client]):]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)

    def _receive(self, client):
        with contextlib.suppress(BlockingIOError):
            try:
                if client.recv(65536 if self._attack.reads else 1):
                    return
            except ConnectionError:
                pass
            if client in self._unsent:
                self._drop(client)

    def _drop(self, client):
        self._free.append(client.getsockname()[0])
        self._selector.unregister(client)
        del self._unsent[client]
        client.close()


def _run_attackers(attack, port, opened):
    die_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Attackers(attack, port, opened).run()


@contextlib.contextmanager
def under_attack(attack, port):
    """The attack goes on meanwhile; gives the count of connections it has opened."""
    opened = multiprocessing.Value("i")
    process = multiprocessing.Process(target=_run_attackers, args=(attack, port, opened))
    process.start()
    try:
        yield opened
        if not process.is_alive():
            raise MeasureError(f"{attack.what}: the attackers have ended")
    finally:
        process.kill()
        process.join()


def take_scrapes(daemon, count):
    """The seconds of each, the series on the last page."""
    seconds, page = [], b""
    for _ in range(count):
        time.sleep(SCRAPE_PAUSE_S)
        took, page = scrape(daemon.port, daemon.tls)
        seconds.append(took)
    return seconds, count_series(page)


def lay_siege(attack, folder, scrapes):
    """The Siege of a fresh daemon."""
    tls = client_context() if attack.over_tls else None
    flags = ("--web.config.file", write_web_config(folder)) if attack.over_tls else ()
    with subjects.start_configured_connwatchd(folder, SETTINGS, flags, tls) as daemon:
        daemon.wait_serving()
        take_scrapes(daemon, SETTLING_SCRAPES)
        descriptors = daemon.open_descriptors()
        at_rest_s, during_s, connections = [], [], 0
        for _ in range(BLOCKS):
            block_s, series = take_scrapes(daemon, scrapes // BLOCKS)
            at_rest_s += block_s
            with under_attack(attack, daemon.port) as opened:
                daemon.wait_until(lambda: opened.value > 0, "attackers")
                during_s += take_scrapes(daemon, scrapes // BLOCKS)[0]
                connections += opened.value
            with contextlib.suppress(MeasureError):  # the target tells
                daemon.wait_until(lambda: daemon.open_descriptors() <= descriptors, "end",
                                  DRAINED_S)
        return Siege(series, at_rest_s, during_s, daemon.open_descriptors() - descriptors,
                     connections, daemon.peak_memory_bytes())


def measure_sieges(folder, options):
    """{what: Siege}, of a page as large as that of the other part."""
    with own_network(), side_sockets.connected_listeners(options.listeners):
        return {attack.what: lay_siege(attack, folder, options.scrapes) for attack in ATTACKS}
