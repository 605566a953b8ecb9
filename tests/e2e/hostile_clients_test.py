"""Clients that mean harm, while somebody scrapes once a second."""
import contextlib
import errno
import http.client
import os
import pathlib
import resource
import selectors
import socket
import tempfile
import threading
import time
import unittest

from support import DEADLINE_S, Daemon, main, wait_until
from web_daemon import Authority, WebDaemon, bcrypt

SLOW = 1000  # clients that send a byte now and then
MANY = 5000  # connections at a time
PER_ADDRESS = 20  # what the daemon takes from one address
TIMEOUT_S = 3  # web.timeout here
CONFIG = f"web: {{timeout: {TIMEOUT_S}s}}\n"


class Scraper:
    """Scrapes once a second, from an address that nobody else uses; each must be answered. On a busy
    machine the scraper itself may be slower than the daemon's time-out, and then it tries again."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.answers = 0
        self.failure = None
        self.asking = threading.Lock()  # held from a connect until its answer
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self._end.is_set():
                with self.asking:
                    self._scrape()
                self._end.wait(1)
        except Exception as error:  # reported by the main thread
            self.failure = error

    def _scrape(self):
        begin = time.monotonic()
        try:
            reply = self.daemon.get("/metrics")
        except (OSError, http.client.HTTPException):
            if time.monotonic() - begin < TIMEOUT_S:
                raise
            return
        if reply.status != 200:
            raise AssertionError(f"status {reply.status}")
        self.answers += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(2 * DEADLINE_S)

    def wait_for(self, count):
        wait_until(lambda: self.failure or self.answers >= count, f"{count} scrapes")


class Crowd:
    """Many connections, each from one of many loopback addresses."""

    def __init__(self, port, count, per_address=PER_ADDRESS):
        self.selector = selectors.DefaultSelector()
        self.sockets = set()
        for i in range(count):
            self.connect(port, f"127.9.{i // per_address // 250}.{i // per_address % 250 + 1}")

    def connect(self, port, source):
        client = socket.socket()
        client.setblocking(False)
        client.bind((source, 0))
        if client.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
            client.close()
            return
        self.sockets.add(client)
        self.selector.register(client, selectors.EVENT_READ)

    def send(self, data):
        for client in list(self.sockets):
            try:
                client.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self._drop(client)

    def drop_closed(self):
        """Forgets those that the server has closed; how many are left."""
        for key, _ in self.selector.select(0):
            with contextlib.suppress(BlockingIOError):
                try:
                    if key.fileobj.recv(65536):
                        continue
                except ConnectionError:
                    pass
                self._drop(key.fileobj)
        return len(self.sockets)

    def _drop(self, client):
        self.selector.unregister(client)
        self.sockets.discard(client)
        client.close()

    def close(self):
        for client in list(self.sockets):
            self._drop(client)
        self.selector.close()


class HostileClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def setUp(self):
        self.daemon = self.enterContext(self.start())
        # A poll opens one for a moment, and so does the request that found the daemon ready.
        self.descriptors = min(self.count_descriptors() for _ in range(100) if not time.sleep(0.01))
        self.scraper = self.enterContext(Scraper(self.daemon))

    def start(self):
        return Daemon(CONFIG)

    def count_descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def crowd(self, count, **options):
        return self.enterContext(contextlib.closing(Crowd(self.daemon.port, count, **options)))

    def survived(self, scrapes=3):
        """Scrapes are answered, and nothing is left behind."""
        self.scraper.wait_for(self.scraper.answers + scrapes)
        self.assertIsNone(self.scraper.failure)
        wait_until(lambda: self.count_descriptors() <= self.descriptors + 1,  # the scrape's own
                   "the descriptors are closed")
        self.scraper.__exit__()
        wait_until(lambda: self.count_descriptors() <= self.descriptors, "all of them")
        # LeakSanitizer looks at the end, and would give another exit code.
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())

    def exchange(self, data):
        """What comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.daemon.port), DEADLINE_S,
                                      ("127.8.0.1", 0)) as client:
            answer = b""
            with contextlib.suppress(ConnectionError):
                client.sendall(data)
            with contextlib.suppress(ConnectionError):
                while part := client.recv(65536):
                    answer += part
            return answer

    def slow(self, crowd, byte=b"x", begin=b"GET /metrics HTTP/1.1\r\nX-Slow: "):
        """Sends a byte now and then, until every connection was closed all the same."""
        crowd.send(begin)

        def all_closed():
            crowd.send(byte)
            time.sleep(0.5)
            return crowd.drop_closed() == 0
        wait_until(all_closed, "every slow client is cut off")


