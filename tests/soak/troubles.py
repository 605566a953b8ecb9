"""Troubles of the watched host, made on purpose, and the alerts that each must raise.

Each is a class with the alerts that it raises, `expected`, and `making`, a context manager: in its with
block the trouble lasts.
"""
import contextlib
import select
import socket
import threading
import time

from alert_watch import flooding
from connection import Connection, accept, is_ready
from places import DEVICE, INBOUND4, OUTBOUND4, SILENT, Groups, Hosts
from rules import CLOSE_WAIT_LEAK
from service import Service, start_connect
from truth import DIRECTIONS, Truth

BACKLOG = 8
FLOOD_PER_SECOND = 400
SMALL_BACKLOG = 32  # below the 64 handshakes of SynRecvBacklogGrowth
LOST_PER_SECOND = 50
TCP_SYNCNT = (socket.IPPROTO_TCP, socket.TCP_SYNCNT, 6)


@contextlib.contextmanager
def repeating(seconds, step):
    """Takes the step again and again to the end of the with block."""
    over = threading.Event()
    failed = []

    def run():
        try:
            while not over.wait(seconds):
                step()
        except Exception as error:
            failed.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


class Trouble:
    """Its connections are counted in `truth`, all of them by its port."""
    port = 0
    alerts = ()
    subject = ""
    cause = None  # of all its alerts, if they are of a listener

    def __init__(self, hosts: Hosts):
        self.hosts = hosts
        self.truth = Truth()

    def close(self):
        """At the end of the run."""

    @property
    def groups(self):
        """Those of its port, in both directions"""
        return {Groups(False).of(direction, self.port) for direction in DIRECTIONS.values()}

    @property
    def expected(self):
        return {(alert, self.subject) for alert in self.alerts}


class ListenerTrouble(Trouble):
    """Its listener stands from the beginning to the end of the run: with it, its drops would leave the
    page."""
    options = {}

    def __init__(self, hosts):
        super().__init__(hosts)
        self.service = Service(self.truth, hosts, True, "0.0.0.0", (INBOUND4,), port=self.port,
                               **self.options)

    def close(self):
        self.service.close()

    @property
    def subject(self):
        return f"0.0.0.0:{self.port}"


class FullAcceptQueue(ListenerTrouble):
    """Clients wait for an accept, and the SYNs of others are dropped."""
    port = 5000
    alerts = ("AcceptQueueNearlyFull", "ListenerDropping")
    cause = "accept_queue_full"
    options = {"backlog": BACKLOG}

    @contextlib.contextmanager
    def making(self):
        clients = [self.service.client(INBOUND4) for _ in range(BACKLOG + 1)]
        self.service.begin(INBOUND4, clients)
        with repeating(0.2, self._knock):
            yield
        for connection in self.service.accept(INBOUND4, clients):
            connection.close_at_once()

    def _knock(self):
        with self.service.client(INBOUND4) as client:
            start_connect(client, (INBOUND4.address, self.port))


class OneFullOfSeveral(ListenerTrouble):
    """Of the sockets that share a port, one is not served. The kernel deals clients out to all."""
    port = 5006
    alerts = ("AcceptQueueNearlyFull", "ListenerDropping", "ReuseportImbalance")
    cause = "accept_queue_full"
    options = {"backlog": BACKLOG, "sockets": 4}

    def __init__(self, hosts):
        super().__init__(hosts)
        self._waiting = {}  # {source port: client} of those who have not been accepted

    @contextlib.contextmanager
    def making(self):
        with repeating(0.05, self._meet):
            yield
        for client in self._waiting.values():
            if not is_ready(client, select.POLLOUT):
                client.close()  # dropped
        self._serve(self.service.listeners)
        self._waiting.clear()

    def _meet(self):
        client = self.service.client(INBOUND4)
        start_connect(client, (INBOUND4.address, self.port))
        self._waiting[client.getsockname()[1]] = client
        self._serve(self.service.listeners[1:])

    def _serve(self, listeners):
        for listener in listeners:
            while is_ready(listener, select.POLLIN):
                end, peer = accept(listener)
                client = self._waiting.pop(peer[1])
                Connection(self.truth, INBOUND4, self.port, client, end).close_at_once()


