"""All attacks at once, on a daemon that may use 512 MB, while somebody scrapes once a second.

Nobody reads the daemon's log or its notices to the service manager meanwhile, and its Alertmanager never
finishes an answer. CONNWATCH_ATTACK_SECONDS says how long it takes; tools/test soak takes five minutes."""
import base64
import contextlib
import fcntl
import http.client
import os
import pathlib
import socket
import tempfile
import time
import unittest

import attackers
from memory_limit import memory_limit
from support import DEADLINE_S, main
from web_daemon import WebDaemon, bcrypt

SECONDS = int(os.environ.get("CONNWATCH_ATTACK_SECONDS", "20"))
LIMIT_BYTES = 512_000_000
LOGIN = ("prometheus", "secret")
F_SETPIPE_SZ = 1031  # linux/fcntl.h

CONFIG = """
web: {{sockets_api: true, timeout: 3s}}
poll: {{full: 1s}}
max_groups: 1000
max_listeners: 1000
alertmanagers: [{{url: "http://127.0.0.1:{port}"}}]
alert_resend_interval: 2s
alerts: [{{name: Any, signal: listener_accept_queue_utilization, below: 100%, clear: {{above: 100%}}}}]
"""


class AttackedDaemon(WebDaemon):
    """Its stderr is a pipe that nobody reads. Its NOTIFY_SOCKET is one that nobody reads."""

    def __init__(self, receiver_port, enter_cgroup):
        self.config = CONFIG.format(port=receiver_port)
        token = base64.b64encode(":".join(LOGIN).encode())
        self.authorization = b"Authorization: Basic " + token + b"\r\n"
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices_folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.notices_folder.name, "notify")
        self.notices.bind(path)
        # Under AddressSanitizer freed memory is kept for a while; this much of it is enough.
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
        users = f"{{{LOGIN[0]}: {bcrypt(LOGIN[1])}, alice: {bcrypt('x', cost=6)}}}"
        super().__init__(f"basic_auth_users: {users}\n", self.config, login=LOGIN,
                         preexec_fn=enter_cgroup,
                         env={**os.environ, "NOTIFY_SOCKET": path, "ASAN_OPTIONS": options})

    def _open_stderr(self):
        self._log_end, writer = os.pipe()
        fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
        return os.fdopen(writer, "wb")

    def _end(self):
        super()._end()
        os.close(self._log_end)
        self.notices.close()
        self.notices_folder.cleanup()

    def log(self):
        """What has come into the pipe until now."""
        os.set_blocking(self._log_end, False)
        with contextlib.suppress(BlockingIOError):
            return os.read(self._log_end, 65536).decode(errors="replace")
        return ""

    def config_with_groups(self, prefix):
        groups = ", ".join(f"{{name: {prefix}_{i}, match: {{remote_port: {20000 + i}}}}}"
                           for i in range(200))
        return f"{self.config}groups: [{groups}]\n"

    def peak_memory_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024


class AllAttacksTest(unittest.TestCase):
    def setUp(self):
        receiver = self.enterContext(attackers.StuckReceiver())
        enter_cgroup = self.enterContext(memory_limit(LIMIT_BYTES))
        self.daemon = self.enterContext(AttackedDaemon(receiver.port, enter_cgroup))

    def scrape(self):
        """How many times it was tried until it was answered. The attackers take most of the CPU time, also
        from the scraper; one that is slow to send or to read may have to make room, and tries again."""
        for tries in range(1, 21):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.daemon.get("/metrics").status == 200:
                    return tries
            self.assertIsNone(self.daemon.process.poll(), "the daemon lives")
        raise AssertionError("no scrape of twenty was answered")

    def polls(self, page):
        return page.get("connwatch_polls_total", tier="full", result="success")

    def test_all_at_once(self):
        tries = []
        before = self.polls(self.daemon.page())
        with contextlib.ExitStack() as stack:
            troop = [stack.enter_context(kind(self.daemon)) for kind in attackers.ALL]
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                begin = time.monotonic()
                tries.append(self.scrape())
                time.sleep(max(0.0, begin + 1 - time.monotonic()))
            for attacker in troop:
                self.assertIsNone(attacker.failure)
                self.assertGreater(attacker.attacks, 0, type(attacker).__name__)
        page = self.daemon.page()
        self.assertGreater(self.polls(page), before + SECONDS / 4, "full polls went on")
        self.assertEqual(page.get("connwatch_polls_total", tier="full", result="failure"), 0)
        print(f"{len(tries)} scrapes, {tries.count(1)} of them answered at the first try; peak memory "
              f"{self.daemon.peak_memory_bytes() / 1e6:.0f} MB; attacks: " +
              ", ".join(f"{type(one).__name__} {one.attacks}" for one in troop))
        # LeakSanitizer looks at the end, and would give another exit code.
        self.assertEqual(self.daemon.stop(deadline_s=DEADLINE_S), 0)


if __name__ == "__main__":
    main()
