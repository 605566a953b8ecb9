"""Which listener something belongs to, against the real kernel: by address, device, family and socket,
and where there are more listeners than can be shown."""
import contextlib
import json
import resource
import socket
import unittest

import sockets
from alert_watch import alerts, firing, flooding, have_fired, time_of
from network import sysctl
from support import Daemon, main, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts, ip

CONFIG = "poll: {listeners: 100ms, handshakes: 200ms, full: 1s}\n"
DEFER = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)  # keeps handshakes of silent clients open
REUSE_ADDRESS = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
REUSE_PORT = (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
SYN_QUEUE, ACCEPT_QUEUE = "syn_queue_length", "accept_queue_length"


def ipv4(address):
    return (socket.AF_INET, socket.AF_INET, address, address)


def ipv6(address):
    return (socket.AF_INET6, socket.AF_INET6, address, address)


def on_device(name):
    return (socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())


class ListenerCase(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def value(self, daemon, name, listener):
        return daemon.page().get(f"connwatch_listener_{name}", listener=listener)

    def wait_for(self, daemon, name, values):
        """`values` by listener."""
        found = lambda: {listener: self.value(daemon, name, listener) for listener in values}
        wait_until(lambda: found() == values, f"{name} is {values}, now {found()}")

    def connect(self, address, options=()):
        """Begins it; `address` as connect() takes it."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        client = self.sockets.enter_context(socket.socket(family))
        client.setblocking(False)
        for option in options:
            client.setsockopt(*option)
        client.connect_ex(address)
        return client


class WhichListenerTest(ListenerCase):
    def add_devices(self, *names):
        """Pairs of which one end is called so; each has an address 10.1.N.1 and the same fe80::1."""
        for number, name in enumerate(names):
            ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
            ip("address", "add", f"10.1.{number}.1/24", "dev", name)
            ip("address", "add", "fe80::1/64", "dev", name, "nodad")
            ip("link", "set", name, "up")
            ip("link", "set", f"{name}-peer", "up")

    def test_a_flood_of_a_service_that_moved_to_the_wildcard(self):
        hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_max_syn_backlog", 8192)
        with Daemon(CONFIG) as daemon:
            before = self.sockets.listener(ipv4(SERVER), backlog=4096, options=[REUSE_ADDRESS])
            port = before.getsockname()[1]
            moved = f"0.0.0.0:{port}"
            with flooding(hosts, port, per_second=200):
                wait_until(lambda: (self.value(daemon, SYN_QUEUE, f"{SERVER}:{port}") or 0) > 50,
                           "the flood of the first one")
                before.close()
                self.sockets.listener(ipv4("0.0.0.0"), backlog=4096, options=[REUSE_ADDRESS],
                                      port=port)
                wait_until(lambda: ("SynRecvBacklogGrowth", moved) in firing(daemon), "the alert")
            self.assertIsNone(self.value(daemon, SYN_QUEUE, f"{SERVER}:{port}"))
            self.assertEqual(self.value(daemon, SYN_QUEUE, "other"), 0)

    def test_one_port_on_two_devices(self):
        self.add_devices("red", "blue")
        rule = ("alerts: [{name: Red, signal: listener_syn_queue, above: 2, match: '0.0.0.0%red:*'},"
                "{name: Blue, signal: listener_syn_queue, above: 2, match: '0.0.0.0%blue:*'}]\n")
        with Daemon(rule + CONFIG) as daemon:
            red = self.sockets.listener(ipv4("0.0.0.0"), backlog=4,
                                        options=[on_device("red"), DEFER])
            port = red.getsockname()[1]
            self.sockets.listener(ipv4("0.0.0.0"), backlog=400, port=port,
                                  options=[on_device("blue"), DEFER])
            for name, address, count in (("red", "10.1.0.1", 3), ("blue", "10.1.1.1", 2)):
                for _ in range(count):
                    self.connect((address, port), [on_device(name)])
            on_red, on_blue = f"0.0.0.0%red:{port}", f"0.0.0.0%blue:{port}"
            self.wait_for(daemon, "accept_queue_limit", {on_red: 4, on_blue: 400})
            self.wait_for(daemon, SYN_QUEUE, {on_red: 3, on_blue: 2, "other": 0})
            wait_until(lambda: firing(daemon) == {("Red", on_red)}, "the alert of the one on red")
            listed = json.loads(daemon.get("/api/v1/listeners").content)["listeners"]
            self.assertLessEqual({on_red, on_blue}, {listener["address"] for listener in listed})
            # The names of devices change, and a listener may outlive its device.
            ip("link", "set", "blue", "down")
            ip("link", "set", "blue", "name", "green")
            self.wait_for(daemon, "sockets", {f"0.0.0.0%green:{port}": 1, on_blue: None})
            index = socket.if_nametoindex("red")
            ip("link", "delete", "red")
            self.wait_for(daemon, "sockets", {f"0.0.0.0%{index}:{port}": 1, on_red: None})

    def link_local_listener(self, device, port=0):
        """Its scope is the device; it is not bound to it otherwise."""
        server = self.sockets.enter_context(socket.socket(socket.AF_INET6))
        server.setsockopt(*DEFER)
        server.bind(("fe80::1", port, 0, socket.if_nametoindex(device)))
        server.listen()
        return server

    def test_one_link_local_address_on_two_devices(self):
        self.add_devices("red", "blue")
        with Daemon(CONFIG) as daemon:
            port = self.link_local_listener("red").getsockname()[1]
            self.link_local_listener("blue", port)
            for name, count in (("red", 3), ("blue", 2)):
                for _ in range(count):
                    self.connect(("fe80::1", port, 0, socket.if_nametoindex(name)))
            self.wait_for(daemon, SYN_QUEUE, {f"[fe80::1%red]:{port}": 3,
                                              f"[fe80::1%blue]:{port}": 2, "other": 0})

    def test_a_link_local_peer_of_a_listener_without_a_device(self):
        self.add_devices("red")
        with Daemon(CONFIG) as daemon:
            server = self.sockets.listener(ipv6("::"), options=[DEFER])
            port = server.getsockname()[1]
            for _ in range(3):
                self.connect(("fe80::1", port, 0, socket.if_nametoindex("red")))
            self.wait_for(daemon, SYN_QUEUE, {f"[::]:{port}": 3, "other": 0})

    def test_sockets_of_ipv6_that_take_ipv4(self):
        not_only_v6 = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        with Daemon(CONFIG) as daemon:
            expected = {"other": 0}
            for address, shown in (("::ffff:0.0.0.0", "0.0.0.0:{}"), ("::", "[::]:{}"),
                                   ("::ffff:127.0.0.1", "127.0.0.1:{}")):
                server = self.sockets.listener(ipv6(address), options=[not_only_v6, DEFER])
                port = server.getsockname()[1]
                for _ in range(3):
                    self.connect(("127.0.0.1", port))
                expected[shown.format(port)] = 3
            self.wait_for(daemon, SYN_QUEUE, expected)


class ReuseportTest(ListenerCase):
    # The kernel gives each client to one of the sockets, by a hash of its address and port.
    CLIENTS = 200

    def accept_all(self, servers):
        for server in servers:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.sockets.enter_context(server.accept()[0])

    def four_sockets(self, backlog):
        """(the sockets, their address, its name)"""
        servers = [self.sockets.listener(backlog=backlog, options=[REUSE_PORT])]
        address = servers[0].getsockname()
        servers += [self.sockets.listener(backlog=backlog, options=[REUSE_PORT], port=address[1])
                    for _ in range(3)]
        for server in servers:
            server.setblocking(False)
        return servers, address, "{}:{}".format(*address)

    def test_one_of_four_sockets_that_holds_more_raises_an_imbalance_alert(self):
        """Its queue is far from full, so no other alert fires."""
        rule = "alerts: [{name: ReuseportImbalance, for: 1s, clear: {below: 2, for: 1s}}]\n"
        with Daemon(rule + CONFIG) as daemon:
            servers, address, name = self.four_sockets(backlog=1000)
            self.wait_for(daemon, "accept_queue_imbalance_ratio", {name: 1})
            alert = ("ReuseportImbalance", name)

            def fire():
                self.connect(address)
                self.accept_all(servers[1:])  # the first one hangs
                return alert in firing(daemon)
            wait_until(fire, "the alert")
            self.assertGreater(alerts(daemon)[alert]["value"], 3)
            self.accept_all(servers)
            self.wait_for(daemon, "accept_queue_imbalance_ratio", {name: 1})
            wait_until(lambda: time_of(daemon, alert, "resolved"), "it resolves")
            self.assertEqual(have_fired(daemon), {alert})

    def test_one_of_four_sockets_is_full(self):
        with Daemon(CONFIG) as daemon:
            servers, address, name = self.four_sockets(backlog=20)
            self.wait_for(daemon, "sockets", {name: 4})
            for _ in range(self.CLIENTS):
                self.connect(address)
                self.accept_all(servers[1:])  # the first one hangs
            self.wait_for(daemon, "full_sockets", {name: 1})
            self.accept_all(servers[1:])
            self.wait_for(daemon, ACCEPT_QUEUE, {name: 21})
            self.wait_for(daemon, "accept_queue_utilization_ratio", {name: 1})
            alert = ("AcceptQueueNearlyFull", name)
            wait_until(lambda: alert in firing(daemon), "the alert")
            found = alerts(daemon)[alert]
            self.assertEqual((found["value"], found["cause"]), (1, "accept_queue_full"))
            self.assertIn("1 of 4 sockets is full (21 of 20), the other 3 hold 0",
                          found["evidence"]["text"])
            listed, = [listener
                       for listener in json.loads(daemon.get("/api/v1/listeners").content)["listeners"]
                       if listener["address"] == name]
            self.assertEqual(listed["fullest_socket"],
                             {"accept_queue_length": 21, "accept_queue_limit": 20})


class BeyondLimitTest(ListenerCase):
    def test_a_full_listener_beyond_max_listeners(self):
        with Daemon("max_listeners: 5\n" + CONFIG) as daemon:
            servers = [self.sockets.listener(backlog=4) for _ in range(12)]
            folded = lambda: daemon.page().get("connwatch_folded_subjects", kind="listener")
            wait_until(lambda: folded() == 8, "twelve and the daemon's own, five of them shown")
            names = {"{}:{}".format(*server.getsockname()): server for server in servers}
            hidden = next(name for name in names if self.value(daemon, "sockets", name) is None)
            for _ in range(8):
                self.connect(names[hidden].getsockname())
            self.wait_for(daemon, ACCEPT_QUEUE, {hidden: 5})
            diagnosis = lambda: daemon.page().get("connwatch_listener_diagnosis", listener=hidden,
                                                  cause="accept_queue_full")
            wait_until(lambda: diagnosis() == 1, "the diagnosis")
            wait_until(lambda: ("AcceptQueueNearlyFull", hidden) in firing(daemon), "the alert")
            self.assertEqual(folded(), 8)

    def test_hundreds_of_listeners_before_the_full_one(self):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, limits[1]), limits[1]))
        with Daemon(CONFIG) as daemon:
            for _ in range(620):
                self.sockets.listener(backlog=4)
            folded = lambda: daemon.page().get("connwatch_folded_subjects", kind="listener")
            wait_until(lambda: folded() == 121, "620 and the daemon's own, 500 of them shown")
            hot = self.sockets.listener(backlog=4)
            name = "{}:{}".format(*hot.getsockname())
            for _ in range(8):
                self.connect(hot.getsockname())
            self.wait_for(daemon, ACCEPT_QUEUE, {name: 5})
            wait_until(lambda: ("AcceptQueueNearlyFull", name) in firing(daemon), "the alert")
            page = daemon.page()
            self.assertEqual(page.get("connwatch_folded_listeners_in_trouble"), 0)
            drops = [dict(labels)["listener"] for (metric, labels) in page.series
                     if metric == "connwatch_listener_drops_total"]
            self.assertEqual(len(drops), 501, "500 and other")


if __name__ == "__main__":
    main()
