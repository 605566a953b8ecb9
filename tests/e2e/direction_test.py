"""Who opened a connection, and the group that follows, where no listener and no port number tell."""
import ctypes
import socket
import struct
import subprocess
import threading

from booked_traffic import CONFIG, TrafficTest, move, total, traffic
from network import sysctl
from support import Daemon, main
from two_hosts import SERVER, TwoHosts

PORT = 8000  # of a service: not ephemeral


def disconnect(client):
    """connect(2) with AF_UNSPEC: the socket can connect again, and keeps its cookie."""
    unspecified = struct.pack("H14x", socket.AF_UNSPEC)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.connect(client.fileno(), unspecified, len(unspecified)) != 0:
        raise OSError(ctypes.get_errno(), "connect with AF_UNSPEC")


def groups(page):
    """The names of the groups that have series."""
    return {dict(labels)["group"] for (name, labels) in page.series
            if name == "connwatch_tcp_group_sockets"}


def guessed(page):
    return {by: total(page, "connections_direction_guessed_total", by=by)
            for by in ("listener", "hint", "port_range", "nothing")}


class YoungListenerTest(TrafficTest):
    """A server opens its port, and in the same moment many clients come and go."""

    CLIENTS, EACH = 6, 1_000
    REQUEST, ANSWER = b"q" * 10, b"a" * 25

    def serve(self, listener, count):
        for _ in range(count):
            with listener.accept()[0] as peer:
                peer.recv(len(self.REQUEST), socket.MSG_WAITALL)
                peer.sendall(self.ANSWER)  # and closes first

    def ask(self, opened, hosts):
        with hosts.at_client():
            opened.wait()
            for _ in range(self.EACH):
                with socket.create_connection((SERVER, PORT)) as client:
                    client.sendall(self.REQUEST)
                    while client.recv(100):
                        pass

    def test_every_connection_is_inbound_in_the_group_of_the_port(self):
        hosts = self.enterContext(TwoHosts())
        count = self.CLIENTS * self.EACH
        opened = threading.Event()
        with Daemon(CONFIG) as daemon:
            clients = [threading.Thread(target=self.ask, args=(opened, hosts))
                       for _ in range(self.CLIENTS)]
            for client in clients:
                client.start()
            listener = self.sockets.enter_context(
                socket.create_server((SERVER, PORT), backlog=4096))
            opened.set()
            self.serve(listener, count)
            listener.close()
            for client in clients:
                client.join()
            expected = (count, count * len(self.ANSWER), count * len(self.REQUEST))
            self.wait_for_traffic(daemon, "inbound", PORT, expected)
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "inbound", group=str(PORT)), expected)
            self.assertEqual(traffic(page, "outbound", group=str(PORT)), (0, 0, 0))
            self.assertEqual(groups(page), {"other", str(PORT), str(daemon.port)})
            self.assertEqual(guessed(page)["nothing"], 0)


class DrainTest(TrafficTest):
    """A service stops listening, and its connections live on."""

    def test_connections_stay_inbound_in_their_group(self):
        hosts = self.enterContext(TwoHosts())
        listener = self.sockets.listener((None, socket.AF_INET, SERVER, None), port=PORT)
        with hosts.at_client():
            clients = [self.sockets.enter_context(socket.create_connection((SERVER, PORT)))
                       for _ in range(20)]
        servers = [self.sockets.enter_context(listener.accept()[0]) for _ in clients]
        with Daemon(CONFIG) as daemon:
            listener.close()
            daemon.wait_for_polls(2)
            self.move_all(clients, servers)
            self.wait_for_traffic(daemon, "inbound", PORT, (0, 0, 20_000))
            daemon.reload(CONFIG + "max_groups: 50\n")
            self.move_all(clients, servers)
            self.wait_for_traffic(daemon, "inbound", PORT, (0, 0, 40_000))
            for server in servers:
                server.close()
            self.wait_for_traffic(daemon, "inbound", PORT, (20, 0, 40_000))
            page = daemon.wait_for_polls(2)
            self.assertEqual(groups(page), {"other", str(PORT), str(daemon.port)})
            for state in ("established", "fin_wait2", "time_wait"):
                self.assertEqual(total(page, "tcp_group_sockets", state=state),
                                 total(page, "tcp_sockets", state=state), state)
            self.assertEqual(total(page, "tcp_group_sockets", direction="inbound",
                                   group=str(PORT), state="fin_wait2"), 20)

    @staticmethod
    def move_all(clients, servers):
        for client, server in zip(clients, servers):
            move(client, server, 1_000)

    def test_a_daemon_that_starts_later_knows_as_well(self):
        with self.sockets.listener() as listener:
            port = listener.getsockname()[1]
            client = self.sockets.connect(listener)
            server = self.sockets.enter_context(listener.accept()[0])
        with Daemon(CONFIG) as daemon:
            move(client, server, 500)
            move(server, client, 70)
            self.wait_for_traffic(daemon, "inbound", port, (0, 70, 500))
            self.wait_for_traffic(daemon, "outbound", port, (0, 500, 70))


