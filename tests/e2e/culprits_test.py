"""The destinations, networks, groups and units that an alert names as those behind its trouble."""
import contextlib
import os
import socket
import subprocess
import unittest

import sockets
from alert_watch import alerts, firing, have_fired
from network import sysctl
from support import Daemon, main, network_namespace, wait_until
from two_hosts import CLIENT, TwoHosts
from units import systemd_unit

POLL = "poll: {listeners: 100ms, handshakes: 500ms, full: 1s}\n"


def rule(name, condition, hold="0s"):
    return f"alerts: [{{name: {name}, {condition}, for: {hold}}}]\n"


def counters(file, prefix):
    """{name: value} of the network namespace we are in."""
    with open(f"/proc/thread-self/net/{file}", encoding="ascii") as lines:
        names, values = [line.split()[1:] for line in lines if line.startswith(prefix + ":")]
    return dict(zip(names, map(int, values)))


def total(page, name, **labels):
    """The sum over all series of that name with these labels."""
    return sum(value for (found, of_series), value in page.series.items()
               if found == name and labels.items() <= dict(of_series).items())


class CulpritsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())
        # Units are those of the host, whatever the network namespace is.
        self.unit = f"connwatch-test-{os.getpid()}-culprit.service"
        self.in_unit = self.enterContext(systemd_unit(self.unit))

    def begin_connects(self, address, count, source=None):
        """Non-blocking ones; kept open."""
        clients = [self.sockets.enter_context(socket.socket()) for _ in range(count)]
        for client in clients:
            if source:
                client.bind((source, 0))
            client.setblocking(False)
            client.connect_ex(address)
        return clients

    def evidence(self, daemon, *alert):
        """The evidence of the alert, once it fires. What it names must be in the log and on the page as well."""
        wait_until(lambda: alert in firing(daemon), f"{alert} fires")
        evidence = alerts(daemon)[alert]["evidence"]
        line = next(line for line in daemon.log().splitlines()
                    if f"alert={alert[0]} subject={alert[1]} state=firing" in line)
        for name, count in [*evidence["top_units"].items(), *evidence["top_groups"].items(),
                            *evidence["top_destinations"].items()]:
            self.assertIn(f" {name} ({count})", line)
        return evidence


class PortsTest(CulpritsTest):
    PORTS = 1000  # also for the connections to the daemon

    def setUp(self):
        super().setUp()
        sysctl("ipv4/ip_local_port_range", f"40000\t{40000 + self.PORTS - 1}")

    def test_ports_towards_one_destination_name_it_and_the_unit(self):
        listener = self.sockets.listener(backlog=4096)
        destination = "{}:{}".format(*listener.getsockname())
        with Daemon(rule("EphemeralPortsNearlyExhausted", "above: 80%") + POLL) as daemon:
            with self.in_unit():
                self.begin_connects(listener.getsockname(), 850)
            evidence = self.evidence(daemon, "EphemeralPortsNearlyExhausted", "host")
            self.assertEqual(list(evidence["top_destinations"]), [destination])
            self.assertGreater(evidence["numbers"]["ports_used"], 800)
            self.assertEqual(evidence["numbers"]["ports_available"], self.PORTS)
            self.assertEqual(list(evidence["top_units"]), [self.unit])
            self.assertGreater(evidence["top_units"][self.unit], 750)
            self.assertRegex(evidence["text"],
                             rf"8\d\d of 1000 ports are in use from 127\.0\.0\.1 to {destination};.* "
                             rf"most of them belong to {self.unit}")

    def test_ports_of_one_source_address_name_it_and_the_unit(self):
        """As a proxy takes them: bind() before connect(), to many destinations."""
        listeners = [self.sockets.listener(backlog=4096) for _ in range(5)]
        with Daemon(rule("SourcePortsNearlyExhausted", "above: 80%") + POLL) as daemon:
            with self.in_unit():
                for listener in listeners:
                    self.begin_connects(listener.getsockname(), 170, source="127.0.0.2")
            evidence = self.evidence(daemon, "SourcePortsNearlyExhausted", "host")
            self.assertRegex(evidence["text"], r"8\d\d of 1000 ports are in use from 127\.0\.0\.2 to "
                                               rf"all destinations; most of them belong to {self.unit}")
            self.assertEqual(list(evidence["top_units"]), [self.unit])


