"""The load of a cluster node: services of the host, and pods, each in a network namespace of its own."""

import contextlib
import random
import socket
import time

from own_network import network

from named_namespaces import NamedNamespaces

# The kubelet, its health, the proxy and its health, the network plugin, node_exporter, the runtime, ssh
# and two pods in the host's network.
HOST_PORTS = (10250, 10248, 10249, 10256, 9099, 9100, 10010, 22, 9253, 8181)
POD_PORTS = (8080, 9090, 15090)
CLOSED_PORT = 6379  # connects to it are refused
PAUSE_S = 0.2
LONGEST_ANSWER = 20_000


class Service:
    """Some listeners of one network namespace, and clients in it that keep connections open."""

    def __init__(self, stack, inside, ports, pairs):
        self._inside = inside
        self._stack = stack
        with inside():
            self.servers = [stack.enter_context(socket.create_server(("127.0.0.1", port), backlog=128))
                            for port in ports]
            self._pairs = [self._connected(random.choice(self.servers)) for _ in range(pairs)]

    def _connected(self, server):
        client = self._stack.enter_context(socket.create_connection(server.getsockname()))
        return client, self._stack.enter_context(server.accept()[0])

    @staticmethod
    def _exchange(client, peer):
        client.sendall(b"r" * 300)
        peer.recv(300)
        peer.sendall(b"a" * random.randrange(1, LONGEST_ANSWER))
        client.recv(LONGEST_ANSWER)

    def work(self):
        """A request on each connection, a short connection, and now and then one that is refused."""
        for client, peer in self._pairs:
            self._exchange(client, peer)
        with self._inside():
            server = random.choice(self.servers)
            with socket.create_connection(server.getsockname()) as client, server.accept()[0] as peer:
                self._exchange(client, peer)
            if random.random() < 0.1:
                with socket.socket() as refused:
                    refused.connect_ex(("127.0.0.1", CLOSED_PORT))


class Node(contextlib.ExitStack):
    """This thread's network namespace is the host's. Ends with the with block."""

    def __init__(self, pods, pairs=6):
        super().__init__()
        self._pods = pods
        self._pairs = pairs

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self._namespaces = self.enter_context(NamedNamespaces("cni"))
            self._host = Service(self, contextlib.nullcontext, HOST_PORTS, 2 * len(HOST_PORTS))
            self._services = [self._host]
            self.netns = set()
            for number in range(self._pods):
                name = self._namespaces.add(str(number))
                self.netns.add(name)
                self._services.append(Service(self, lambda name=name: self._namespaces.inside(name),
                                              POD_PORTS[:1 + number % len(POD_PORTS)], self._pairs))
            undo.pop_all()
        return self

    def work(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for service in self._services:
                service.work()
            time.sleep(PAUSE_S)

    def overload(self):
        """From now on one listener of the host takes no more connections, and turns clients away."""
        server = self.enter_context(socket.create_server(("127.0.0.1", 8443), backlog=4))
        for _ in range(12):
            client = self.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())


def own_node(stack, pods):
    """A node in a network namespace of its own, until `stack` ends."""
    stack.enter_context(network.network_namespace())
    return stack.enter_context(Node(pods))
