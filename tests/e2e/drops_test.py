"""What a listener refused, and what its sockets drop without harm to anybody, on the real kernel."""
import pathlib
import socket
import subprocess
import threading
import unittest

import sockets
from alert_watch import alerts
from network import sysctl
from support import Daemon, main, network_namespace, wait_until
from two_hosts import ACK, CLIENT, FIN, RST, SERVER, TwoHosts, segment, syn

# The alert does not wait, so that it cannot miss what lasts only some seconds.
CONFIG = """
poll: {listeners: 100ms, handshakes: 200ms, full: 1s}
alerts: [{name: ListenerDropping, for: 0s}]
"""
DEFER = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
AT_SERVER = (socket.AF_INET, socket.AF_INET, SERVER, SERVER)
NOISE = 50  # dropped segments that harm nobody, at least


def kernel_drops():
    """ListenDrops of this namespace, which begins at 0."""
    names, values = pathlib.Path("/proc/thread-self/net/netstat").read_text().splitlines()[:2]
    return int(dict(zip(names.split(), values.split()))["ListenDrops"])


def label(server):
    return "{}:{}".format(*server.getsockname())


def shown(daemon, server):
    """(true drops, dropped segments) of a listener."""
    page = daemon.page()
    return tuple(page.get(f"connwatch_listener_{name}_total", listener=label(server))
                 for name in ("drops", "socket_drops"))


def is_dropping(daemon, server):
    return ("ListenerDropping", label(server)) in alerts(daemon)


class DropsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def daemon_that_knows(self, *servers):
        daemon = self.enterContext(Daemon(CONFIG))
        for server in servers:
            wait_until(lambda: shown(daemon, server) == (0, 0), f"{label(server)} is known")
        return daemon

    def knock(self, server):
        """A client that does not wait for an answer."""
        client = self.sockets.enter_context(socket.socket())
        client.setblocking(False)
        client.connect_ex(server.getsockname())
        return client

    def request(self, server):
        """A client that sends its request at once, and is served."""
        with socket.create_connection(server.getsockname()) as client:
            client.sendall(b"?")
            with server.accept()[0] as accepted:
                accepted.recv(1)
                accepted.sendall(b"!")
            client.recv(1)

    def overload(self, daemon, server):
        """Clients knock at a full accept queue, and give up when enough of them were refused."""
        clients = [self.knock(server) for _ in range(20)]
        wait_until(lambda: shown(daemon, server)[0] >= 30, "SYNs are refused again and again")
        for client in clients:
            client.close()

    def assert_harmless(self, daemon, server, make_noise):
        """However many segments the socket drops, nothing was refused, and nobody is alarmed."""
        def has_counted():
            make_noise()
            return shown(daemon, server)[1] >= NOISE
        wait_until(has_counted, f"{NOISE} dropped segments, now {shown(daemon, server)[1]}")
        daemon.wait_for_polls(2, tier="handshakes")
        self.assertEqual(kernel_drops(), 0)
        self.assertEqual(shown(daemon, server)[0], 0)
        self.assertFalse(is_dropping(daemon, server))

    def test_a_full_accept_queue_refuses_what_the_kernel_says(self):
        server = self.sockets.listener(backlog=2)
        daemon = self.daemon_that_knows(server)
        self.overload(daemon, server)
        self.assertTrue(is_dropping(daemon, server))
        refused = kernel_drops()
        wait_until(lambda: shown(daemon, server) == (refused, refused), f"{refused} drops")
        daemon.wait_for_polls(2, tier="handshakes")
        self.assertEqual(shown(daemon, server), (refused, refused))

    def test_deferred_accept(self):
        server = self.sockets.listener(options=[DEFER])
        daemon = self.daemon_that_knows(server)
        self.assert_harmless(daemon, server, lambda: self.request(server))

    def watched_host(self):
        """(daemon, a listener that it knows, its port, a raw socket of the other host)"""
        hosts = self.enterContext(TwoHosts())
        server = self.sockets.listener(AT_SERVER)
        return (self.daemon_that_knows(server), server, server.getsockname()[1],
                hosts.raw_socket())

    def test_segments_of_no_connection(self):
        daemon, server, port, raw = self.watched_host()

        def send():
            for flags in (RST, RST | ACK, ACK, FIN, FIN | ACK):
                raw.sendto(segment(CLIENT, 20_000, port, flags), (SERVER, 0))
        self.assert_harmless(daemon, server, send)

    def test_repeated_syns(self):
        daemon, server, port, raw = self.watched_host()
        # The answers are lost, so the client asks again.
        self.assert_harmless(daemon, server,
                             lambda: raw.sendto(syn("198.19.0.9", 1024, port), (SERVER, 0)))

    def test_half_open_probes(self):
        daemon, server, port, raw = self.watched_host()
        # The client's kernel knows of no handshake, and resets what is answered.
        self.assert_harmless(daemon, server,
                             lambda: raw.sendto(syn(CLIENT, 20_000, port), (SERVER, 0)))

    def test_aborted_downloads(self):
        hosts = self.enterContext(TwoHosts())
        # A queue of the server holds segments, which arrive when the client has gone.
        subprocess.run(["tc", "qdisc", "add", "dev", "server", "root", "tbf", "rate", "40mbit",
                        "burst", "32kb", "limit", "1mb"], check=True)
        server = self.sockets.listener(AT_SERVER)
        daemon = self.daemon_that_knows(server)

        def send_for_ever(accepted):
            try:
                while True:
                    accepted.sendall(bytes(65536))
            except OSError:
                accepted.close()

        def abort():
            with hosts.at_client():
                client = socket.create_connection(server.getsockname())
            sender = threading.Thread(target=send_for_ever, args=(server.accept()[0],))
            sender.start()
            received = 0
            while received < 1_000_000:
                received += len(client.recv(65536))
            client.close()
            sender.join()
        self.assert_harmless(daemon, server, abort)

    def test_noise_of_one_listener_beside_refusals_of_another(self):
        noisy = self.sockets.listener(options=[DEFER])
        full = self.sockets.listener(backlog=2)
        daemon = self.daemon_that_knows(noisy, full)
        over = threading.Event()

        def make_noise():
            while not over.is_set():
                self.request(noisy)
        noise = threading.Thread(target=make_noise)
        noise.start()
        try:
            self.overload(daemon, full)
            wait_until(lambda: shown(daemon, noisy)[1] >= NOISE, "noise")
        finally:
            over.set()
            noise.join()
        refused = kernel_drops()
        wait_until(lambda: shown(daemon, full) == (refused, refused), f"{refused} drops")
        daemon.wait_for_polls(2, tier="handshakes")
        self.assertEqual(shown(daemon, full), (refused, refused))
        self.assertEqual(shown(daemon, noisy)[0], 0)
        self.assertTrue(is_dropping(daemon, full))
        self.assertFalse(is_dropping(daemon, noisy))

    def test_a_full_syn_queue_without_cookies(self):
        hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_syncookies", 0)
        backlog = 8
        noisy = self.sockets.listener(options=[DEFER])
        full = self.sockets.listener(AT_SERVER, backlog=backlog)
        port = full.getsockname()[1]
        raw = hosts.raw_socket()
        daemon = self.daemon_that_knows(noisy, full)
        fill = [syn(f"198.19.0.{i + 1}", 1024, port) for i in range(backlog + 1)]
        for packet in fill:
            raw.sendto(packet, (SERVER, 0))
        wait_until(lambda: daemon.page().get("connwatch_listener_syn_queue_length",
                                             listener=label(full)) >= backlog, "a full SYN queue")
        for i in range(100):
            raw.sendto(syn(f"198.19.1.{i + 1}", 1024, port), (SERVER, 0))
            self.request(noisy)
        refused = kernel_drops()
        self.assertGreater(refused, 50)
        wait_until(lambda: shown(daemon, full)[0] == refused, f"{refused} drops")
        self.assertEqual(shown(daemon, noisy)[0], 0)


if __name__ == "__main__":
    main()