class EphemeralPortsTest(TrafficTest):
    TRANSFERS = 120

    def transfer(self, hosts, size):
        """As passive FTP does: a listener for one connection, on a port that the kernel chose."""
        with socket.create_server((SERVER, 0)) as listener:
            port = listener.getsockname()[1]
            with hosts.at_client():
                client = socket.create_connection((SERVER, port))
            server = listener.accept()[0]
        with client, server:
            move(server, client, size)
            server.close()
            self.assertEqual(client.recv(1), b"")

    def test_passive_transfers_have_one_group_and_take_no_room(self):
        hosts = self.enterContext(TwoHosts())
        with Daemon("max_groups: 5\n" + CONFIG) as daemon:
            for _ in range(self.TRANSFERS):
                self.transfer(hosts, 1_000)
            expected = (self.TRANSFERS, self.TRANSFERS * 1_000, 0)
            self.wait_for_traffic(daemon, "inbound", "ephemeral", expected)
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "inbound", group="ephemeral"), expected)
            self.assertEqual(traffic(page, "outbound", group="ephemeral"), (0, 0, 0))
            self.assertEqual(groups(page), {"other", "ephemeral", str(daemon.port)})
            self.assertEqual(total(page, "folded_subjects", kind="group"), 0)
            listener = self.sockets.listener((None, socket.AF_INET, SERVER, None), port=PORT)
            with hosts.at_client():
                client = self.sockets.enter_context(socket.create_connection((SERVER, PORT)))
            move(client, self.sockets.enter_context(listener.accept()[0]), 777)
            self.wait_for_traffic(daemon, "inbound", PORT, (0, 0, 777))

    def test_a_destination_of_ten_connections_has_a_group(self):
        hosts = self.enterContext(TwoHosts())
        with hosts.at_client():
            listener = self.sockets.enter_context(socket.create_server(("", 0), backlog=64))
        address = ("198.18.0.2", listener.getsockname()[1])

        def connect(count):
            for _ in range(count):
                with socket.create_connection(address) as client:
                    with listener.accept()[0] as server:
                        move(client, server, 100)
        with Daemon(CONFIG) as daemon:
            connect(9)
            self.wait_for_traffic(daemon, "outbound", "ephemeral", (9, 900, 0))
            connect(11)
            self.wait_for_traffic(daemon, "outbound", address[1], (11, 1_100, 0))
            self.assertEqual(traffic(daemon.page(), "outbound", group="ephemeral"), (9, 900, 0))

    def test_the_range_is_the_hosts(self):
        sysctl("ipv4/ip_local_port_range", "7000\t9000")
        client, server, port = self.pair()
        young = self.sockets.listener(port=PORT)
        other = self.sockets.connect(young)
        with Daemon(CONFIG) as daemon:
            move(client, server, 10)
            move(other, self.sockets.enter_context(young.accept()[0]), 20)
            self.wait_for_traffic(daemon, "inbound", port, (0, 0, 10))
            self.wait_for_traffic(daemon, "inbound", "ephemeral", (0, 0, 20))


class DroppedByTheHostTest(TrafficTest):
    """kernel: bytes_sent also counts what the host itself drops on the way out."""

    RULES = ("table ip drop_some {{ chain out {{ type filter hook output priority 0; "
             "tcp sport {port} ip length > 1000 numgen inc mod 5 == 0 drop; }}; }}")
    CONNECTIONS, SIZE = 20, 200_000

    def test_totals_are_the_truth(self):
        hosts = self.enterContext(TwoHosts())
        listener = self.sockets.listener((None, socket.AF_INET, SERVER, None), port=PORT)
        subprocess.run(["nft", self.RULES.format(port=PORT)], check=True)
        with Daemon(CONFIG) as daemon:
            threads = [threading.Thread(target=self.transfer, args=(hosts, listener))
                       for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            sent = self.CONNECTIONS * self.SIZE
            self.wait_for_traffic(daemon, "inbound", PORT, (self.CONNECTIONS, sent, 0))
            page = daemon.wait_for_polls(2)
            self.assertEqual(traffic(page, "inbound", group=str(PORT)),
                             (self.CONNECTIONS, sent, 0))
            self.assertEqual(groups(page), {"other", str(PORT), str(daemon.port)})

    def transfer(self, hosts, listener):
        for _ in range(self.CONNECTIONS // 4):
            with hosts.at_client():
                client = socket.create_connection((SERVER, PORT))
            with client, listener.accept()[0] as server:
                # The peer of `server` may be the client of another thread: each reads what comes.
                reader = threading.Thread(target=self.read_to_the_end, args=(client,))
                reader.start()
                server.sendall(bytes(self.SIZE))
                server.close()
                reader.join()

    @staticmethod
    def read_to_the_end(client):
        while client.recv(1 << 20):
            pass


class SecondConnectionTest(TrafficTest):
    def test_a_socket_that_connects_again(self):
        first, second = self.sockets.listener(), self.sockets.listener()
        with Daemon(CONFIG) as daemon:
            client = self.sockets.connect(first)
            peer = self.sockets.enter_context(first.accept()[0])
            move(client, peer, 3_000)
            self.wait_for_traffic(daemon, "outbound", first.getsockname()[1], (0, 3_000, 0))
            disconnect(client)
            peer.close()
            client.connect(second.getsockname())
            peer = self.sockets.enter_context(second.accept()[0])
            move(client, peer, 2_000)
            client.close()
            peer.close()
            self.wait_for_traffic(daemon, "outbound", second.getsockname()[1], (1, 2_000, 0))
            self.wait_for_traffic(daemon, "outbound", first.getsockname()[1], (1, 3_000, 0))


if __name__ == "__main__":
    main()
