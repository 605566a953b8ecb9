"""The page of --once against `ss` in a network namespace with sockets in every state."""
import collections
import re
import socket
import subprocess
import unittest

import sockets
from support import main, network_namespace, run_once, wait_until

STATES = {"ESTAB": "established", "SYN-SENT": "syn_sent", "SYN-RECV": "syn_recv",
          "FIN-WAIT-1": "fin_wait1", "FIN-WAIT-2": "fin_wait2", "TIME-WAIT": "time_wait",
          "UNCONN": "close", "CLOSE-WAIT": "close_wait", "LAST-ACK": "last_ack",
          "LISTEN": "listen", "CLOSING": "closing"}
FAMILIES = ("ipv4", "ipv6")


def ss(options):
    output = subprocess.run(["ss", options], check=True, capture_output=True, text=True).stdout
    return [line.split() for line in output.splitlines()]


def family_of(address):
    """ss writes a dual-stack wildcard listener as *:port and v4-mapped as [::ffff:a.b.c.d]:port."""
    if address.startswith("[::ffff:") and "." in address:
        return "ipv4"
    return "ipv6" if address[0] in "[*" else "ipv4"


def listener_label(address):
    return address.replace("*:", "[::]:")


def counts_of_ss():
    return collections.Counter((STATES[row[0]], family_of(row[3])) for row in ss("-tanH"))


def counts_of_page(page):
    return {(state, family): page.get("connwatch_tcp_sockets", state=state, family=family)
            for state in STATES.values() for family in FAMILIES}


class LiveStatesTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def steady_page(self):
        """A page before and after which ss says the same."""
        def attempt():
            before, page = counts_of_ss(), run_once()
            return (page, before) if counts_of_ss() == before else None
        return wait_until(attempt, "two equal answers of ss")

    def test_every_state_count_by_count(self):
        for kind in sockets.KINDS:
            self.sockets.pair(kind)
            self.sockets.syn_recv(kind)
            self.sockets.syn_sent(kind)
            self.sockets.time_wait(kind)
            self.sockets.fin_wait2_and_close_wait(kind)
            self.sockets.fin_wait1(kind)
            self.sockets.last_ack(kind)
        self.sockets.closing()
        page, expected = self.steady_page()
        counts = counts_of_page(page)
        self.assertEqual(len(counts), 22)
        self.assertNotIn(None, counts.values(), "every combination has a series")
        self.assertEqual({key: value for key, value in counts.items() if value}, dict(expected))
        missing = set(STATES.values()) - {state for state, _ in expected} - {"close"}
        self.assertEqual(missing, set(), "states that the test did not make")

    def test_an_idle_namespace_is_all_zeros(self):
        self.assertEqual(set(counts_of_page(run_once()).values()), {0.0})

    def test_listeners_as_ss_shows_them(self):
        reuse = [(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)]
        v6_only = [(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)]
        any_ipv4 = (socket.AF_INET, socket.AF_INET, "0.0.0.0", "127.0.0.1")
        waiting = self.sockets.listener(any_ipv4, backlog=5)
        for _ in range(3):
            self.sockets.connect(waiting)
        self.sockets.listener(sockets.V4_MAPPED, options=v6_only, port=waiting.getsockname()[1])
        self.sockets.listener(backlog=0)
        shared = self.sockets.listener(backlog=10, options=reuse)
        self.sockets.listener(backlog=20, options=reuse, port=shared.getsockname()[1])
        self.sockets.listener(sockets.IPV6)

        expected = collections.defaultdict(lambda: [0, 0, 0])
        for _, receive_queue, send_queue, address, *_ in ss("-ltnH"):
            sums = expected[listener_label(address)]
            sums[0] += 1
            sums[1] += int(receive_queue)
            sums[2] += int(send_queue)
        page = run_once()
        found = {dict(labels)["listener"]: [
            value, page.get("connwatch_listener_accept_queue_length", **dict(labels)),
            page.get("connwatch_listener_accept_queue_limit", **dict(labels))]
            for (name, labels), value in page.series.items() if name == "connwatch_listener_sockets"}
        self.assertEqual(found.pop("other"), [0, 0, 0])
        self.assertEqual(found, dict(expected))
        self.assertEqual(found[f"127.0.0.1:{shared.getsockname()[1]}"], [2, 0, 30])
        self.assertEqual(found[f"0.0.0.0:{waiting.getsockname()[1]}"], [1, 3, 5])

    def test_one_rtt_observation_per_measured_connection(self):
        for kind in sockets.KINDS:
            client, server = self.sockets.pair(kind)
            client.send(b"x")
            server.recv(1)
        measured = subprocess.run(["ss", "-taniOH", "state", "established"], check=True,
                                  capture_output=True, text=True).stdout
        expected = len(re.findall(r" rtt:", measured))
        page = run_once()
        observed = collections.Counter()
        for (name, labels), value in page.series.items():
            if name == "connwatch_tcp_rtt_seconds_count":
                observed[dict(labels)["direction"]] += value
        self.assertEqual(observed, {"inbound": 3, "outbound": 3})
        self.assertEqual(expected, 6)


if __name__ == "__main__":
    main()
