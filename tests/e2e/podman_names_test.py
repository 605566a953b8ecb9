"""Containers and a pod of a real Podman: their sockets, their alerts, and their names."""
import json
import unittest

from kernel_walk_test import require_walk
from podman import Podman
from support import Daemon, main, wait_until

CONFIG = """
poll: {listeners: 100ms, handshakes: 200ms, full: 300ms}
max_network_namespaces: 4096
alerts:
  - name: AcceptQueueFull
    signal: listener_accept_queue_utilization
    above: 95%
    for: 0s
"""
# Listens, connects to itself, and accepts only some of that.
SERVER = """
import socket, sys, time
port, backlog, clients, accepted = map(int, sys.argv[1:])
server = socket.create_server(("0.0.0.0", port), backlog=backlog)
held = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
held += [server.accept() for _ in range(accepted)]
time.sleep(600)
"""


class PodmanNamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_walk()

    def setUp(self):
        self.podman = self.enterContext(Podman())

    def start(self, name, port, backlog=16, clients=0, accepted=0, options=()):
        self.podman.start(name, "/usr/bin/python3", "-c", SERVER, port, backlog, clients, accepted,
                          options=options)

    def test_containers_and_pods_are_named(self):
        self.start("web", 80, clients=2, accepted=2, options=["--network=none"])
        self.start("db", 5432)
        self.podman.run("pod", "create", "--name=shop")
        self.start("cart", 8080, backlog=2, clients=3, options=["--pod=shop"])
        self.start("cache", 6379, options=["--pod=shop"])
        with Daemon(CONFIG) as daemon:
            def namespaces():
                answer = json.loads(daemon.get("/api/v1/namespaces?limit=1000").content)
                listed = {one["netns"]: one for one in answer["namespaces"]}
                return listed if {"podman/web", "podman/db", "podman/shop"} <= set(listed) and \
                    len(listed["podman/shop"]["listeners"]) == 2 else None

            def alert():
                answer = json.loads(daemon.get("/api/v1/alerts").content)
                return next((one for one in answer["alerts"] if one["alert"] == "AcceptQueueFull" and
                             one["state"] == "firing"), None)
            found = wait_until(namespaces, "all are named")
            fired = wait_until(alert, "the alert for the full accept queue")
            page = daemon.wait_for_polls(2)
        units = {netns: {listener["address"]: listener["unit"] for listener in one["listeners"]}
                 for netns, one in found.items() if netns.startswith("podman/")}
        self.assertEqual(units, {
            "podman/web": {"0.0.0.0:80": "podman/web"}, "podman/db": {"0.0.0.0:5432": "podman/db"},
            "podman/shop": {"0.0.0.0:8080": "podman/shop/cart", "0.0.0.0:6379": "podman/shop/cache"}})
        self.assertEqual((fired["subject"], fired["pod"]), ("podman/shop/0.0.0.0:8080", "shop"))

        def states(netns, **labels):
            return {state: page.get("connwatch_netns_tcp_sockets", netns=netns, state=state, **labels)
                    for state in ("listen", "established")}
        self.assertEqual(states("podman/web"), {"listen": 1, "established": 4})
        self.assertEqual(states("podman/db"), {"listen": 1, "established": 0})
        self.assertEqual(states("podman/shop", pod="shop"), {"listen": 2, "established": 6})


if __name__ == "__main__":
    main()