class Flood(ListenerTrouble):
    """SYNs from everywhere, below the listener's limit"""
    port = 5001
    alerts = ("SynRecvBacklogGrowth",)
    cause = "syn_flood"

    @contextlib.contextmanager
    def making(self):
        with flooding(self.hosts, self.port, FLOOD_PER_SECOND):
            yield


class FloodOfAMovedService(Flood):
    """The service was on an address before, and is on the wildcard now."""
    port = 5002

    @contextlib.contextmanager
    def making(self):
        self.service.close()
        self.service.open(INBOUND4.address)
        with flooding(self.hosts, self.port, FLOOD_PER_SECOND):
            time.sleep(1.5)  # a poll of the handshakes sees some here
            self.service.close()
            self.service.open()
            yield


class FloodOfADevice(Flood):
    """The service is bound to a device."""
    port = 5003
    options = {"options": [(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, DEVICE.encode())]}

    @property
    def subject(self):
        return f"0.0.0.0%{DEVICE}:{self.port}"


class FloodWithCookies(ListenerTrouble):
    """SYNs from everywhere, beyond the listener's limit"""
    port = 5004
    alerts = ("SynQueueNearlyFull",)
    options = {"backlog": SMALL_BACKLOG}

    @property
    def expected(self):
        return super().expected | {("SynCookiesActive", "host")}

    @contextlib.contextmanager
    def making(self):
        with flooding(self.hosts, self.port, FLOOD_PER_SECOND):
            yield


class LostReturnPath(ListenerTrouble):
    """The SYN-ACKs to one network vanish."""
    port = 5005
    alerts = ("SynRecvBacklogGrowth",)
    cause = "return_path_loss"

    @contextlib.contextmanager
    def making(self):
        one_network = lambda number: f"198.19.7.{number % 250 + 1}"
        with flooding(self.hosts, self.port, LOST_PER_SECOND, one_network):
            yield


class SilentDestination(Trouble):
    port = 5007
    alerts = ("ConnectsPending",)
    subject = f"no-answer-{port}"
    COUNT = 20

    @contextlib.contextmanager
    def making(self):
        with contextlib.ExitStack() as clients:
            for _ in range(self.COUNT):
                client = clients.enter_context(self.hosts.socket(True, socket.AF_INET))
                client.setsockopt(*TCP_SYNCNT)
                start_connect(client, (SILENT, self.port))
            yield


class CloseWaitLeak(ListenerTrouble):
    """The application does not close what its clients have closed."""
    port = 5008
    alerts = ("CloseWaitLeak",)

    @property
    def subject(self):
        return f"trouble-{self.port}"

    @contextlib.contextmanager
    def making(self):
        connections = self.service.connect_many(INBOUND4, 2 * CLOSE_WAIT_LEAK)
        for connection in connections:
            connection.shutdown("client")
        yield
        for connection in connections:
            connection.finish("server")


class ServiceGone(Trouble):
    """Connects are refused, many a second."""
    port = 5009
    alerts = ("ConnectsRefused",)
    subject = f"no-answer-{port}"

    @contextlib.contextmanager
    def making(self):
        with repeating(0.03, self._try):
            yield

    def _try(self):
        with self.hosts.socket(True, socket.AF_INET) as client:
            client.connect_ex((OUTBOUND4.address, self.port))
            select.select([], [client], [], 1)


# From its beginning to the alert, and from its end to the end of the alert: up to 3 min, and 5 min more if it is
# flapping, because the same trouble has come three times.
DEADLINE_S = 600
TROUBLES = (FullAcceptQueue, OneFullOfSeveral, Flood, FloodOfAMovedService, FloodOfADevice,
            FloodWithCookies, LostReturnPath, SilentDestination, CloseWaitLeak, ServiceGone)


def play(trouble, watch):
    """Raises AssertionError where an alert is missed or does not end."""
    watch.expect(trouble.expected)
    name = type(trouble).__name__
    with trouble.making():
        watch.wait(DEADLINE_S, lambda firing: trouble.expected <= firing.keys(),
                   f"{name} raises {sorted(trouble.expected)}")
        causes = {key: cause for key, cause in watch.firing().items() if key in trouble.expected}
        if trouble.cause and set(causes.values()) != {trouble.cause}:
            raise AssertionError(f"the cause of {name} is {trouble.cause}, but connwatch says {causes}")
    watch.wait(DEADLINE_S, lambda firing: not trouble.expected & firing.keys(),
               f"the alerts of {name} end")
    watch.expect_no_more(trouble.expected)
