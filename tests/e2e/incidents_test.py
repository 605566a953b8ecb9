"""One incident, one message: what the shipped alertmanager.yml makes of several troubles at once, in a real
Alertmanager, and what mutes what."""
import contextlib
import socket
import struct
import threading
import time
import unittest

import sockets
from alert_watch import flooding, have_fired, transitions
from alertmanager import Alertmanager, shipped_config
from network import sysctl
from receivers import Receiver
from support import Daemon, main, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts

# What explains the others begins first and ends last, as with the default rules, but within seconds.
CONFIG = """\
poll: {{listeners: 100ms, handshakes: 200ms, full: 1s}}
alertmanagers: [{{url: {url}}}]
alert_resend_interval: 5s
alerts:
  - {{name: SynRecvBacklogGrowth, growth: {{per_second: 20, over: 5s}}, for: 1s, clear: {{below: 32, for: 25s}}}}
  - {{name: SynQueueNearlyFull, for: 8s, clear: {{for: 0s}}}}
  - {{name: SynCookiesActive, for: 8s, clear: {{for: 0s}}}}
  - {{name: AcceptQueueNearlyFull, for: 1s, clear: {{for: 25s}}}}
  - {{name: ListenerDropping, for: 8s, clear: {{for: 0s}}}}
  - {{name: EphemeralPortsNearlyExhausted, for: 1s, clear: {{for: 5s}}}}
  - {{name: SourcePortsNearlyExhausted, for: 1s, clear: {{for: 0s}}}}
"""
PORTS = 1000


@contextlib.contextmanager
def dropped_connects(address):
    """Sends a SYN that a full listener drops, ten times a second, until the end of the with block."""
    over = threading.Event()

    def send():
        while not over.wait(0.1):
            with socket.socket() as client:
                client.setblocking(False)
                client.connect_ex(address)
    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class IncidentsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_syncookies", 1)
        sysctl("ipv4/tcp_synack_retries", 1)  # half-open handshakes go after 3 s
        sysctl("ipv4/tcp_max_syn_backlog", 4096)
        sysctl("core/somaxconn", 4096)
        sysctl("ipv4/ip_local_port_range", f"30000\t{30000 + PORTS - 1}")
        self.sockets = self.enterContext(sockets.Sockets())
        self.receiver = self.enterContext(Receiver())
        self.alertmanager = self.enterContext(Alertmanager(shipped_config(
            f"http://127.0.0.1:{self.receiver.port}", group_wait="5s", group_interval="2s")))

    def messages(self):
        """[(status of the message, [(alert, status)])] in the order they came. It reads the receiver's
        list and opens no connection, because this host has few ports left."""
        return [(message["status"],
                 [(alert["labels"]["alertname"], alert["status"]) for alert in message["alerts"]])
                for _, _, message in list(self.receiver.requests)]

    def wait_for(self, alert, status):
        wait_until(lambda: (status, [(alert, status)]) in self.messages(), f"{alert} is {status}")

    def take_ports(self, share):
        """Makes connections to one destination that leave no TIME-WAIT when they are closed."""
        server = self.sockets.listener(backlog=4096)
        clients = []
        for _ in range(int(PORTS * share)):
            client = self.sockets.connect(server)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            clients.append(client)
            self.sockets.enter_context(server.accept()[0])
        return clients

    def test_three_troubles_are_three_messages_each_begun_and_ended(self):
        flooded = self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER), backlog=128)
        full = self.sockets.listener(backlog=8)
        muted = {"SynQueueNearlyFull", "SynCookiesActive", "ListenerDropping",
                 "SourcePortsNearlyExhausted"}
        troubles = ["SynRecvBacklogGrowth", "AcceptQueueNearlyFull", "EphemeralPortsNearlyExhausted"]
        with Daemon(CONFIG.format(url=self.alertmanager.url)) as daemon:
            clients = self.take_ports(0.85)
            waiting = [self.sockets.connect(full) for _ in range(9)]
            with flooding(self.hosts, flooded.getsockname()[1]):
                with dropped_connects(full.getsockname()):
                    for trouble in troubles:
                        self.wait_for(trouble, "firing")
                    wait_until(lambda: {alert for alert, _ in have_fired(daemon)} >= muted,
                               "the daemon tells what follows from them as well")
                    time.sleep(10)  # longer than the Alertmanager waits before it tells
            self.wait_for("SynRecvBacklogGrowth", "resolved")
            for _ in waiting:
                self.sockets.enter_context(full.accept()[0])
            self.wait_for("AcceptQueueNearlyFull", "resolved")
            for client in clients:
                client.close()
            self.wait_for("EphemeralPortsNearlyExhausted", "resolved")
            wait_until(lambda: len([1 for _, state, _ in transitions(daemon) if state == "resolved"])
                       == len(have_fired(daemon)), "all is over")
            self.assertEqual({alert for alert, _ in have_fired(daemon)}, muted | set(troubles))
            time.sleep(5)  # more than an interval of the Alertmanager
        self.assertCountEqual(self.messages(), [(status, [(trouble, status)])
                                                for trouble in troubles
                                                for status in ("firing", "resolved")])


