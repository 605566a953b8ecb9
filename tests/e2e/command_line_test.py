"""Flags, exit codes and what is said when something is wrong."""
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

from support import CONNWATCHD, DEADLINE_S, SOURCE_DIR, Page, cannot_run, main, run

NOBODY = 65534


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder)

    def config(self, text):
        path = self.folder / "connwatch.yaml"
        path.write_text(text)
        return path

    def test_version_and_help(self):
        version = run("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"^connwatchd \d+\.\d+\.\d+ \(revision ")
        help_text = run("--help")
        self.assertEqual(help_text.returncode, 0)
        for flag in ("--config.file", "--web.listen-address", "--web.systemd-socket",
                     "--web.config.file", "--web.enable-lifecycle", "--log.level", "--log.format",
                     "--once", "--check-config", "--print-rules", "--rules.scrape-interval"):
            self.assertIn(flag, help_text.stdout)

    def test_wrong_use_exits_2_and_says_why(self):
        for arguments, named in ((["--nonsense"], "--nonsense"), (["--log.level", "loud"], "loud"),
                                 (["--web.listen-address", "nowhere"], "nowhere"),
                                 (["--config.file", "/nonexistent.yaml"], "/nonexistent.yaml")):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(named, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_check_config(self):
        good = run("--check-config", "--config.file", SOURCE_DIR / "config/connwatch.yaml")
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        bad_file = self.config("poll: {full: never}\nlog: {level: 3}\n")
        bad = run("--check-config", "--config.file", bad_file)
        self.assertEqual(bad.returncode, 2)
        lines = bad.stderr.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(lines[0].startswith(f"{bad_file}:1:14: poll.full: "), lines[0])
        self.assertTrue(lines[1].startswith(f"{bad_file}:2:14: log.level: "), lines[1])

    def test_bad_files_give_one_line_and_exit_2(self):
        bombs = {
            "no map": "- 1\n", "unknown": "pol: {}\n",
            "wrong type": "poll: 3\n", "range": "poll: {full: 1ms}\n",
            "duplicate": "log: {level: info}\nlog: {level: info}\n",
            "not YAML": "poll: {full: [\n", "deep": "[" * 100_000,
            "2 MB": "# " + "x" * 2_000_000, "binary": "\0\1\2",
            "aliases": "a: &a [x,x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n"}
        for name, text in bombs.items():
            with self.subTest(name):
                result = run("--once", "--config.file", self.config(text))
                self.assertEqual(result.returncode, 2, result.stderr[:300])
                first = result.stderr.splitlines()[0]
                self.assertRegex(first, rf"^{re.escape(str(self.folder))}/connwatch.yaml")
                self.assertLess(len(first), 500)

    def test_in_a_file_everything_may_be_commented_out(self):
        for text in ("", "# log: {level: debug}\n", "poll:\n#  full: 1s\n"):
            with self.subTest(text):
                result = run("--once", "--config.file", self.config(text))
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_what_is_no_file_exits_2_at_once(self):
        os.mkfifo(self.folder / "fifo")
        for path in (self.folder, self.folder / "fifo", "/dev/null"):
            result = run("--once", "--config.file", path)
            self.assertEqual(result.returncode, 2, path)
            self.assertIn("regular file", result.stderr)

    def test_once_prints_a_page_of_this_machine(self):
        with socket.create_server(("127.0.0.1", 0), backlog=9) as server:
            result = run("--once")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(Page(result.stdout).get(
            "connwatch_listener_accept_queue_limit",
            listener="127.0.0.1:%d" % server_port(result.stdout, 9)), 9)
        del server

    def test_whatever_cannot_print_exits_1_and_says_why(self):
        web = self.folder / "web.yml"
        web.write_text("basic_auth_users: {a: $2y$04$" + "." * 53 + "}\n")
        for arguments in (["--version"], ["--help"], ["--once"], ["--print-rules"], ["--check-config"],
                          ["--check-config", "--web.config.file", web]):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                result = subprocess.run([CONNWATCHD, *arguments], stdout=full, stderr=subprocess.PIPE,
                                        text=True, timeout=DEADLINE_S, check=False)
                self.assertEqual(result.returncode, 1)
                self.assertEqual(result.stderr,
                                 "cannot write to standard output: No space left on device\n")

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = "127.0.0.1:%d" % server.getsockname()[1]
            result = run("--web.listen-address", address)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"listen on {address}: bind: Address already in use", result.stderr)

    def as_nobody(self, *arguments):
        if os.geteuid() != 0:
            cannot_run("needs root, to become somebody else")
        # The build folder may be closed to others: run a copy.
        program = self.folder / "connwatchd"
        program.write_bytes(pathlib.Path(CONNWATCHD).read_bytes())
        program.chmod(0o755)
        self.folder.chmod(0o755)
        return subprocess.run([program, *arguments], user=NOBODY, group=NOBODY, extra_groups=[],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def test_a_privileged_port_without_privilege_is_named(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
            if int(file.read()) <= 1:
                cannot_run("every port is unprivileged here")
        result = self.as_nobody("--web.listen-address", "127.0.0.1:1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("listen on 127.0.0.1:1: bind: Permission denied", result.stderr)

    def test_no_privilege_is_needed_for_the_same_counts(self):
        name = "connwatch_tcp_sockets"
        select = lambda text: {key: value for key, value in Page(text).series.items()
                               if key[0] == name and ("state", "listen") in key[1]}
        result = self.as_nobody("--once")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(select(result.stdout), select(run("--once").stdout))


def server_port(page_text, limit):
    """The port of the 127.0.0.1 listener with this limit."""
    match = re.search(rf'accept_queue_limit{{listener="127\.0\.0\.1:(\d+)"}} {limit}\n', page_text)
    return int(match.group(1))


if __name__ == "__main__":
    main()
