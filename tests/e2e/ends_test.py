"""The end of every connection that handshake_tracing sees: its last values, and whose they were."""
import contextlib
import errno
import os
import socket
import struct
import unittest

import sockets
from hidden_changes import with_every_change_seen
from named_namespaces import NamedNamespaces
from network import LIBC, free_port
from support import Daemon, cannot_run, main, network_namespace, wait_until
from traced import connect, outcomes, require_tracing
from units import systemd_unit

CONFIG = "poll: {handshakes: 200ms, full: 1s}\n"
# The namespaces of other tests are shown, too, and their connections end as well.
MANY_NAMESPACES = CONFIG + "max_network_namespaces: 1000\ndestroy_event_buffer: 128MiB\n"
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER
MULTIPATH_TCP = 262  # IPPROTO_MPTCP of linux/in.h


def connect_to(client, address):
    """connect(2) with an address that Python does not know."""
    return LIBC.connect(client.fileno(), address, len(address))


def closed(page, direction, group):
    """(connections, bytes sent, bytes received)"""
    return tuple(page.get(f"connwatch_tcp_{what}_total", direction=direction, group=str(group))
                 for what in ("connections_closed", "bytes_sent", "bytes_received"))


class EndsTest(unittest.TestCase):
    @with_every_change_seen
    def test_short_connections_in_fifty_namespaces_to_the_byte(self):
        """Also those that end with a reset, which destroy events do not tell anything of, and half-closed
        ones, of which they leave a byte in doubt."""
        self.enterContext(network_namespace())
        namespaces = self.enterContext(NamedNamespaces("ends"))
        names = [namespaces.add(str(number)) for number in range(50)]
        each = 400
        with Daemon(MANY_NAMESPACES) as daemon:
            require_tracing(daemon)
            daemon.wait_for_polls(2)
            expected = {}
            for name in names:
                with namespaces.inside(name):
                    expected[name] = self.make_connections(each)
            self.hidden.check()

            def totals(page):
                return {name: tuple(page.get(f"connwatch_netns_tcp_bytes_{what}_total", netns=name,
                                             direction=direction)
                                    for direction, what in (("outbound", "sent"),
                                                            ("outbound", "received"),
                                                            ("inbound", "sent"),
                                                            ("inbound", "received")))
                        for name in names}
            wait_until(lambda: totals(daemon.page()) == expected, "every byte is counted")
            self.assertEqual(daemon.page().get("connwatch_netns_destroy_events_active"), 1)

            def handshakes(page):
                return {page.get("connwatch_netns_handshakes_total", netns=name,
                                 direction=direction, outcome="ok")
                        for name in names for direction in ("outbound", "inbound")}
            wait_until(lambda: handshakes(daemon.page()) == {each}, "every handshake is counted")

    @staticmethod
    def make_connections(count):
        """(sent, received) of the clients, (sent, received) of the servers"""
        sent = received = 0
        with sockets.Sockets() as held:
            server = held.listener()
            for number in range(count):
                client = socket.create_connection(server.getsockname())
                accepted, _ = server.accept()
                client.sendall(bytes(number % 50))
                if number % 50:
                    accepted.recv(number % 50, socket.MSG_WAITALL)
                if number % 4 == 1:
                    client.shutdown(socket.SHUT_WR)
                accepted.sendall(bytes(number % 7))
                if number % 7:
                    client.recv(number % 7, socket.MSG_WAITALL)
                sent += number % 50
                received += number % 7
                ends = [client, accepted]
                if number % 4 > 1:
                    ends[number % 2].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
                ends[number % 2].close()
                ends[1 - number % 2].close()
        return sent, received, received, sent

    def test_reuse_of_a_socket(self):
        """connect(2) with AF_UNSPEC ends a connection, and the socket makes another one."""
        self.enterContext(network_namespace())
        with Daemon(CONFIG) as daemon, sockets.Sockets() as held:
            require_tracing(daemon)
            daemon.wait_for_polls(2)
            server = held.listener()
            port = server.getsockname()[1]
            client = held.enter_context(socket.socket())
            for number in range(5):
                client.connect(server.getsockname())
                accepted = held.enter_context(server.accept()[0])
                client.sendall(bytes(100 + number))
                accepted.recv(200)
                unspecified = struct.pack("H14x", socket.AF_UNSPEC)
                self.assertEqual(connect_to(client, unspecified), 0)
                accepted.close()
            client.close()

            wait_until(lambda: closed(daemon.page(), "outbound", port) == (5, 510, 0),
                       "each connection counts")
            wait_until(lambda: outcomes(daemon.page(), port) == {"ok": 5}, "so does its handshake")

    def test_short_connections_of_a_unit(self):
        self.enterContext(network_namespace())
        unit = f"connwatch-test-{os.getpid()}-ends.service"  # cgroups are the host's
        in_unit = self.enterContext(systemd_unit(unit))
        config = CONFIG + f"groups: [{{name: ours, match: {{unit: {unit}}}}}]\n"
        with Daemon(config) as daemon, sockets.Sockets() as held:
            require_tracing(daemon)
            daemon.wait_for_polls(2)
            server = held.listener()
            port = server.getsockname()[1]
            with in_unit():
                for _ in range(100):
                    with socket.create_connection(server.getsockname()) as client:
                        with server.accept()[0] as accepted:
                            client.sendall(bytes(10))
                            accepted.recv(10, socket.MSG_WAITALL)
                self.assertEqual(connect("127.0.0.1", free_port())[0], errno.ECONNREFUSED)
            wait_until(lambda: outcomes(daemon.page(), "ours") == {"ok": 100, "refused": 1},
                       "every connect counts as the unit's")
            wait_until(lambda: closed(daemon.page(), "outbound", "ours") == (100, 1_000, 0),
                       "so does every connection")
            wait_until(lambda: closed(daemon.page(), "inbound", port) == (100, 0, 1_000),
                       "the other ends are not the unit's")

    def test_multipath_tcp(self):
        """Whoever closes second has a destroy event without values."""
        self.enterContext(network_namespace())
        try:
            server = self.enterContext(socket.socket(proto=MULTIPATH_TCP))
        except OSError as error:
            cannot_run(f"no Multipath TCP: {error}")
        port = free_port()
        server.bind(("127.0.0.1", port))
        server.listen()
        with Daemon(CONFIG) as daemon:
            require_tracing(daemon)
            daemon.wait_for_polls(2)
            for number in range(20):
                with contextlib.ExitStack() as ends:
                    client = ends.enter_context(socket.socket(proto=MULTIPATH_TCP))
                    client.connect(server.getsockname())
                    accepted = ends.enter_context(server.accept()[0])
                    client.sendall(bytes(100))
                    accepted.recv(100, socket.MSG_WAITALL)
                    (client if number % 2 else accepted).close()
            for direction, counts in (("outbound", (20, 2_000, 0)), ("inbound", (20, 0, 2_000))):
                wait_until(lambda: closed(daemon.page(), direction, port) == counts,
                           f"every {direction} connection counts")


if __name__ == "__main__":
    main()
