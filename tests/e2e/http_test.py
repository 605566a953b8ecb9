"""What the daemon's HTTP server answers."""
import contextlib
import gzip
import json
import socket
import unittest

from support import DEADLINE_S, Daemon, main, wait_until


class HttpTest(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon())

    def test_metrics(self):
        reply = self.daemon.get("/metrics")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        self.assertIsNone(reply.getheader("Content-Encoding"))
        self.assertIn(b"\nconnwatch_tcp_sockets{", reply.content)

    def test_gzip_only_if_asked(self):
        plain = self.daemon.get("/metrics").content
        zipped = self.daemon.get("/metrics", {"Accept-Encoding": "gzip"})
        self.assertEqual(zipped.getheader("Content-Encoding"), "gzip")
        self.assertEqual(gzip.decompress(zipped.content), plain)
        refused = self.daemon.get("/metrics", {"Accept-Encoding": "gzip;q=0"})
        self.assertIsNone(refused.getheader("Content-Encoding"))

    def test_head_has_the_length_and_no_body(self):
        reply = self.daemon.request("HEAD", "/metrics")
        self.assertEqual((reply.status, reply.content), (200, b""))
        self.assertGreater(int(reply.getheader("Content-Length")), 1000)

    def test_health_readiness_and_status_page(self):
        self.assertEqual(self.daemon.get("/-/healthy").status, 200)
        self.assertEqual(self.daemon.get("/-/ready").status, 200)
        page = self.daemon.get("/", {"Accept": "text/html,*/*;q=0.8"})
        self.assertEqual(page.status, 200)
        self.assertTrue(page.getheader("Content-Type").startswith("text/html"))
        self.assertIn("default-src 'none'", page.getheader("Content-Security-Policy"))
        self.assertIn(b'href="metrics"', page.content)

    def test_a_terminal_gets_the_status_as_text(self):
        self.daemon.wait_for_polls(2)
        page = self.daemon.get("/", {"Accept": "*/*"})
        self.assertEqual(page.status, 200)
        self.assertTrue(page.getheader("Content-Type").startswith("text/plain"))
        self.assertIn("Accept", page.getheader("Vary"))
        lines = page.content.decode().splitlines()
        host = json.loads(self.daemon.get("/api/v1/host").content)
        self.assertEqual(lines[0].split(" ")[0], host["name"])
        self.assertEqual(host["name"], socket.gethostname())
        for title in ("SOCKETS", "LIMITS", "DATA"):
            self.assertTrue(any(line.startswith(title) for line in lines), title)
        self.assertIsNotNone(host["rates"]["span_seconds"])
        limits = {limit["name"]: limit for limit in host["limits"]}
        self.assertGreater(limits["descriptors"]["used"], 5)
        self.assertGreater(limits["ephemeral_ports"]["limit"], 1_000)

    def test_open_metrics_only_if_preferred(self):
        accept = "application/openmetrics-text;version=1.0.0;q=0.6, text/plain;version=0.0.4;q={}"
        for weight, content_type in ((0.5, "application/openmetrics-text"), (0.7, "text/plain")):
            reply = self.daemon.get("/metrics", {"Accept": accept.format(weight)})
            self.assertTrue(reply.getheader("Content-Type").startswith(content_type), weight)
            self.assertEqual(reply.content.endswith(b"\n# EOF\n"), weight == 0.5)

    def test_errors_have_a_text(self):
        missing = self.daemon.get("/nothing")
        self.assertEqual(missing.status, 404)
        self.assertIn(b"/metrics", missing.content)
        refused = self.daemon.request("DELETE", "/metrics")
        self.assertEqual(refused.status, 405)
        self.assertEqual(refused.getheader("Allow"), "GET, HEAD")
        self.assertTrue(refused.content)


class HttpLimitsTest(unittest.TestCase):
    def start(self, timeout_s=300):  # the longest there is: a test does not wait for it
        self.daemon = self.enterContext(Daemon(
            f"web: {{max_connections: 6, max_connections_per_address: 3, timeout: {timeout_s}s}}\n"))

    def connect(self, source):
        connection = socket.create_connection(("127.0.0.1", self.daemon.port), DEADLINE_S,
                                              (source, 0))
        return self.enterContext(connection)

    def is_served(self, connection):
        """Whether the connection gets an answer; without one it is closed."""
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            return connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
        return False

    def connect_served(self, source):
        """A connection that is served: the server may not yet have noticed that another ended."""
        def attempt():
            connection = self.connect(source)
            return connection if self.is_served(connection) else connection.close()
        return wait_until(attempt, f"a connection from {source} is served")

    def test_connections_per_address(self):
        self.start()
        held = [self.connect_served("127.0.0.1") for _ in range(3)]
        self.assertTrue(self.is_served(self.connect("127.0.0.2")), "another address")
        self.assertTrue(self.is_served(self.connect("127.0.0.1")), "a newcomer")
        self.assertEqual([self.is_served(connection) for connection in held],
                         [False, True, True], "the one that has waited longest makes room")

    def test_who_makes_room_when_all_places_are_taken(self):
        self.start()
        held = [self.connect_served(f"127.0.0.{host}") for host in (2, 3, 3, 3, 4, 4)]
        self.assertTrue(self.is_served(self.connect("127.0.0.5")), "a newcomer")
        self.assertEqual([self.is_served(connection) for connection in held],
                         [True, False, True, True, True, True], "the oldest of who has most")

    def test_an_idle_connection_is_closed(self):
        self.start(timeout_s=1)
        self.assertEqual(self.connect("127.0.0.1").recv(1), b"")


if __name__ == "__main__":
    main()