class SlowTest(HostileClientsTest):
    def test_slow_headers(self):
        self.slow(self.crowd(SLOW))
        self.survived()

    def test_slow_headers_that_never_stop_coming(self):
        end = time.monotonic() + 4 * TIMEOUT_S
        while time.monotonic() < end:
            crowd = self.crowd(SLOW)
            for _ in range(3):
                crowd.send(b"GET / HTTP/1.1\r\nX: ")
                time.sleep(0.3)
        self.slow(crowd)
        self.survived()

    def test_slow_reads(self):
        readers = []
        for i in range(200):  # more than the limit and what libmicrohttpd has beyond it
            client = self.enterContext(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            client.bind((f"127.7.0.{i // PER_ADDRESS + 1}", 0))
            client.connect(("127.0.0.1", self.daemon.port))
            with contextlib.suppress(ConnectionError):  # it had to make room
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
            readers.append(client)

        def all_cut_off():
            for client in readers:
                with contextlib.suppress(ConnectionError):
                    client.recv(100)
            return self.count_descriptors() <= self.descriptors + 1  # the scrape's own
        wait_until(all_cut_off, "every slow reader is cut off")
        self.survived()


class ManyTest(HostileClientsTest):
    def test_many_silent_connections(self):
        crowd = self.crowd(MANY)
        wait_until(lambda: crowd.drop_closed() == 0, "all of them are closed")
        self.survived()

    def test_many_connections_from_one_address(self):
        crowd = self.crowd(MANY, per_address=MANY)
        wait_until(lambda: crowd.drop_closed() <= PER_ADDRESS, "those beyond the limit are closed")
        wait_until(lambda: crowd.drop_closed() == 0, "all of them are closed")
        self.survived()


    def test_half_sent_requests_from_the_address_of_the_scraper(self):
        crowd = self.crowd(0)
        wanted = self.scraper.answers + 5

        def scraped_while_others_fill_every_place():
            # Not while the scraper asks: a connection that has sent nothing yet makes room, too.
            with self.scraper.asking:
                for _ in range(PER_ADDRESS - crowd.drop_closed()):
                    crowd.connect(self.daemon.port, "127.0.0.1")
                crowd.send(b"GET / HTTP/1.1\r\nX: ")
            return self.scraper.failure or self.scraper.answers >= wanted
        wait_until(scraped_while_others_fill_every_place, "scrapes are answered")
        wait_until(lambda: self.daemon.page().get("connwatch_http_refusals_total",
                                                  reason="address_limit") > 0, "they are counted")
        self.assertIn("closed a connection of 127.0.0.1 to make room for a new one from there",
                      self.daemon.log())
        self.survived()


class GarbageTest(HostileClientsTest):
    CLOSE = b"Host: x\r\nConnection: close\r\n\r\n"

    def test_headers_that_are_too_large(self):
        for data in (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 10_000_000 + b"\r\n\r\n",
                     b"GET /metrics HTTP/1.1\r\n" + b"X: a\r\n" * 1_000_000 + b"\r\n",
                     b"GET /" + b"a" * 10_000_000 + b" HTTP/1.1\r\n\r\n",
                     b"GET /metrics?" + b"a&" * 1_000_000 + b" HTTP/1.1\r\n\r\n"):
            self.assertNotIn(b" 200 ", self.exchange(data)[:20])
        self.survived()

    def test_requests_that_end_early(self):
        """They take nothing that stays, and are counted and logged."""
        requests = (b"GET /?" + b"&" * 8_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET /metrics?" + b"a=&" * 4_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"GARBAGE\r\n\r\n",
                    b"GET /metrics HTTP/1.1\r\nno colon\r\n\r\n")
        for _ in range(100):
            for data in requests:
                self.assertNotIn(b" 200 ", self.exchange(data)[:20])
        self.assertIn("refused a request from 127.8.0.1: its request line or headers are malformed",
                      self.daemon.log())

        def counted():
            return self.daemon.page().get("connwatch_http_refusals_total", reason="bad_request")
        wait_until(lambda: counted() == 100 * len(requests), "all of them are counted")
        self.survived()

    def test_bodies_are_refused(self):
        for header in (b"Content-Length: 10000000", b"Transfer-Encoding: chunked",
                       b"Content-Length: 10\r\nExpect: 100-continue"):
            for method in (b"GET", b"POST", b"PUT"):
                answer = self.exchange(method + b" /metrics HTTP/1.1\r\nHost: x\r\n" + header +
                                       b"\r\n\r\n")
                self.assertTrue(answer.startswith(b"HTTP/1.1 413"), (method, header, answer[:80]))
        self.survived()

    def test_no_second_request_hides_in_the_first(self):
        """Where a proxy may see a body, nothing is answered as a request of its own."""
        hidden = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
        size = b"%d" % len(hidden)
        for header in (b"Content-Length: " + size, b"Content-Length: 0\r\nContent-Length: " + size,
                       b"Content-Length: " + size + b"\r\nContent-Length: 0",
                       b"Content-Length: 0, " + size, b"Content-Length: +" + size,
                       b"Content-Length : " + size, b"Content-Length\t: " + size,
                       b"X: a\rContent-Length: " + size, b"X: a\nContent-Length: " + size,
                       b"Content-Length: 0\r\nTransfer-Encoding: chunked",
                       b"Transfer-Encoding : chunked", b"Transfer-Encoding: identity"):
            for method in (b"GET", b"POST"):
                answer = self.exchange(method + b" /-/ready HTTP/1.1\r\nHost: x\r\n" + header +
                                       b"\r\n\r\n" + hidden)
                self.assertRegex(answer[:12], rb"^HTTP/1.1 4(00|13)$", (method, header))
                self.assertNotIn(b"HTTP/1.1 200", answer, (method, header))
        self.survived()

    def test_pipelined_garbage(self):
        good = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
        for garbage in (os.urandom(100_000), b"\0" * 100_000, b"\r\n" * 100_000, b"\xff\xfe GET\r\n",
                        b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: -1\r\n\r\n",
                        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"):
            self.exchange(garbage)
            answer = self.exchange(good * 20 + garbage + good)
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"), garbage[:40])
        self.survived()

    def test_paths_and_methods(self):
        for path in (b"/../../etc/passwd", b"/metrics/../../etc/passwd", b"/..%2f..%2fetc%2fpasswd",
                     b"/%2e%2e/%2e%2e/etc/passwd", b"//etc/passwd", b"/metrics%2f", b"/%", b"/%zz",
                     b"/%00", b"/metrics%00", b"/metrics%00/../x", b"/\xc0\xae\xc0\xae/", b"*",
                     b"http://x/metricss", b"/%u002e"):
            answer = self.exchange(b"GET " + path + b" HTTP/1.1\r\n" + self.CLOSE)
            self.assertRegex(answer[:12], rb"^HTTP/1.1 (404|400)$", path)
            self.assertNotIn(b"root:", answer)
        for method in (b"DELETE", b"TRACE", b"CONNECT", b"OPTIONS", b"PROPFIND", b"A" * 1000):
            answer = self.exchange(method + b" /metrics HTTP/1.1\r\n" + self.CLOSE)
            self.assertTrue(answer.startswith(b"HTTP/1.1 405"), (method, answer[:80]))
        self.survived()


class SecretTest(HostileClientsTest):
    """Over TLS and with a password."""

    HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)  # its beginning

    def start(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        certificate, key = Authority(folder, "ca").issue("server")
        web = (f"tls_server_config: {{cert_file: {certificate}, key_file: {key}}}\n"
               f"basic_auth_users: {{alice: {bcrypt('secret', cost=10)}}}\n")
        return WebDaemon(web, CONFIG, scheme="https", login=("alice", "secret"))

    def test_half_open_tls(self):
        self.slow(self.crowd(SLOW), begin=self.HELLO, byte=b"\x20")
        self.survived()

    def test_half_open_tls_costs_no_cpu_time(self):
        self.scraper.__exit__()
        before = self.serving_cpu_s()
        crowd = self.crowd(PER_ADDRESS)
        crowd.send(self.HELLO)
        wait_until(lambda: crowd.drop_closed() == 0, "all of them are closed")
        self.assertLess(self.serving_cpu_s() - before, TIMEOUT_S / 10, "it waits, and does not ask")

    def serving_cpu_s(self):
        """CPU time of the threads beside the main one, which polls."""
        main = self.daemon.process.pid
        return sum(int(pathlib.Path(f"/proc/{main}/task/{task}/schedstat").read_text().split()[0])
                   for task in os.listdir(f"/proc/{main}/task") if task != str(main)) / 1e9

    def test_guessing(self):
        for i in range(200):
            self.daemon.status(("alice", f"guess {i}"))
        self.survived()


if __name__ == "__main__":
    main()
