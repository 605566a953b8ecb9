"""/api/v1/sockets against `ss -toei`, and who may ask for it."""
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

import sockets
from support import DEADLINE_S, Daemon, find_tool, main, network_namespace, wait_until
from two_hosts import CLIENT, SERVER, TwoHosts
from web_daemon import WebDaemon, bcrypt

CONFIG = "web: {sockets_api: true}\n"
STATES = {"ESTAB": "established", "SYN-SENT": "syn_sent", "SYN-RECV": "syn_recv",
          "FIN-WAIT-1": "fin_wait1", "FIN-WAIT-2": "fin_wait2", "TIME-WAIT": "time_wait",
          "CLOSE-WAIT": "close_wait", "LAST-ACK": "last_ack", "LISTEN": "listen",
          "CLOSING": "closing"}
TIMERS = {"on": "retransmission", "keepalive": "keepalive", "timewait": "time_wait",
          "persist": "persist"}


def normal(address):
    """An address of ss as the API writes it."""
    address = address.replace("*:", "[::]:").removesuffix("%lo")
    return re.sub(r"^\[::ffff:([0-9.]+)\]", r"\1", address)


def described_by_ss(expression=""):
    """{cookie: (state, local, remote, uid, inode, timer)}; ss leaves out a uid of 0."""
    output = subprocess.run(["ss", "-tanoeiOH", expression], check=True, capture_output=True,
                            text=True, timeout=DEADLINE_S).stdout
    found = {}
    for line in output.splitlines():
        state, _, _, local, remote = line.split()[:5]
        value = lambda name: (re.search(rf"\b{name}:\(?(\w+)", line) or [None, ""])[1]
        remote = "0.0.0.0:0" if remote == "0.0.0.0:*" else re.sub(r":\*$", ":0", normal(remote))
        found[value("sk")] = (STATES[state], normal(local), remote, int(value("uid") or 0),
                              int(value("ino")), TIMERS.get(value("timer")))
    return found


def described(entry):
    return (entry["state"], entry["local"], entry["remote"], entry["uid"], entry["inode"],
            entry["timer"] and entry["timer"]["waits_for"])


class SocketsApiTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())
        for make in ("pair", "syn_recv", "syn_sent", "time_wait", "fin_wait2_and_close_wait",
                     "fin_wait1"):
            for kind in sockets.KINDS:
                getattr(self.sockets, make)(kind)

    def ask(self, daemon, query="", headers=None):
        """The answer, once the rate limit permits it."""
        def attempt():
            reply = daemon.get(f"/api/v1/sockets?{query}", headers)
            return reply if reply.status != 429 else None
        reply = wait_until(attempt, "the rate limit permits a search")
        reply.json = json.loads(reply.content)
        return reply

    def found(self, daemon, query):
        """Without the daemon's own connections."""
        answer = self.ask(daemon, f"limit=1000{query}").json
        self.assertTrue(answer["is_complete"], answer["incomplete_because"])
        self.assertEqual(answer["returned"], len(answer["sockets"]))
        own = re.compile(rf":{daemon.port}$")
        return {entry["cookie"]: entry for entry in answer["sockets"]
                if not own.search(entry["local"]) and not own.search(entry["remote"])}

    def expected(self, daemon, expression="", states=STATES.values()):
        own = f":{daemon.port}"
        return {cookie: row for cookie, row in described_by_ss(expression).items()
                if row[0] in states and not row[1].endswith(own) and not row[2].endswith(own)}

    def test_tells_what_ss_tells(self):
        with Daemon(CONFIG) as daemon:
            def agree():
                entries = self.found(daemon, "")
                of_api = {cookie: described(entry) for cookie, entry in entries.items()}
                of_ss = self.expected(daemon)
                self.last = of_api, of_ss
                return entries if of_api == of_ss else None
            try:
                entries = wait_until(agree, "the same as ss")
            except AssertionError:
                self.assertEqual(*self.last)
                raise
        self.assertGreaterEqual({entry["state"] for entry in entries.values()},
                                set(STATES.values()) - {"closing", "last_ack"})
        established = next(entry for entry in entries.values() if entry["state"] == "established")
        self.assertGreater(established["tcp_info"]["congestion_window_segments"], 0)
        listener = next(entry for entry in entries.values() if entry["state"] == "listen")
        self.assertNotIn("tcp_info", listener)
        self.assertEqual(listener["direction"], None)

    def test_the_same_filters_as_ss(self):
        port = self.sockets.pair()[1].getsockname()[1]
        filters = {
            "&state=syn-sent,syn-recv": ("", ("syn_sent", "syn_recv")),
            f"&sport={port}": (f"sport = :{port}",),
            f"&dport={port}&state=established": (f"dport = :{port}", ("established",)),
            f"&sport=1-{port}&state=listen": (f"sport <= :{port}", ("listen",)),
            "&dst=::1&state=time-wait": ("dst [::1]", ("time_wait",)),
            "&src=127.0.0.0/8&state=close-wait": ("src 127.0.0.0/8", ("close_wait",)),
        }
        with Daemon(CONFIG) as daemon:
            for query, filter_of_ss in filters.items():
                found, expected = self.found(daemon, query), self.expected(daemon, *filter_of_ss)
                self.assertEqual(found.keys(), expected.keys(), query)
                self.assertTrue(found, query)
            inbound = self.found(daemon, f"&group={port}&direction=inbound&state=established")
            self.assertEqual({entry["local"] for entry in inbound.values()}, {f"127.0.0.1:{port}"})
            self.assertEqual(self.found(daemon, "&group=nobody"), {})

    def test_mistakes_and_limits(self):
        with Daemon(CONFIG) as daemon:
            mistake = self.ask(daemon, "limit=1&sport=http")
            self.assertEqual(mistake.status, 400)
            self.assertEqual(mistake.json["position"], 15)
            cut = self.ask(daemon, "limit=2").json
            self.assertEqual((cut["returned"], cut["is_complete"], cut["incomplete_because"]),
                             (2, False, "limit"))
            statuses = [daemon.get("/api/v1/sockets?limit=1").status for _ in range(30)]
            self.assertEqual(set(statuses), {200, 429})
            self.assertEqual(daemon.get("/metrics").status, 200)

    def test_a_client_that_leaves_and_a_stop_in_between(self):
        with Daemon(CONFIG) as daemon:
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", daemon.port), DEADLINE_S) as client:
                    client.sendall(b"GET /api/v1/sockets?limit=1000 HTTP/1.1\r\nHost: [::1]\r\n\r\n")
            client = self.enterContext(
                socket.create_connection(("127.0.0.1", daemon.port), DEADLINE_S))
            client.sendall(b"GET /api/v1/sockets?limit=1000 HTTP/1.1\r\nHost: [::1]\r\n\r\n")
            self.assertEqual(daemon.stop(), 0)