HOST = {"job": "connwatch", "instance": "web1:10177"}


def alert(name, **labels):
    return {"alertname": name, **HOST, **labels}


class InhibitionTest(unittest.TestCase):
    """The alerts have the labels that the daemon gives them, or those of the rule file, where alerts on
    other namespaces have `netns` and no `listener`."""

    def setUp(self):
        self.enterContext(network_namespace())

    def expect(self, told, muted):
        """A real Alertmanager gets all of these alerts. It must tell those of `told` and mute those of `muted`."""
        text = lambda alerts: sorted(str(sorted(labels.items())) for labels in alerts)
        with Alertmanager(shipped_config("http://127.0.0.1:9")) as alertmanager:
            alertmanager.post(*told, *muted)
            latest = []

            def agree():  # what mutes is known to it a moment after it was posted
                latest[:] = text(alertmanager.told())
                return latest == text(told)
            try:
                wait_until(agree, "the alerts that are told")
            except AssertionError:
                self.assertEqual(latest, text(told))

    def test_a_flood_mutes_what_follows_from_it_and_nothing_else(self):
        at, other = {"listener": "0.0.0.0:443", "unit": "nginx.service"}, {"listener": "0.0.0.0:80"}
        elsewhere = {"instance": "web2:10177"}
        self.expect(
            told=[alert("SynRecvBacklogGrowth", severity="critical", **at),
                  alert("ListenerDropping", **other), alert("SynQueueNearlyFull", netns="web", **at),
                  alert("SynCookiesActive") | elsewhere, alert("ListenerDropping", **at) | elsewhere],
            muted=[alert("SynQueueNearlyFull", severity="warning", **at),
                   alert("ListenerDropping", severity="warning", **at), alert("SynCookiesActive")])

    def test_a_full_accept_queue_mutes_its_drops(self):
        self.expect(
            told=[alert("AcceptQueueNearlyFull", listener="0.0.0.0:1", unit="a.service"),
                  alert("ListenerDropping", listener="0.0.0.0:2"), alert("SynCookiesActive")],
            muted=[alert("ListenerDropping", listener="0.0.0.0:1", region="eu")])

    def test_in_another_namespace_a_trouble_mutes_nothing_elsewhere(self):
        self.expect(
            told=[alert("SynRecvBacklogGrowth", netns="web"),
                  alert("AcceptQueueNearlyFull", netns="db", listener="0.0.0.0:1"),
                  alert("ListenerDropping", netns="db", listener="0.0.0.0:2"),
                  alert("SynCookiesActive")],  # of the host's own namespace
            muted=[alert("ListenerDropping", netns="web"),
                   alert("ListenerDropping", netns="db", listener="0.0.0.0:1")])

    def test_ports_of_a_destination_mute_those_of_the_source_on_the_same_host(self):
        self.expect(
            told=[alert("EphemeralPortsNearlyExhausted"),
                  alert("SourcePortsNearlyExhausted") | {"instance": "web2:10177"}],
            muted=[alert("SourcePortsNearlyExhausted")])

    def test_connects_without_an_answer_mute_what_follows_in_the_same_group(self):
        silent, dead, lossy = ({"group": group} for group in ("https", "db", "mail"))
        self.expect(
            told=[alert("ConnectsPending", **silent), alert("ConnectsRefused", **silent),
                  alert("ConnectionsStalled", **dead), alert("ConnectsPending", **dead),
                  alert("ConnectsTimingOut", **lossy), alert("RetransmitRateHigh", **lossy)],
            muted=[*(alert(name, **silent) for name in ("ConnectsTimingOut", "RetransmitRateHigh",
                                                        "SynRetransmissionsHigh")),
                   alert("RetransmitRateHigh", **dead), alert("SynRetransmissionsHigh", **lossy)])

    def test_a_daemon_that_is_stale_mutes_its_host(self):
        self.expect(
            told=[alert("MonitorStale"), alert("SynCookiesActive") | {"instance": "web2:10177"},
                  alert("SynCookiesActive") | {"job": "other"}],
            muted=[alert("SynCookiesActive"), alert("ConnectsPending", group="https")])


if __name__ == "__main__":
    main()
