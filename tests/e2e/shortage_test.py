"""More clients than the process may have descriptors for."""
import os
import pathlib
import resource
import socket
import time
import unittest

from support import DEADLINE_S, Daemon, main, wait_until

LIMIT = 80  # of descriptors
CLIENTS = 200
WATCHED_S = 2


class ShortageTest(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon(
            "web: {max_connections: 1000}\n",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))))

    def set_limit(self, count):
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_NOFILE, (count, LIMIT))

    def client(self, source="127.0.0.1"):
        return self.enterContext(socket.create_connection(("127.0.0.1", self.daemon.port),
                                                          DEADLINE_S, (source, 0)))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def http_cpu_s(self):
        """CPU time of the threads beside the main one, which polls."""
        pid = self.daemon.process.pid
        return sum(int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
                   for task in os.listdir(f"/proc/{pid}/task") if task != str(pid)) / 1e9

    def refusals(self, reason):
        return self.daemon.page().get("connwatch_http_refusals_total", reason=reason)

    def test_polls_and_scrapes_go_on(self):
        """Silent clients make room for each other, and leave descriptors for the polls."""
        before = self.descriptors()
        clients = [self.client(f"127.9.0.{i // 10 + 1}") for i in range(CLIENTS)]
        page = self.daemon.wait_for_polls(2, tier="handshakes")
        for tier in ("listeners", "handshakes", "full"):
            self.assertIn(page.get("connwatch_polls_total", tier=tier, result="failure"), (None, 0))
        self.assertLess(self.descriptors(), LIMIT)
        wait_until(lambda: self.refusals("shortage"), "the shortage is counted")
        self.assertRegex(self.daemon.log(), r"clients of http://\S+ wait: accept: Too many open files")
        for client in clients:
            client.close()
        wait_until(lambda: self.descriptors() <= before, "the descriptors are closed")
        self.assertEqual(self.daemon.get("/metrics").status, 200)
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())

    def test_waiting_costs_no_cpu_time(self):
        """Without any descriptor the daemon waits, and does not ask again and again."""
        self.set_limit(8)  # fewer than are open
        client = self.client()
        client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        wait_until(lambda: "wait: accept: Too many open files" in self.daemon.log(),
                   "the shortage is logged")
        before, begin = self.http_cpu_s(), time.monotonic()
        time.sleep(WATCHED_S)
        used, elapsed = self.http_cpu_s() - before, time.monotonic() - begin
        self.assertLess(used / elapsed, 0.5)
        self.set_limit(LIMIT)
        answer = b""
        while part := client.recv(65536):
            answer += part
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:80])
        self.assertEqual(self.refusals("shortage"), 1)
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())

    def test_it_ends_while_clients_wait(self):
        self.set_limit(8)
        self.client()
        wait_until(lambda: "wait: accept: Too many open files" in self.daemon.log(),
                   "the shortage is logged")
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())


if __name__ == "__main__":
    main()
