"""A listener and those who connect to it, all in this process."""
import errno
import select
import socket

from connection import DEADLINE_MS, Connection, accept, wait_for

LARGE_BACKLOG = 4096


def start_connect(client, address):
    code = client.connect_ex(address)
    if code not in (0, errno.EINPROGRESS):
        raise OSError(code, f"connect to {address}: {errno.errorcode[code]}")


def finish_connect(client):
    wait_for(client, select.POLLOUT)
    code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, f"connect: {errno.errorcode[code]}")


class Service:
    """With `sockets` above 1 they share the port (SO_REUSEPORT)."""

    def __init__(self, truth, hosts, watched, address, ways, port, sockets=1,
                 backlog=LARGE_BACKLOG, options=()):
        self.ways = ways
        self.port = port
        self._truth, self._hosts, self._watched, self._address = truth, hosts, watched, address
        self._backlog, self._options = backlog, tuple(options)
        if sockets > 1:
            self._options += ((socket.SOL_SOCKET, socket.SO_REUSEPORT, 1),)
        self.listeners = []
        self.open(address, sockets)

    def open(self, address=None, sockets=1):
        """Listens, again or in addition."""
        address = address or self._address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for _ in range(sockets):
            listener = self._hosts.socket(self._watched, family)
            for option in ((socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), *self._options):
                listener.setsockopt(*option)
            if address == "::":
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((address, self.port))
            listener.listen(self._backlog)
            self.listeners.append(listener)
            self._count_listeners(1)

    def _count_listeners(self, change):
        if self._watched:
            self._truth.held["inbound", self.port, "listen"] += change

    def close(self):
        """Stops listening. Connections live on."""
        self._count_listeners(-len(self.listeners))
        for listener in self.listeners:
            listener.close()
        self.listeners = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def client(self, way, source=None):
        """A socket for a connect; `source` is bound before."""
        client = self._hosts.socket(way.client_watched, way.family)
        if source:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind(source)
        return client

    def connect(self, way, source=None):
        """A Connection that has been accepted."""
        return self._connect(way, [self.client(way, source)])[0]

    def connect_many(self, way, count):
        """All at once"""
        return self._connect(way, [self.client(way) for _ in range(count)])

    def _connect(self, way, clients):
        self.begin(way, clients)
        return self.accept(way, clients)

    def begin(self, way, clients):
        """Connects them, as far as the clients' side knows."""
        for client in clients:
            start_connect(client, (way.address, self.port))
        for client in clients:
            finish_connect(client)

    def accept(self, way, clients):
        """[Connection] of clients that have begun"""
        ends = self._accept({client.getsockname()[1] for client in clients})
        return [Connection(self._truth, way, self.port, client, ends[client.getsockname()[1]])
                for client in clients]

    def _accept(self, source_ports):
        """{source port: accepted socket}"""
        found = {}
        while len(found) < len(source_ports):
            end, peer = accept(self._ready_listener())
            if peer[1] not in source_ports:
                raise ValueError(f"a connection from {peer} that nobody made")
            found[peer[1]] = end
        return found

    def _ready_listener(self):
        poll = select.poll()
        for listener in self.listeners:
            poll.register(listener, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(DEADLINE_MS)}
        if not ready:
            raise TimeoutError(f"nobody connects to port {self.port}")
        return next(listener for listener in self.listeners if listener.fileno() in ready)
