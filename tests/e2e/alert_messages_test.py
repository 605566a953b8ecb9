"""The messages of five troubles as people read them: what a webhook gets. The test prints them."""
import contextlib
import socket
import subprocess
import unittest

import sockets
from alert_watch import flooding
from network import sysctl
from receivers import Receiver
from support import Daemon, main, network_namespace, wait_until
from two_hosts import SERVER, TwoHosts
from units import systemd_unit

# The default rules in a hurry.
CONFIG = r"""
poll: {{listeners: 100ms, handshakes: 200ms, full: 1s}}
alertmanagers:
  - webhook: http://127.0.0.1:{port}/
    body: '{{"text": "{{{{status}}}} ({{{{severity}}}}) on {{{{instance}}}}: {{{{summary}}}}\n{{{{description}}}}\n{{{{url}}}}"}}'
alerts:
  - {{name: SynRecvBacklogGrowth, growth: {{per_second: 20, over: 5s}}, for: 3s}}
  - {{name: AcceptQueueNearlyFull, for: 3s, clear: {{below: 50%, for: 5s}}}}
  - {{name: EphemeralPortsNearlyExhausted, for: 1s}}
  - {{name: ConnectsPending, for: 1s}}
  - {{name: ConnectionsStalled, for: 3s}}
"""
PORTS = 1000


class AlertMessagesTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.hosts = self.enterContext(TwoHosts())
        for name, value in (("ipv4/tcp_synack_retries", 1), ("ipv4/tcp_max_syn_backlog", 4096),
                            ("core/somaxconn", 4096),
                            ("ipv4/ip_local_port_range", f"40000\t{40000 + PORTS - 1}")):
            sysctl(name, value)
        self.sockets = self.enterContext(sockets.Sockets())
        self.receiver = self.enterContext(Receiver())

    @contextlib.contextmanager
    def unit(self, name):
        """In the unit until the end of the with block."""
        with self.enterContext(systemd_unit(name))():
            yield

    def begin_connects(self, port, count):
        clients = [self.sockets.enter_context(socket.socket()) for _ in range(count)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        return clients

    def message(self, status, alert):
        """Its text, once it is there, with web1 in the place of this host's name."""
        def found():
            texts = [posted["text"] for _, _, posted in list(self.receiver.requests)]
            return next((text for text in texts
                         if text.startswith(f"{status} (") and f"/#alert={alert}&" in text), None)
        text = wait_until(found, f"{alert} is told as {status}")
        text = text.replace(socket.gethostname(), "web1")
        print(text + "\n", flush=True)
        self.assertRegex(text, rf"^{status} \((critical|warning)\) on web1:\d+: ")
        return text

    def lose_everything_to(self, *ports):
        rules = "; ".join(f"tcp dport {port} drop" for port in ports)
        subprocess.run(["nft", f"table inet lost {{ chain in {{ type filter hook input priority 0; "
                               f"{rules}; }}; }}"], check=True)

    def test_each_says_what_is_wrong_where_whose_it_is_and_what_to_do(self):
        kind = (socket.AF_INET, socket.AF_INET, SERVER, SERVER)
        with self.unit("frontend.service"):
            flooded = self.sockets.listener(kind, backlog=4096, port=443)
            stuck = self.sockets.listener(backlog=8, port=8080)
        search = self.sockets.listener(backlog=4096, port=9200)
        database = self.sockets.listener(port=5432)
        with self.unit("orders.service"):
            pool = [self.sockets.connect(database) for _ in range(5)]
        with Daemon(CONFIG.format(port=self.receiver.port)) as daemon:
            daemon.wait_for_polls(2)
            with flooding(self.hosts, flooded.getsockname()[1]):
                flood = self.message("firing", "SynRecvBacklogGrowth")
            self.assertRegex(flood, r": Handshakes with frontend\.service on 198\.18\.0\.1:443 do not complete: "
                                    r"\d+ wait for their final ACK, from \d+ networks\. This looks like a SYN "
                                    r"flood, which is usually an attack with forged sources\n")
            self.assertRegex(flood, r"Networks with the most half-open handshakes: 198\.19\.\d+\.0/24 ")
            self.assertIn("\nWhat to do: Keep net.ipv4.tcp_syncookies=1", flood)

            self.begin_connects(stuck.getsockname()[1], 9)
            queue = self.message("firing", "AcceptQueueNearlyFull")
            self.assertIn(": frontend.service does not accept connections fast enough on 127.0.0.1:8080: "
                          "9 connections wait, its limit is 8", queue)
            self.assertIn("\nWhat to do: Look at the application first", queue)

            self.lose_everything_to(5432, 6379)
            for client in pool:
                client.send(b"SELECT 1;")
            stalled = self.message("firing", "ConnectionsStalled")
            self.assertIn(": Established connections of the group 5432 have stalled: 5 get no ACK for the data "
                          "that they have sent, mostly from orders.service to 127.0.0.1:5432\n", stalled)
            self.assertIn("\nWhat to do: Check whether the destinations are up", stalled)

            with self.unit("sessions.service"):
                self.begin_connects(6379, 12)
            pending = self.message("firing", "ConnectsPending")
            self.assertIn(": New connections of the group 6379 get no answer: 12 of them had to repeat their SYN, "
                          "mostly from sessions.service to 127.0.0.1:6379\n", pending)
            self.assertIn("\nWhat to do: The destination is down, a packet filter", pending)

            with self.unit("crawler.service"):
                self.begin_connects(search.getsockname()[1], 850)
            ports = self.message("firing", "EphemeralPortsNearlyExhausted")
            self.assertRegex(ports, r": The local ports for connections to one destination are running out: "
                                    r"8\d(\.\d+)? % of them are in use, mostly from crawler\.service to "
                                    r"127\.0\.0\.1:9200\n")
            self.assertIn("\nWhat to do: New connections there will soon fail with EADDRNOTAVAIL.", ports)

            for _ in range(9):
                self.sockets.enter_context(stuck.accept()[0])
            over = self.message("resolved", "AcceptQueueNearlyFull")
            self.assertRegex(over, r": Ended after \d+ s: frontend\.service did not accept connections fast enough "
                                   r"on 127\.0\.0\.1:8080 \(at its worst 100 %, threshold 80 %\)\n")
            self.assertIn("\nIf it comes back: Look at the application first", over)
            for text in (flood, queue, stalled, pending, ports, over):
                self.assertRegex(text, r"\nhttp://web1:\d+/#alert=\w+&subject=\S+$")


if __name__ == "__main__":
    main()
