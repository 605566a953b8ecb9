"""Being told of the end of connections, and at what price."""
import time
import unittest

import sockets
from support import Daemon, main, network_namespace, wait_until


class DestroyEventsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.server = self.enterContext(sockets.Sockets()).listener()

    def connect_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with sockets.Sockets() as short:
                short.connect(self.server)
                short.enter_context(self.server.accept()[0])

    def test_auto_leaves_where_they_are_too_dear_and_says_so(self):
        with Daemon("cpu_budget: 1%\ndestroy_events: auto\npoll: {handshakes: 100ms}\n") as daemon:
            active = lambda: daemon.page().get("connwatch_destroy_events_active")
            self.assertEqual(active(), 1)
            wait_until(lambda: self.connect_for(1) or active() == 0, "it has left")
            self.assertIn("more than half of cpu_budget: not reading them", daemon.log())

    def test_on_stays_whatever_they_cost(self):
        with Daemon("cpu_budget: 0.1%\ndestroy_events: on\n") as daemon:
            before = daemon.page().get("connwatch_destroy_events_total")
            self.connect_for(6)  # longer than the window that auto judges by
            wait_until(lambda: daemon.page().get("connwatch_destroy_events_total") > before,
                       "a page tells of them")
            self.assertEqual(daemon.page().get("connwatch_destroy_events_active"), 1)

    def test_a_reload_switches_them(self):
        with Daemon("destroy_events: off\npoll: {handshakes: 100ms}\n") as daemon:
            active = lambda: daemon.page().get("connwatch_destroy_events_active")
            self.assertEqual(active(), 0)
            daemon.reload("destroy_events: on\npoll: {handshakes: 100ms}\n")
            wait_until(lambda: active() == 1, "they are on")


if __name__ == "__main__":
    main()
