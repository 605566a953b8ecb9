"""Everything at once for a few seconds: polls, scrapes, reloads, changing sockets."""
import contextlib
import signal
import socket
import threading
import time
import unittest

from support import Daemon, main

SECONDS = 4


class ConcurrentUseTest(unittest.TestCase):
    def test_everything_at_once(self):
        config = "poll: {full: 100ms}\nweb: {max_connections_per_address: 50}\n"
        with Daemon(config) as daemon:
            end = time.monotonic() + SECONDS
            failures = []

            def repeat(action):
                try:
                    while time.monotonic() < end:
                        action()
                except Exception as error:  # reported by the main thread
                    failures.append(error)

            def scrape():
                self.assertEqual(daemon.get("/metrics").status, 200)

            def scrape_gzipped():
                daemon.get("/metrics", {"Accept-Encoding": "gzip"})
                daemon.get("/")
                self.assertEqual(daemon.get("/-/ready").status, 200)

            def churn():
                with socket.create_server(("127.0.0.1", 0)) as server, \
                        socket.create_connection(server.getsockname()), \
                        contextlib.closing(server.accept()[0]):
                    time.sleep(0.01)

            def reload():
                daemon.write_config(config + f"max_listeners: {int(time.time()) % 9 + 1}\n")
                daemon.process.send_signal(signal.SIGHUP)
                time.sleep(0.05)

            threads = [threading.Thread(target=repeat, args=(action,)) for action in
                       (scrape, scrape, scrape_gzipped, scrape_gzipped, churn, reload)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertEqual(daemon.stop(), 0)
            for word in ("Sanitizer", "runtime error", "error"):
                self.assertNotIn(word, daemon.log())


if __name__ == "__main__":
    main()