class WhoMayAskTest(unittest.TestCase):
    def test_off_unless_asked_for(self):
        with Daemon() as daemon:
            reply = daemon.get("/api/v1/sockets")
            self.assertEqual(reply.status, 403)
            self.assertIn("sockets_api: true", json.loads(reply.content)["error"])

    def test_not_a_web_page_that_calls_itself_something_else(self):
        with Daemon(CONFIG) as daemon:
            self.assertEqual(daemon.get("/api/v1/sockets", {"Host": "page.example"}).status, 403)
            self.assertEqual(daemon.get("/api/v1/sockets", {"Host": "localhost"}).status, 200)

    def status_from_another_host(self, hosts, port, login=()):
        with hosts.at_client():
            result = subprocess.run(
                [find_tool("curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", *login,
                 f"http://{SERVER}:{port}/api/v1/sockets?src={SERVER}&dst={CLIENT}"],
                capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        return result.stdout

    def test_another_host_needs_a_password(self):
        self.enterContext(network_namespace())
        hosts = self.enterContext(TwoHosts())
        with Daemon(CONFIG, host="0.0.0.0") as daemon:
            self.assertEqual(self.status_from_another_host(hosts, daemon.port), "403")
        users = f"basic_auth_users: {{alice: '{bcrypt('secret')}'}}\n"
        with WebDaemon(users, CONFIG, host="0.0.0.0", login=("alice", "secret")) as daemon:
            self.assertEqual(self.status_from_another_host(hosts, daemon.port), "401")
            self.assertEqual(
                self.status_from_another_host(hosts, daemon.port, ("-u", "alice:secret")), "200")

    def test_a_unix_socket_will_do(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(folder) / "connwatch.sock"
        with Daemon(CONFIG, ("--web.listen-address", f"unix:{path}")):
            result = subprocess.run(
                [find_tool("curl"), "-sS", "--unix-socket", path,
                 "http://connwatch/api/v1/sockets?state=listen"],
                capture_output=True, text=True, timeout=DEADLINE_S, check=True)
        self.assertTrue(json.loads(result.stdout)["is_complete"])


if __name__ == "__main__":
    main()
