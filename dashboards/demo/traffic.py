"""Traffic of every kind between two hosts, so that every metric moves. Each scene runs in threads
of its own until the end of the with block; servers are on the server's side, where the thread that
makes a Traffic is (see two_hosts.TwoHosts)."""
import contextlib
import itertools
import pathlib
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from children import start
from network import sysctl
from two_hosts import CLIENT, SERVER, syn

# What each listener of the server stands for: a group in the configuration of its daemon.
PORTS = {"web": 80, "login": 443, "api": 8080, "downloads": 8443, "backup": 9100, "reports": 5000,
         "mail": 25, "branch-office": 993}
NOBODY = "198.18.0.3"  # an address of their network that no host has
REQUEST = struct.Struct("!IB")  # bytes wanted, and whether the server closes after them
CHUNK = bytes(65536)
# A flood grows to its full rate, and is followed by quiet in which the queue drains (63 s).
FLOOD_SECONDS, QUIET_SECONDS = 90, 120
SYNS_PER_SECOND, GROWTH = 400, 10  # 10 more each second


class Traffic(contextlib.ExitStack):
    """Starts scenes, and ends all of them with the with block."""

    def __init__(self, hosts):
        super().__init__()
        self._hosts = hosts
        self._over = threading.Event()
        self._threads = []

    def __enter__(self):
        super().__enter__()
        sysctl("ipv4/tcp_syn_retries", 2)  # connects into the black hole give up after 10 s, not 127
        self.callback(self._end)
        return self

    def _end(self):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, function, *arguments):
        """In a thread of its own, which ends when its connection breaks."""
        def run():
            with contextlib.suppress(OSError):
                function(*arguments)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _repeat(self, function, *arguments):
        """One turn after another until the end; a turn that fails is soon followed by the next."""
        def run():
            while not self._over.is_set():
                try:
                    function(*arguments)
                except OSError:
                    self._sleep(0.1)
        self._threads.append(self._run(run))

    def _sleep(self, seconds):
        self._over.wait(seconds)

    def _listen(self, port, backlog, family=socket.AF_INET, address="", options=()):
        listener = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in options:
            listener.setsockopt(*option)
        listener.bind((address, port))
        listener.listen(backlog)
        listener.settimeout(0.5)  # so that whoever accepts sees the end
        self._sleep(0.2)  # until the daemon has seen it: connections before would count as outbound
        return listener

    def _serve(self, listener, answer):
        """Has `answer` deal with each connection, in threads."""
        def accept():
            connection, _ = listener.accept()
            connection.settimeout(5)
            self._run(answer, connection)
        self._repeat(accept)

    def _client(self):
        """A TCP socket of the client's host."""
        with self._hosts.at_client():
            made = socket.socket()
        made.settimeout(5)
        return made

    def healthy(self):
        """Short and long connections to a server that keeps up, over IPv4 and IPv6."""
        share = [(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)]
        for _ in range(2):  # processes that share the port
            self._serve(self._listen(PORTS["web"], 128, options=share), answer_requests)
        for _ in range(3):
            self._repeat(self._visit)
        self._repeat(self._stay, [(SERVER, PORTS["web"])] * 8)
        self._serve(self._listen(PORTS["web"], 128, socket.AF_INET6, "::1"), answer_requests)
        self._repeat(self._visit_ipv6)

    def _visit(self):
        with self._client() as client:
            client.connect((SERVER, PORTS["web"]))
            for _ in range(random.randrange(1, 4)):
                ask(client, random.choice((500, 5_000, 50_000, 300_000)))
                self._sleep(random.uniform(0, 0.1))
            if random.random() < 0.05:  # ends with a RST
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif random.random() < 0.5:
                ask(client, 100, last=True)
        self._sleep(random.uniform(0, 0.2))

    def _stay(self, addresses):
        """Connections that stay open and are used now and then."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self._client()) for _ in addresses]
            for client, address in zip(clients, addresses):
                client.connect(address)
            while not self._over.is_set():
                for client in clients:
                    ask(client, random.choice((200, 2_000, 20_000)))
                    self._sleep(0.05)

    def _visit_ipv6(self):
        with socket.create_connection(("::1", PORTS["web"]), timeout=5) as client:
            for _ in range(20):
                ask(client, 2_000)
                self._sleep(0.2)

    def flood(self):
        """SYNs from forged sources all over a /16, more and more, genuine clients among them."""
        self._serve(self._listen(PORTS["login"], 1024), answer_requests)
        raw = self._hosts.raw_socket()
        begin = time.monotonic()
        numbers = itertools.count()

        def flood():
            age = (time.monotonic() - begin) % (FLOOD_SECONDS + QUIET_SECONDS)
            rate = min(SYNS_PER_SECOND, GROWTH * age) if age < FLOOD_SECONDS else 0
            for i in itertools.islice(numbers, int(rate / 10)):
                source = f"198.19.{i % 250}.{i // 250 % 250 + 1}"
                raw.sendto(syn(source, 1024 + i % 60_000, PORTS["login"]), (SERVER, 0))
            self._sleep(0.1)
        self._repeat(flood)

        def log_in():
            with self._client() as client:
                client.connect((SERVER, PORTS["login"]))
                ask(client, 1_000)
            self._sleep(0.5)
        self._repeat(log_in)

    def return_path_loss(self):
        """Clients of one network that our answers do not reach."""
        self._listen(PORTS["branch-office"], 256)
        raw = self._hosts.raw_socket()
        numbers = itertools.count()

        def knock():
            i = next(numbers)
            source = f"198.19.251.{i % 250 + 1}"
            raw.sendto(syn(source, 1024 + i % 60_000, PORTS["branch-office"]), (SERVER, 0))
            self._sleep(0.5)
        self._repeat(knock)

    def black_hole(self):
        """Connects that are not answered, are refused, find no neighbour, or have no route."""
        for _ in range(20):
            self._repeat(self._vanish)

        def fail(*addresses):
            for address in addresses:
                with socket.socket() as client, contextlib.suppress(OSError):
                    client.settimeout(5)
                    client.connect(address)
            self._sleep(0.5)
        self._repeat(fail, (CLIENT, 6379), ("203.0.113.1", 443))
        self._repeat(fail, (NOBODY, 11211))  # takes 3 s

    def _vanish(self):
        """One connect, until it is given up, by the kernel or by a client with less patience."""
        patience = time.monotonic() + random.uniform(2, 12)
        with socket.socket() as client:
            begin_connect(client, (f"198.19.252.{random.randrange(1, 251)}", 5432))
            waiting = select.poll()
            waiting.register(client, select.POLLOUT)
            while time.monotonic() < patience and not self._over.is_set() and not waiting.poll(500):
                pass

    def full_accept_queue(self):
        """An application that does not accept, and clients that go on trying."""
        self._listen(PORTS["api"], 8)

        def crowd():
            with contextlib.ExitStack() as stack:
                for _ in range(60):
                    begin_connect(stack.enter_context(self._client()), (SERVER, PORTS["api"]))
                    self._sleep(0.5)
        self._repeat(crowd)

    def container(self):
        """A network namespace that the daemons see beside their own, with a listener in trouble."""
        start(self, [sys.executable, "-B", pathlib.Path(__file__).with_name("container.py")])

    def deferred_accept(self):
        """Clients that connect and say nothing to a server that waits for data."""
        defer = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
        self._serve(self._listen(PORTS["mail"], 128, options=[defer]), answer_requests)

        def say_nothing():
            with contextlib.ExitStack() as stack:
                for _ in range(25):
                    begin_connect(stack.enter_context(self._client()), (SERVER, PORTS["mail"]))
                self._sleep(45)
        self._repeat(say_nothing)

    def lossy_path(self):
        """Downloads over a path that loses 3 packets of 100, some with too small a send buffer."""
        rules = (f"table inet lossy {{ chain input {{ type filter hook input priority 0; "
                 f"tcp sport {PORTS['downloads']} numgen random mod 100 < 3 drop; }}; }}")
        with self._hosts.at_client():
            subprocess.run(["nft", rules], check=True)
        self._serve(self._listen(PORTS["downloads"], 128), answer_downloads)
        for last in (False, True):
            for _ in range(2):
                self._repeat(self._download, last)

    def _download(self, last):
        with self._client() as client:
            client.connect((SERVER, PORTS["downloads"]))
            for _ in range(10):
                ask(client, 200_000, last)
                self._sleep(0.3)

    def slow_readers(self):
        """A peer that reads slowly, and an application that neither reads nor closes."""
        self._serve(self._listen(PORTS["backup"], 128), answer_requests)
        self._repeat(self._read_slowly)
        self._serve(self._listen(PORTS["reports"], 128), self._forget)
        self._repeat(self._be_forgotten)

    def _read_slowly(self):
        with self._client() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            client.connect((SERVER, PORTS["backup"]))
            client.sendall(REQUEST.pack(4_000_000, 0))
            while client.recv(8192) and not self._over.is_set():
                self._sleep(0.1)

    def _forget(self, connection):
        with connection:
            self._sleep(60)

    def _be_forgotten(self):
        with self._client() as client:
            client.connect((SERVER, PORTS["reports"]))
            client.sendall(CHUNK)
            self._sleep(10)


def begin_connect(client, address):
    client.setblocking(False)
    client.connect_ex(address)


def receive(connection, size):
    while size:
        got = len(connection.recv(min(size, len(CHUNK))))
        if got == 0:
            raise ConnectionError("the peer has closed")
        size -= got


def ask(client, size, last=False):
    client.sendall(REQUEST.pack(size, last))
    receive(client, size)


def answer_requests(connection):
    with connection:
        while header := connection.recv(REQUEST.size, socket.MSG_WAITALL):
            size, last = REQUEST.unpack(header)
            for begin in range(0, size, len(CHUNK)):
                connection.sendall(CHUNK[:size - begin])
            if last:
                return


def answer_downloads(connection):
    """Requests marked as last are answered with a small send buffer."""
    with connection:
        while header := connection.recv(REQUEST.size, socket.MSG_WAITALL):
            size, last = REQUEST.unpack(header)
            if last:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            for begin in range(0, size, len(CHUNK)):
                connection.sendall(CHUNK[:size - begin])


# What is started, and where it shows.
SCENES = (
    (Traffic.healthy, "a healthy web server", "Connection quality: group web"),
    (Traffic.flood, f"a SYN flood, {FLOOD_SECONDS} s of every {FLOOD_SECONDS + QUIET_SECONDS}",
     f"Listeners: 0.0.0.0:{PORTS['login']}"),
    (Traffic.return_path_loss, "a network that answers do not reach",
     f"Listeners: 0.0.0.0:{PORTS['branch-office']}"),
    (Traffic.black_hole, "connects into a black hole, refused ones, ones without a route",
     "Handshakes; Host overview: questions 2 and 4"),
    (Traffic.full_accept_queue, "an application that does not accept",
     f"Listeners: 0.0.0.0:{PORTS['api']}"),
    (Traffic.container, "a container whose application does not accept",
     "Listeners: in trouble, by namespace"),
    (Traffic.deferred_accept, "a server that defers accepting: no trouble",
     f"Listeners: 0.0.0.0:{PORTS['mail']}"),
    (Traffic.lossy_path, "downloads over a path that loses 3 %",
     "Connection quality: group downloads"),
    (Traffic.slow_readers, "a peer that reads slowly, an application that does not read",
     "Connection quality: groups backup and reports"),
)
