"""Incidents are kept: over a restart and a SIGKILL, on a disk that is full, read-only or damaged, with
their evidence and the history around them."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from support import DEADLINE_S, Daemon, main, require_root, wait_until

POLLS = "poll: {listeners: 100ms, handshakes: 200ms, full: 1s}\n"
# Fires as long as somebody listens on the port.
RULE = "alerts: [{{name: Fires, signal: listener_syn_queue, below: 1000000, match: \"{}\"}}]\n"
# LeakSanitizer would wait for a thread that hangs.
WITHOUT_LEAK_CHECK = {**os.environ,
                      "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def mount_tmpfs(stack, folder, options):
    require_root()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    stack.callback(subprocess.run, ["umount", "--lazy", folder], check=True)


def mount_ext4(stack, folder):
    """A disk of its own on `folder`, which can be frozen."""
    require_root()
    image = stack.enter_context(tempfile.NamedTemporaryFile())
    image.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", image.name], check=True)
    subprocess.run(["mount", "-o", "loop", image.name, folder], check=True)
    stack.callback(subprocess.run, ["umount", folder], check=True)


@contextlib.contextmanager
def frozen(folder):
    """Whoever writes to this file system waits meanwhile."""
    subprocess.run(["fsfreeze", "--freeze", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", folder], check=True)


class KeptIncidentsTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.port = None

    def start(self, stack, **options):
        """A daemon with an alert on a listener that is there until the stack is closed."""
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        subject = f"127.0.0.1:{listener.getsockname()[1]}"
        daemon = stack.enter_context(Daemon(RULE.format(subject) + POLLS,
                                            ["--storage.path", self.folder], **options))
        return daemon, listener

    def ask(self, daemon, query=""):
        reply = daemon.get("/api/v1/incidents" + query)
        self.assertEqual(reply.status, 200, reply.content)
        return json.loads(reply.content)

    def firing(self, daemon):
        def found():
            return [incident for incident in self.ask(daemon)["incidents"] if incident["end"] is None]
        return wait_until(found, "an incident goes on")[0]

    def status(self, daemon):
        return json.loads(daemon.get("/api/v1/status").content)["incident_store"]

    def test_the_life_of_an_incident(self):
        with contextlib.ExitStack() as stack:
            daemon, listener = self.start(stack)
            begun = self.firing(daemon)
            self.assertEqual((begun["alert"], begun["severity"]), ("Fires", "warning"))
            self.assertIsNone(begun["ended_timestamp_seconds"])
            self.assertIn("text", begun["evidence"])
            alerts = json.loads(daemon.get("/api/v1/alerts").content)["alerts"]
            self.assertEqual([alert["incident"] for alert in alerts], [begun["id"]])
            listener.close()
            ended = wait_until(lambda: next((incident for incident in self.ask(daemon)["incidents"]
                                             if incident["end"]), None), "it ends")
            self.assertEqual((ended["id"], ended["end"]), (begun["id"], "resolved"))
            self.assertGreaterEqual(ended["ended_timestamp_seconds"], ended["fired_timestamp_seconds"])

            # The samples of the history follow when they are complete.
            def picture():
                found = self.ask(daemon, f"?id={begun['id']}")
                self.assertEqual(found["total"], 1)
                return found["incidents"][0]["history"]["samples"]
            samples = wait_until(picture, "the history around it")
            self.assertIn("established", samples[0]["states"])
            at = ended["fired_timestamp_seconds"]
            for query, total in ((f"?since={at - 60}&until={at + 60}", 1), (f"?until={at - 1}", 0),
                                 (f"?since={at + 3600}", 0), ("?alert=Fires&severity=warning", 1),
                                 ("?alert=Other", 0), ("?severity=critical", 0),
                                 (f"?subject={ended['subject']}", 1), ("?offset=1", 1),
                                 ("?id=0000000000000000", 0)):
                with self.subTest(query=query):
                    self.assertEqual(self.ask(daemon, query)["total"], total)
            page = daemon.page()
            self.assertEqual(page.get("connwatch_incidents_persistent"), 1)
            self.assertGreater(page.get("connwatch_incidents_size_bytes"), 4096)

    def test_bad_queries_are_refused(self):
        with Daemon(POLLS) as daemon:
            for query in ("since=yesterday", "until=-1", "severity=bad", "id=", "alert=", "x=1",
                          "limit=0", "limit=1001", "since=nan", "since=1&since=2", "since=1e99"):
                with self.subTest(query=query):
                    reply = daemon.get("/api/v1/incidents?" + query)
                    self.assertEqual(reply.status, 400)
                    self.assertIn("position", json.loads(reply.content))

    def test_a_stop_and_a_kill_end_it_honestly(self):
        with contextlib.ExitStack() as stack:
            daemon, listener = self.start(stack)
            first = self.firing(daemon)
            self.assertEqual(daemon.stop(), 0)
            for end, words, signal_number in (
                    ("daemon_stopped", "the daemon was stopped at ", signal.SIGKILL),
                    ("daemon_ended", "the daemon ended at ", signal.SIGKILL)):
                with self.subTest(end=end), Daemon(
                        daemon.config_file.read_text(), ["--storage.path", self.folder]) as again:
                    found = wait_until(lambda: next(
                        (incident for incident in self.ask(again)["incidents"]
                         if incident["end"] == end), None), "it has ended")
                    self.assertTrue(found["end_text"].startswith(words), found["end_text"])
                    self.assertGreaterEqual(found["ended_timestamp_seconds"],
                                            found["fired_timestamp_seconds"])
                    if end == "daemon_stopped":
                        self.assertEqual(found["id"], first["id"])
                    self.assertNotEqual(self.firing(again)["id"], found["id"])
                    again.stop(signal_number)
            listener.close()

    def test_without_a_directory_they_are_in_memory_and_it_says_so(self):
        with Daemon(POLLS) as daemon:
            self.assertFalse(self.ask(daemon)["is_persistent"])
            self.assertIn("a restart forgets them", daemon.log())
            self.assertEqual(daemon.page().get("connwatch_incidents_persistent"), 0)

    def test_a_damaged_file_is_put_aside(self):
        file = pathlib.Path(self.folder, "incidents.db")
        file.write_bytes(b"SQLite format 3\0" + b"?" * 10000)
        with contextlib.ExitStack() as stack:
            daemon, _ = self.start(stack)
            self.firing(daemon)
            wait_until(lambda: self.status(daemon)["is_persistent"], "a new file is in use")
            self.assertEqual(daemon.log().count("incidents.db.damaged"), 1)
            self.assertEqual(file.with_name("incidents.db.damaged").stat().st_size, 10016)

    def test_a_read_only_disk_stops_nothing(self):
        with contextlib.ExitStack() as stack:
            mount_tmpfs(stack, self.folder, "size=1m")
            subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)
            daemon, _ = self.start(stack)
            self.firing(daemon)
            problem = wait_until(lambda: self.status(daemon)["problem"], "it tells of the disk")
            self.assertIn("read-only", problem.lower())
            self.assertFalse(self.status(daemon)["is_persistent"])
            self.assertEqual(daemon.log().count("incidents cannot be written"), 1)
            daemon.wait_for_polls(2)
            subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)
            wait_until(lambda: self.status(daemon)["is_persistent"], "it is written again")
            self.assertIsNone(self.firing(daemon)["end"])
            self.assertIn("incidents are written again", daemon.log())

    def test_a_full_disk_stops_nothing(self):
        with contextlib.ExitStack() as stack:
            mount_tmpfs(stack, self.folder, "size=1m")
            daemon, listener = self.start(stack)
            self.firing(daemon)
            filler = pathlib.Path(self.folder, "filler")
            with contextlib.suppress(OSError), filler.open("wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
            listener.close()
            wait_until(lambda: self.ask(daemon)["incidents"][0]["end"] == "resolved", "it ends")
            daemon.wait_for_polls(2)
            filler.unlink()
            wait_until(lambda: self.status(daemon)["is_persistent"], "it is written again")
            daemon.stop()
            with Daemon(POLLS, ["--storage.path", self.folder]) as again:
                self.assertEqual([incident["end"] for incident in self.ask(again)["incidents"]],
                                 ["resolved"])

    def test_a_disk_that_grows_is_used(self):
        with contextlib.ExitStack() as stack:
            mount_tmpfs(stack, self.folder, "size=80k")
            daemon, listener = self.start(stack)
            self.firing(daemon)
            # More than the small disk has room for.
            rules = ", ".join(RULE.format(f"127.0.0.1:{listener.getsockname()[1]}")[9:-2].replace(
                "Fires", f"Fires{i}") for i in range(60))
            daemon.reload(f"alerts: [{rules}]\n" + POLLS)
            wait_until(lambda: self.ask(daemon)["total"] >= 60, "all fire")
            subprocess.run(["mount", "-o", "remount,size=50m", self.folder], check=True)
            listener.close()
            wait_until(lambda: all(one["end"] for one in self.ask(daemon)["incidents"]), "they end")
            wait_until(lambda: self.status(daemon)["is_persistent"], "all is written")
            total = self.ask(daemon)["total"]
            self.assertGreaterEqual(total, 60)
            daemon.stop()
            with Daemon(POLLS, ["--storage.path", self.folder]) as again:
                self.assertEqual(self.ask(again)["total"], total)

    def test_questions_do_not_hold_up_the_end(self):
        for _ in range(8):
            with contextlib.ExitStack() as stack:
                daemon, _ = self.start(stack)
                self.firing(daemon)
                for _ in range(8):
                    asker = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port)))
                    asker.sendall(b"GET /api/v1/incidents HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                self.assertEqual(daemon.stop(), 0, daemon.log())

    def test_a_question_to_a_disk_that_hangs_does_not_hold_up_the_end(self):
        with contextlib.ExitStack() as stack:
            mount_ext4(stack, self.folder)
            daemon, listener = self.start(stack, env=WITHOUT_LEAK_CHECK)
            self.firing(daemon)
            with frozen(self.folder):
                listener.close()
                wait_until(lambda: json.loads(daemon.get("/api/v1/alerts").content)["alerts"] == [],
                           "the alert is over")
                asker = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port)))
                asker.sendall(b"GET /api/v1/incidents HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                self.assertIn(b"200", asker.recv(15))
                daemon.process.send_signal(signal.SIGTERM)
                while asker.recv(65536):  # until the daemon has closed the connection
                    pass
            self.assertEqual(daemon.process.wait(DEADLINE_S), 0)

    def test_a_disk_that_hangs_delays_nothing(self):
        with contextlib.ExitStack() as stack:
            mount_ext4(stack, self.folder)
            daemon, listener = self.start(stack)
            begun = self.firing(daemon)
            with frozen(self.folder):
                listener.close()
                # The thread that writes this down stands still from now on.
                wait_until(lambda: json.loads(daemon.get("/api/v1/alerts").content)["alerts"] == [],
                           "the alert is over")
                daemon.wait_for_polls(3)
                self.assertEqual(daemon.get("/metrics").status, 200)
            wait_until(lambda: self.ask(daemon)["incidents"][0]["end"] == "resolved",
                       "the end is known when the disk goes on")
            self.assertEqual(self.ask(daemon)["incidents"][0]["id"], begun["id"])

    def test_a_disk_that_hangs_does_not_hold_up_the_end(self):
        with contextlib.ExitStack() as stack:
            mount_ext4(stack, self.folder)
            daemon, listener = self.start(stack, env=WITHOUT_LEAK_CHECK)
            self.firing(daemon)
            with frozen(self.folder):
                daemon.process.send_signal(signal.SIGTERM)
                # The kernel keeps the process for the thread that waits for the disk.
                stat = pathlib.Path(f"/proc/{daemon.process.pid}/stat")
                wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "Z",
                           "its main thread has ended")
            self.assertEqual(daemon.process.wait(DEADLINE_S), 0)
            listener.close()


if __name__ == "__main__":
    main()
