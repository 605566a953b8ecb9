"""Clients that ask for a page and do not read it, while somebody scrapes."""
import contextlib
import pathlib
import re
import resource
import socket
import threading
import time
import unittest

from support import DEADLINE_S, Daemon, main, wait_until

MAX_HELD = 32 * 1024 * 1024  # kMaxBytesHeld in exporters/server/held_bodies.h
LISTENERS = 600  # they make the page large
READERS = 60  # each holds a page of its own, 0.9 MB
# Each poll of the handshakes makes two new pages, one of each format. No reader's time is over.
CONFIG = f"max_listeners: {LISTENERS}\npoll: {{handshakes: 300ms}}\nweb: {{timeout: 5m}}\n"
FORMATS = ("text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0")
END = b"\nprocess_threads "  # of a page
REQUEST = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: {}\r\n\r\n"


class Scraper(threading.Thread):
    """Scrapes five times a second, and keeps what it saw of the readers."""

    def __init__(self, daemon):
        super().__init__()
        self.daemon_under_test = daemon
        self.answers = 0
        self.most_held = 0
        self.refused = 0
        self.failure = None
        self._end = threading.Event()

    def run(self):
        try:
            while not self._end.wait(0.2):
                page = self.daemon_under_test.page()
                self.most_held = max(self.most_held, page.get("connwatch_http_held_bytes"))
                self.refused = page.get("connwatch_http_refusals_total", reason="slow_reader")
                self.answers += 1
        except Exception as error:  # reported by the main thread
            self.failure = error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self.join(2 * DEADLINE_S)


class SlowReadersTest(unittest.TestCase):
    def setUp(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for i in range(LISTENERS):
            self.enterContext(socket.create_server((f"127.66.{i // 200}.{i % 200 + 1}", 4000)))
        self.daemon = self.enterContext(Daemon(CONFIG))
        wait_until(lambda: self.page_bytes() > MAX_HELD * 1.3 / READERS, "the page is large")

    def page_bytes(self):
        return len(self.daemon.get("/metrics").content)

    def begin_to_read(self, number):
        """A client with an address of its own, which has read a few bytes of its page."""
        reader = self.enterContext(socket.socket())
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        reader.settimeout(DEADLINE_S)
        reader.bind((f"127.7.0.{number + 1}", 0))
        reader.connect(("127.0.0.1", self.daemon.port))
        reader.sendall(REQUEST.format(FORMATS[number % 2]).encode())
        self.assertTrue(reader.recv(10))
        return reader

    @staticmethod
    def read_rest(reader):
        """Everything until the server closes."""
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := reader.recv(1 << 20):
                answer += part
        return answer

    def refused(self):
        return self.daemon.page().get("connwatch_http_refusals_total", reason="slow_reader")

    def memory_bytes(self):
        """Resident memory; None in a build with a sanitizer, which has memory of its own."""
        status = pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        kib = {name: int(re.search(rf"{name}:\s*(\d+)", status)[1]) for name in ("VmSize", "VmRSS")}
        return None if kib["VmSize"] > 1 << 30 else kib["VmRSS"] * 1024

    def test_what_they_hold_is_bounded(self):
        before = self.memory_bytes()
        with Scraper(self.daemon) as scraper:
            readers = []
            while len(readers) < READERS and scraper.refused < 2:
                readers.append(self.begin_to_read(len(readers)))
                time.sleep(0.15)  # until there is another page
            wait_until(lambda: scraper.refused > 0 or scraper.failure, "the first are cut off")
            if before is not None:
                self.assertLess(self.memory_bytes() - before, 2 * MAX_HELD)
            wait_until(lambda: scraper.answers > 20 or scraper.failure, "scrapes are answered")
        self.assertIsNone(scraper.failure)
        self.assertGreater(scraper.most_held, MAX_HELD / 2)
        self.assertLessEqual(scraper.most_held, MAX_HELD)
        self.assertTrue(END in self.read_rest(readers[-1]), "the last one can read all of its page")
        self.assertFalse(END in self.read_rest(readers[0]), "the first one was cut off")
        self.assertIn("closed a connection of 127.7.0.1: it did not read its reply",
                      self.daemon.log())

    def test_what_they_held_is_given_back(self):
        readers = [self.begin_to_read(i) for i in range(10)]
        held = lambda: self.daemon.page().get("connwatch_http_held_bytes")
        wait_until(lambda: held() > 0, "they hold pages")
        for reader in readers:
            reader.close()
        wait_until(lambda: held() == 0, "nothing is held")
        self.assertEqual(self.refused(), 0, "there was room for all")

    def test_many_who_read_one_page_hold_it_once(self):
        # No poll makes another page, however long it takes the readers to begin.
        self.daemon.reload("poll: {full: 1h, handshakes: 1h, listeners: 1h}\n"
                           f"web: {{timeout: 5m}}\nmax_listeners: {LISTENERS}\n")
        for reader in [self.begin_to_read(i) for i in range(READERS)]:
            self.assertTrue(END in self.read_rest(reader), "a whole page")


if __name__ == "__main__":
    main()