class StatesTest(CulpritsTest):
    def test_time_wait_names_destinations_and_groups_of_both_directions(self):
        sysctl("ipv4/tcp_max_tw_buckets", 2000)
        sysctl("ipv4/tcp_tw_reuse", 0)
        ours, theirs = self.sockets.listener(), self.sockets.listener()
        for listener, count in ((ours, 30), (theirs, 40)):
            for _ in range(count):
                with contextlib.ExitStack() as pair:
                    client = pair.enter_context(socket.create_connection(listener.getsockname()))
                    server = pair.enter_context(listener.accept()[0])
                    first, second = (client, server) if listener is theirs else (server, client)
                    first.close()
                    second.close()
        # The kernel's count is there before the full poll's.
        with Daemon(rule("TimeWaitNearLimit", "above: 2%", hold="3s") + POLL) as daemon:
            evidence = self.evidence(daemon, "TimeWaitNearLimit", "host")
            label = lambda listener: "{}:{}".format(*listener.getsockname())
            named = {name: evidence["top_destinations"].get(name) for name in (label(theirs), label(ours))}
            self.assertEqual(named, {label(theirs): 40, label(ours): 30})
            self.assertRegex(evidence["text"], "sockets in TIME-WAIT; .* belong to connections to ")
            groups = evidence["top_groups"]
            self.assertEqual([groups.get(str(listener.getsockname()[1])) for listener in (theirs, ours)],
                             [40, 30])
            self.assertEqual(evidence["top_units"], {})
            self.assertEqual(evidence["numbers"]["time_wait_limit"], 2000)

    def test_close_wait_names_the_unit_that_does_not_close(self):
        with self.in_unit():
            listener = self.sockets.listener()
        group = str(listener.getsockname()[1])
        with Daemon(rule("CloseWaitLeak", "above: 10") + POLL) as daemon:
            for _ in range(12):
                client = self.sockets.connect(listener)
                self.sockets.enter_context(listener.accept()[0])  # never closed
                client.close()
            evidence = self.evidence(daemon, "CloseWaitLeak", group)
            self.assertEqual(evidence["top_units"], {self.unit: evidence["numbers"]["sockets"]})
            self.assertEqual(evidence["top_sources"], {"127.0.0.0/24": evidence["numbers"]["sockets"]})
            self.assertIn(f"most of them belong to {self.unit}", evidence["text"])


class ConnectsTest(CulpritsTest):
    def test_pending_connects_name_the_unit_that_connects(self):
        self.enterContext(TwoHosts())
        with Daemon(rule("ConnectsPending", "above: 10") + POLL) as daemon:
            with self.in_unit():
                self.begin_connects(("198.19.0.5", 443), 15)
            evidence = self.evidence(daemon, "ConnectsPending", "443")
            self.assertEqual(evidence["top_units"],
                             {self.unit: evidence["numbers"]["syn_sent_retransmitting"]})

    def test_failed_connects_without_tracing_name_the_pending_ones(self):
        self.enterContext(TwoHosts())
        closed = ("127.0.0.1", 9)
        with Daemon(rule("ConnectFailures", "above: 0.5") + "handshake_tracing: off\n" + POLL) as daemon:
            with self.in_unit():
                self.begin_connects(("198.19.0.5", 443), 5)

            def fail():
                for _ in range(5):
                    with contextlib.suppress(ConnectionRefusedError):
                        socket.create_connection(closed).close()
                return ("ConnectFailures", "host") in firing(daemon)
            wait_until(fail, "the alert fires")
            evidence = self.evidence(daemon, "ConnectFailures", "host")
            self.assertEqual(evidence["top_destinations"], {"198.19.0.5:443": 5})
            self.assertEqual(evidence["top_units"], {self.unit: 5})


class RetransmissionsTest(CulpritsTest):
    RULE = rule("RetransmitRateHigh", "above: 5%")

    def setUp(self):
        super().setUp()
        self.hosts = self.enterContext(TwoHosts())

    def test_a_lossy_path_names_its_destination_and_the_total_is_exact(self):
        """Every fifth segment with payload that is sent to the client's host is lost. No handshake loses
        anything, so the total must be the same as the kernel's."""
        with self.hosts.at_client():
            listener = self.sockets.enter_context(socket.create_server((CLIENT, 5432)))
            rules = ("table inet lossy { chain in { type filter hook input priority 0; "
                     "tcp dport 5432 ip length > 60 numgen inc mod 5 == 0 drop; }; }")
            subprocess.run(["nft", rules], check=True)
        with Daemon(self.RULE + POLL) as daemon:
            with self.in_unit():
                clients = [self.sockets.enter_context(socket.create_connection((CLIENT, 5432)))
                           for _ in range(20)]
            servers = [self.sockets.enter_context(listener.accept()[0]) for _ in clients]
            for client in clients:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def send():
                for client in clients:
                    client.send(bytes(100))
                return ("RetransmitRateHigh", "5432") in firing(daemon)
            wait_until(send, "the alert fires")
            evidence = self.evidence(daemon, "RetransmitRateHigh", "5432")
            segments = evidence["numbers"]["segments_retransmitted"]
            self.assertEqual(evidence["top_destinations"], {f"{CLIENT}:5432": segments})
            self.assertEqual(evidence["top_units"], {self.unit: segments})
            for client in clients:
                client.shutdown(socket.SHUT_WR)
            for server in servers:
                while server.recv(65536):
                    pass

            def is_equal():
                retransmitted = (counters("snmp", "Tcp")["RetransSegs"]
                                 - counters("netstat", "TcpExt")["TCPSynRetrans"])
                return total(daemon.page(), "connwatch_tcp_segments_retransmitted_total") == retransmitted
            wait_until(is_equal, "the kernel's count of retransmissions")

    def test_a_black_hole_is_no_lossy_path(self):
        """A hundred connects that nobody answers: three of four of their segments are sent again."""
        with Daemon(self.RULE + POLL) as daemon:
            self.begin_connects(("198.19.0.5", 443), 100)

            def sent():
                page = daemon.page()
                sent = total(page, "connwatch_tcp_segments_sent_total", direction="outbound", group="443")
                return page if sent >= 300 else None  # the rule needs 200
            wait_until(sent, "SYNs that are sent again")
            page = daemon.wait_for_polls(2)
            self.assertEqual(page.get("connwatch_syn_sent_retransmitting", group="443"), 100)
            self.assertEqual(total(page, "connwatch_tcp_segments_retransmitted_total", group="443"), 0)
            self.assertNotIn(("RetransmitRateHigh", "443"), have_fired(daemon))


if __name__ == "__main__":
    main()
