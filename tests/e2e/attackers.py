"""Attackers. Each is a thread that attacks a daemon, as fast as it says, until the end of its context."""
import base64
import contextlib
import os
import random
import signal
import socket
import threading

from support import DEADLINE_S

METRICS = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


class Attacker:
    """Calls `attack` every `pause_s` seconds. `attacks` counts the calls that came to an end; what the
    daemon refused is not an error."""

    pause_s = 0.05

    def __init__(self, daemon):
        self.daemon = daemon
        self.attacks = 0
        self.failure = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._held = []

    def attack(self):
        raise NotImplementedError

    def connect(self, source, receive_buffer=None):
        """A connection from that address. The oldest of 400 is closed."""
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(5)
        self._held.append(client)
        if len(self._held) > 400:
            self._held.pop(0).close()
        client.bind((source, 0))
        client.connect(("127.0.0.1", self.daemon.port))
        return client

    def _run(self):
        try:
            while not self._end.wait(self.pause_s):
                with contextlib.suppress(OSError):  # also of a connection that is closed meanwhile
                    self.attack()
                self.attacks += 1
        except Exception as error:  # the test reports it
            self.failure = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(DEADLINE_S)
        for client in self._held:
            client.close()


class SlowReader(Attacker):
    """Asks for pages and takes 2 kB of them now and then, so that no pause ends the connection."""

    pause_s = 0.5

    PATHS = (b"/metrics", b"/api/v1/listeners?limit=1000", b"/api/v1/groups?limit=1000", b"/")

    def attack(self):
        number = self.attacks
        client = self.connect(f"127.1.0.{number % 200 + 1}", receive_buffer=2048)
        client.sendall(b"GET " + self.PATHS[number % len(self.PATHS)] + b" HTTP/1.1\r\nHost: x\r\n" +
                       self.daemon.authorization + b"\r\n")
        for reader in random.sample(self._held, min(len(self._held), 20)):
            reader.setblocking(False)
            with contextlib.suppress(OSError):
                reader.recv(2048)


class HalfSentRequest(Attacker):
    """Holds half a request on more connections than one address may have, from the scraper's address."""

    pause_s = 0.1  # the scraper's own request arrives within the two seconds of 20 of these

    def attack(self):
        self.connect("127.0.0.1").sendall(b"GET / HTTP/1.1\r\nX: ")


class SilentConnection(Attacker):
    """Opens connections and says nothing."""

    pause_s = 0.005

    def attack(self):
        self.connect(f"127.2.{self.attacks // 200 % 200}.{self.attacks % 200 + 1}")


class OddRequest(Attacker):
    """Requests that libmicrohttpd or the daemon refuses, and requests that leave before the answer."""

    REQUESTS = (b"GET /?" + b"&" * 8_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /metrics?" + b"a=&" * 4_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
                b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"\0" * 50_000, b"\r\n" * 10_000,
                b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 9_999,
                b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                METRICS * 50)

    pause_s = 0.01

    def attack(self):
        with self.connect(f"127.3.0.{self.attacks % 200 + 1}") as client:
            client.sendall(random.choice(self.REQUESTS + (os.urandom(20_000),)))


class Guess(Attacker):
    """Guesses passwords of known and unknown users, from many addresses."""

    def attack(self):
        with self.connect(f"127.4.0.{self.attacks % 200 + 1}") as client:
            token = base64.b64encode(f"{random.choice(('alice', 'bob'))}:{random.random()}".encode())
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " + token + b"\r\n\r\n")
            client.recv(1)


class Search(Attacker):
    """Starts searches for single sockets, and leaves before their end."""

    def attack(self):
        with self.connect(f"127.5.0.{self.attacks % 200 + 1}") as client:
            client.sendall(b"GET /api/v1/sockets?limit=1000 HTTP/1.1\r\nHost: localhost\r\n" +
                           self.daemon.authorization + b"\r\n")
            if self.attacks % 2:
                client.recv(100)


class Reload(Attacker):
    """Reloads a configuration whose groups have new names each time."""

    pause_s = 0.01

    def attack(self):
        if self.attacks % 50 == 0:
            self.daemon.write_config(self.daemon.config_with_groups(f"g{self.attacks}"))
        self.daemon.process.send_signal(signal.SIGHUP)


class Neighbour(Attacker):
    """A user of the host: opens and closes listeners on ever new ports and addresses, with a connection
    to each."""

    pause_s = 0.01

    def attack(self):
        address = f"127.6.{self.attacks // 200 % 200}.{self.attacks % 200 + 1}"
        server = socket.create_server((address, 0), backlog=1)
        self._held.append(server)
        if len(self._held) > 600:
            self._held.pop(0).close()
        with socket.create_connection(server.getsockname()):
            pass


class StuckReceiver(Attacker):
    """Takes connections of the alert sender, answers a byte at a time, and never comes to an end."""

    def __init__(self, daemon=None):
        super().__init__(daemon)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0.1)
        self.port = self.server.getsockname()[1]

    def attack(self):
        with contextlib.suppress(TimeoutError):
            client, _ = self.server.accept()
            client.settimeout(1)
            self._held.append(client)
        for client in self._held:
            with contextlib.suppress(OSError):
                client.send(b"HTTP/1.1 100 Continue\r\nX: " if random.random() < 0.1 else b"x")

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.server.close()


ALL = (SlowReader, HalfSentRequest, SilentConnection, OddRequest, Guess, Search, Reload, Neighbour)
