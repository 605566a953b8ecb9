"""What the page says connections have moved, for tests that moved it."""
import contextlib
import threading
import unittest

import sockets
from support import network_namespace, wait_until

CONFIG = "poll: {listeners: 100ms, handshakes: 200ms, full: 500ms}\ndestroy_events: on\n"
TRAFFIC = ("connections_closed", "bytes_sent", "bytes_received")


def total(page, name, **labels):
    """The sum of the series of that name which have these labels, among others."""
    return sum(value for (series, series_labels), value in page.series.items()
               if series == f"connwatch_{name}" and labels.items() <= dict(series_labels).items())


def traffic(page, direction, **group):
    """(connections closed, bytes sent, bytes received)"""
    return tuple(total(page, f"tcp_{name}_total", direction=direction, **group)
                 for name in TRAFFIC)


def move(sender, receiver, size):
    """Sends that many bytes and reads them at the other end."""
    def send():
        for begin in range(0, size, 1 << 20):
            sender.sendall(bytes(min(1 << 20, size - begin)))
    thread = threading.Thread(target=send)
    thread.start()
    left = size
    while left:
        left -= len(receiver.recv(min(left, 1 << 20)))
    thread.join()


class TrafficTest(unittest.TestCase):
    """Base: a network namespace, sockets that end with the test."""

    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def pair(self, kind=sockets.IPV4):
        """(client, its peer, port of the listener); the listener stays."""
        server = self.sockets.listener(kind)
        client = self.sockets.connect(server, kind)
        return client, self.sockets.enter_context(server.accept()[0]), server.getsockname()[1]

    def wait_for(self, expected, find):
        with contextlib.suppress(AssertionError):
            wait_until(lambda: find() == expected, expected)
        self.assertEqual(find(), expected)

    def wait_for_traffic(self, daemon, direction, group, expected):
        self.wait_for(expected, lambda: traffic(daemon.page(), direction, group=str(group)))

    def ended(self, daemon, cause):
        return total(daemon.page(), "connections_ended_total", cause=cause)
