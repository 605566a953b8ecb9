"""Sockets in every TCP state that can be made on one host's loopback."""
import contextlib
import socket
import subprocess

from network import free_port

# (family of the client, family of the listener, its address, address to connect to)
IPV4 = (socket.AF_INET, socket.AF_INET, "127.0.0.1", "127.0.0.1")
IPV6 = (socket.AF_INET6, socket.AF_INET6, "::1", "::1")
V4_MAPPED = (socket.AF_INET, socket.AF_INET6, "::", "127.0.0.1")
KINDS = (IPV4, IPV6, V4_MAPPED)


class Sockets(contextlib.ExitStack):
    """Makes sockets and keeps them open until the end of the with block."""

    def listener(self, kind=IPV4, backlog=64, options=(), port=None):
        _, family, address, _ = kind
        server = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        for option in options:
            server.setsockopt(*option)
        server.bind((address, free_port() if port is None else port))
        server.listen(backlog)
        return server

    def connect(self, server, kind=IPV4):
        family, _, _, address = kind
        client = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        client.connect((address, server.getsockname()[1]))
        return client

    def pair(self, kind=IPV4):
        """Both ends of an established connection."""
        server = self.listener(kind)
        client = self.connect(server, kind)
        return client, self.enter_context(server.accept()[0])

    def syn_recv(self, kind=IPV4):
        """A client that is silent towards a listener that waits for data."""
        server = self.listener(kind, options=[(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)])
        self.connect(server, kind)

    def syn_sent(self, kind=IPV4):
        """A client of a listener whose accept queue is full: its SYN is dropped."""
        family, _, _, address = kind
        server = self.listener(kind, backlog=0)
        self.connect(server, kind)
        client = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        client.setblocking(False)
        client.connect_ex((address, server.getsockname()[1]))

    def time_wait(self, kind=IPV4):
        client, server = self.pair(kind)
        client.close()
        server.close()

    def fin_wait2_and_close_wait(self, kind=IPV4):
        client, _ = self.pair(kind)
        client.shutdown(socket.SHUT_WR)

    @staticmethod
    def _fill(sender):
        """Sends until the receiver's window and the send buffer are full."""
        sender.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sender.send(bytes(65536))

    def fin_wait1(self, kind=IPV4):
        """The FIN waits behind data that the peer does not read."""
        client, _ = self.pair(kind)
        self._fill(client)
        client.shutdown(socket.SHUT_WR)

    def last_ack(self, kind=IPV4):
        """Likewise, after the peer's FIN."""
        client, server = self.pair(kind)
        self._fill(server)
        client.shutdown(socket.SHUT_WR)
        server.close()

    def closing(self, kind=IPV4):
        """Both ends close, and the FIN of one is lost. Changes the namespace's packet filter."""
        client, server = self.pair(kind)
        ends = f"tcp sport {client.getsockname()[1]} tcp dport {client.getpeername()[1]}"
        rules = (f"table inet lose_fin {{ chain in {{ type filter hook input priority 0; "
                 f"{ends} tcp flags & fin == fin drop; }}; }}")
        subprocess.run(["nft", rules], check=True)
        client.shutdown(socket.SHUT_WR)
        server.shutdown(socket.SHUT_WR)
