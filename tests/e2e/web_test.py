"""TLS, log-ins and addresses, with a real Prometheus, curl and openssl."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import unittest
import warnings

import console
from prometheus import Prometheus
from network import free_port
from support import (CONNWATCHD, DEADLINE_S, Daemon, find_tool, main, network_namespace, run,
                     wait_until)
from web_daemon import Authority, WebDaemon, bcrypt

PASSWORD = "correct horse"
WRONG = "battery staple"
TLS = "tls_server_config:\n  cert_file: {0}\n  key_file: {1}\n"
CLIENTS = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {}\n"


class WebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls._folder.name)
        cls.authority = Authority(cls.folder, "ca")
        cls.server = cls.authority.issue("server")
        cls.client = cls.authority.issue("client", names="DNS:prometheus.example")
        cls.users = f"basic_auth_users:\n  alice: {bcrypt(PASSWORD)}\n"

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def https(self, web="", **options):
        return WebDaemon(TLS.format(*self.server) + web, scheme="https", **options)

    def logged(self, daemon, text):
        wait_until(lambda: text in daemon.log(), f"{text!r} in the log")


class LoginTest(WebTest):
    def test_prometheus_scrapes_over_https_with_a_password(self):
        job = "\n".join(["scheme: https",
                         f"tls_config: {{ca_file: {self.authority.certificate}}}",
                         f'basic_auth: {{username: alice, password: "{PASSWORD}"}}'])
        with self.https(self.users, login=("alice", PASSWORD)) as daemon:
            with Prometheus(daemon.port, job) as prometheus:
                wait_until(lambda: prometheus.query("up") == ["1"], "up == 1")
                self.assertEqual(len(prometheus.query("connwatch_tcp_sockets")), 22)
            with Prometheus(daemon.port, job.replace(PASSWORD, WRONG)) as prometheus:
                wait_until(lambda: prometheus.query("up") == ["0"], "up == 0")
            self.logged(daemon, 'wrong password for user "alice"')
            self.assertIn("serving https://", daemon.log())
            self.assert_no_secret(daemon)

    def assert_no_secret(self, daemon):
        for secret in (PASSWORD, WRONG, "$2y$", "Basic "):
            self.assertNotIn(secret, daemon.log())

    def test_who_is_refused_and_how_it_is_logged(self):
        with WebDaemon(self.users, login=("alice", PASSWORD)) as daemon:
            for login, why in ((None, "no user name and password"),
                               (("alice", WRONG), 'wrong password for user "alice"'),
                               (("bob", PASSWORD), 'unknown user "bob"')):
                reply = daemon.ask("GET", "/metrics", login=login)
                self.assertEqual(reply.status, 401)
                self.assertTrue(reply.getheader("WWW-Authenticate").startswith("Basic"))
                self.logged(daemon, f"refused a log-in from 127.0.0.1: {why}")
            self.assertIn("passwords cross the network in clear text", daemon.log())
            for path in ("/", "/-/healthy", "/-/ready", "/nothing", "/-/reload"):
                self.assertEqual(daemon.ask("GET", path).status, 401, path)
            self.assert_no_secret(daemon)

    def test_guessing_is_slowed_down_and_a_scrape_is_not(self):
        with WebDaemon(self.users, login=("alice", PASSWORD)) as daemon:
            replies = [daemon.ask("GET", "/metrics", login=("alice", f"guess {i}"))
                       for i in range(50)]
            self.assertEqual({reply.status for reply in replies}, {401, 429})
            self.assertGreaterEqual(int(replies[-1].getheader("Retry-After")), 1)
            self.assertEqual(daemon.get("/metrics").status, 200)
            self.logged(daemon, "too many failed log-ins")

    def test_users_change_without_a_restart(self):
        with WebDaemon(self.users, login=("alice", PASSWORD)) as daemon:
            self.assertEqual(daemon.status(("carol", WRONG)), 401)
            daemon.web_file.write_text(f"basic_auth_users: {{carol: '{bcrypt(WRONG)}'}}\n")
            wait_until(lambda: daemon.status(("carol", WRONG)) == 200, "the new user is let in")
            self.assertEqual(daemon.status(("alice", PASSWORD)), 401)
            daemon.web_file.write_text("basic_auth_users: {carol: secret}\n")
            self.logged(daemon, "web.yml:1:27: basic_auth_users.carol: is no bcrypt hash")
            self.logged(daemon, "loaded before stay in force")
            self.assertEqual(daemon.status(("carol", WRONG)), 200)
            daemon.web_file.unlink()
            self.logged(daemon, "web.yml: cannot be opened")
            self.assertEqual(daemon.status(("carol", WRONG)), 200)
            self.assertEqual(daemon.status(), 401)


class TlsTest(WebTest):
    def test_prometheus_scrapes_with_a_client_certificate(self):
        certificate, key = self.client
        good = (f"scheme: https\ntls_config: {{ca_file: {self.authority.certificate}, "
                f"cert_file: {certificate}, key_file: {key}}}")
        without = f"scheme: https\ntls_config: {{ca_file: {self.authority.certificate}}}"
        web = CLIENTS.format(self.authority.certificate)
        with self.https(web, certificate=self.client) as daemon:
            with Prometheus(daemon.port, good) as prometheus:
                wait_until(lambda: prometheus.query("up") == ["1"], "up == 1")
                self.assertEqual(prometheus.query("connwatch_build_info"), ["1"])
            with Prometheus(daemon.port, without) as prometheus:
                wait_until(lambda: prometheus.query("up") == ["0"], "up == 0")
            self.logged(daemon, "refused TLS from 127.0.0.1: the client sent no certificate")
            self.assertNotIn("refused a request", daemon.log(), "a scraper that ends is not refused")

    def versions(self, daemon, certificate):
        """A context for each version of TLS."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = daemon.tls(certificate)
            context.minimum_version = context.maximum_version = version
            yield context

    def test_clients_that_are_refused(self):
        stranger = Authority(self.folder, "stranger").issue("unknown")
        expired = self.authority.issue("expired", "expired")
        web = CLIENTS.format(self.authority.certificate)
        with self.https(web, certificate=self.client) as daemon:
            for context in self.versions(daemon, self.client):
                self.assertEqual(daemon.status(context=context), 200)
            for certificate, why in ((None, "the client sent no certificate"),
                                     (stranger, "issuer is unknown"), (expired, "expired")):
                for context in self.versions(daemon, certificate):
                    self.assertEqual(daemon.status(context=context), 0, why)
                wait_until(lambda: sum(why in line for line in daemon.log().splitlines()) == 2,
                           f"{why!r} twice in the log")

    def test_names_of_client_certificates(self):
        other = self.authority.issue("other", names="DNS:other.example,IP:192.0.2.9")
        web = (CLIENTS.format(self.authority.certificate) +
               "  client_allowed_sans: [prometheus.example, 192.0.2.1]\n")
        with self.https(web, certificate=self.client) as daemon:
            self.assertEqual(daemon.status(context=daemon.tls(other)), 0)
            self.logged(daemon, "none of its names is among client_allowed_sans")

    def test_optional_certificates(self):
        stranger = Authority(self.folder, "stranger2").issue("unknown2")
        ca = f"  client_ca_file: {self.authority.certificate}\n"
        expected = {"RequestClientCert": (200, 200), "RequireAnyClientCert": (0, 200),
                    "VerifyClientCertIfGiven": (200, 0)}
        for kind, statuses in expected.items():
            web = f"  client_auth_type: {kind}\n" + (ca if kind.startswith("Verify") else "")
            with self.https(web, certificate=self.client) as daemon:
                for certificate, status in zip((None, stranger), statuses):
                    for context in self.versions(daemon, certificate):
                        self.assertEqual(daemon.status(context=context), status, kind)

    def test_old_versions_and_plain_http_are_refused(self):
        with self.https() as daemon:
            self.enterContext(warnings.catch_warnings(category=DeprecationWarning, action="ignore"))
            context = daemon.tls()
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            self.assertEqual(daemon.status(context=context), 0)
            self.logged(daemon, "refused TLS from 127.0.0.1: the client offers no version above "
                                "TLS 1.1")
            with contextlib.closing(socket.create_connection(("127.0.0.1", daemon.port))) as plain:
                plain.settimeout(DEADLINE_S)
                plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                with contextlib.suppress(ConnectionError):
                    self.assertNotIn(b"HTTP", plain.recv(100))

    def test_versions_and_suites_of_the_file_are_in_force(self):
        suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        web = f"  min_version: TLS12\n  max_version: TLS12\n  cipher_suites: [{suite}]\n"
        with self.https(web) as daemon:
            context = daemon.tls()
            with socket.create_connection(("127.0.0.1", daemon.port), DEADLINE_S) as raw, \
                    context.wrap_socket(raw) as connection:
                self.assertEqual(connection.version(), "TLSv1.2")
                self.assertEqual(connection.cipher()[0], "ECDHE-ECDSA-AES256-GCM-SHA384")
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            self.assertEqual(daemon.status(context=context), 0)
            self.logged(daemon, "no common TLS version or cipher suite")

    def serial(self, daemon):
        return ssl.get_server_certificate(("127.0.0.1", daemon.port), timeout=DEADLINE_S)

    def install(self, files, folder):
        """Each file is replaced at once, the key after the certificate."""
        for source, name in zip(files, ("live.crt", "live.key")):
            shutil.copy(source, folder / "next")
            os.rename(folder / "next", folder / name)

    def test_certificates_change_without_a_restart(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.install(self.server, folder)
        web = TLS.format(folder / "live.crt", folder / "live.key")
        with WebDaemon(web, scheme="https") as daemon:
            first = self.serial(daemon)
            self.install(self.authority.issue("renewed"), folder)
            wait_until(lambda: self.serial(daemon) != first, "the new certificate")
            second = self.serial(daemon)
            (folder / "live.crt").write_text("broken")
            self.logged(daemon, "are no pair, must be")
            self.logged(daemon, "loaded before stay in force")
            self.assertEqual(self.serial(daemon), second)
            (folder / "live.crt").write_bytes(self.authority.issue("other_key")[0].read_bytes())
            wait_until(lambda: daemon.log().count("are no pair, must be") >= 2, "a wrong pair")
            self.assertEqual(self.serial(daemon), second)

    def test_tls_does_not_go_without_a_restart(self):
        with self.https() as daemon:
            daemon.web_file.write_text("rate_limit: {interval: 0s}\n")
            self.logged(daemon, "tls_server_config was added or removed")
            self.assertEqual(daemon.get("/metrics").status, 200)

    def test_headers_are_on_every_reply(self):
        web = ("http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=1\n"
               "    X-Frame-Options: deny\n")
        with self.https(web) as daemon:
            for path in ("/metrics", "/", "/nothing"):
                reply = daemon.get(path)
                self.assertEqual(reply.getheader("Strict-Transport-Security"), "max-age=1")
                self.assertEqual(reply.getheader("X-Frame-Options"), "deny")
                self.assertEqual(reply.msg.get_all("X-Content-Type-Options"), ["nosniff"])


class FileTest(WebTest):
    def test_mistakes_stop_the_start_and_the_check(self):
        web = self.folder / "bad.yml"
        cases = {"http_server_config: {http2: true}\n": ":1:29: http_server_config.http2: true is",
                 TLS.format("none.crt", "none.key"): "none.crt: cannot be opened",
                 TLS.format(self.server[0], self.client[1]): "are no pair, must be",
                 "": "is empty"}
        for text, mistake in cases.items():
            web.write_text(text)
            for mode in ("--check-config", "--once"):
                result = run(mode, "--web.config.file", web)
                self.assertEqual((result.returncode, result.stdout), (2, ""), text)
                self.assertIn(f"{web}", result.stderr)
                self.assertIn(mistake, result.stderr)

    def test_a_good_file_is_called_good(self):
        web = self.folder / "good.yml"
        web.write_text(TLS.format(*self.server) + self.users)
        result = run("--check-config", "--web.config.file", web)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn(f"{web}: good", result.stdout)

    def test_rate_limit(self):
        with WebDaemon("rate_limit: {interval: 0s, burst: 1}\n") as daemon:
            daemon.web_file.write_text("rate_limit: {interval: 1h, burst: 3}\n")
            reply = wait_until(lambda: (reply := daemon.get("/metrics")).status == 429 and reply,
                               "a request too many")
            self.assertGreater(int(reply.getheader("Retry-After")), 1)
            self.assertTrue(reply.content)


class AddressTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "connwatch.sock"

    def curl(self):
        return subprocess.run([find_tool("curl"), "-sS", "--unix-socket", self.path,
                               "http://connwatch/metrics"], check=True, capture_output=True,
                              text=True, timeout=DEADLINE_S).stdout

    def test_unix_socket(self):
        with Daemon(arguments=("--web.listen-address", f"unix:{self.path}")) as daemon:
            self.assertIn("connwatch_build_info", self.curl())
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o660)
            second = run("--web.listen-address", f"unix:{self.path}")
            self.assertEqual(second.returncode, 1)
            self.assertIn("Address already in use", second.stderr)
            self.assertIn("connwatch_build_info", self.curl())
            self.assertEqual(daemon.stop(), 0)
            self.assertFalse(self.path.exists())

    def test_several_addresses_at_once(self):
        port = free_port()
        with Daemon(arguments=("--web.listen-address", f"[::1]:{port}",
                               "--web.listen-address", f"unix:{self.path}")) as daemon:
            self.assertIn("connwatch_build_info", self.curl())
            for address in (("127.0.0.1", daemon.port), ("::1", port)):
                with socket.create_connection(address, DEADLINE_S) as client:
                    client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
                    self.assertIn(b"200 OK", client.recv(1000))

    def test_what_is_not_a_socket_is_left_alone(self):
        self.path.write_text("precious")
        result = run("--web.listen-address", f"unix:{self.path}")
        self.assertEqual(result.returncode, 1)
        self.assertIn("that is not a socket", result.stderr)
        self.assertEqual(self.path.read_text(), "precious")

    def test_a_socket_left_behind_is_replaced(self):
        with Daemon(arguments=("--web.listen-address", f"unix:{self.path}")) as daemon:
            daemon.stop(signal.SIGKILL)
        self.assertTrue(self.path.exists())
        with Daemon(arguments=("--web.listen-address", f"unix:{self.path}")):
            self.assertIn("connwatch_build_info", self.curl())

    def test_sockets_from_systemd(self):
        tcp = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        unix = self.enterContext(socket.socket(socket.AF_UNIX))
        unix.bind(str(self.path))
        unix.listen()
        # As systemd does it: descriptors from 3 on, and the environment of that very process.
        launcher = ("import os, sys\n"
                    "for place in (0, 1): os.dup2(int(sys.argv[1 + place]), 3 + place)\n"
                    "os.environ.update(LISTEN_FDS='2', LISTEN_PID=str(os.getpid()))\n"
                    "os.execv(sys.argv[3], sys.argv[3:])\n")
        log = self.enterContext(open(self.folder / "log", "w+"))
        fds = [fcntl.fcntl(each, fcntl.F_DUPFD, 100) for each in (tcp, unix)]
        process = subprocess.Popen([sys.executable, "-c", launcher, *map(str, fds), CONNWATCHD,
                                    "--web.systemd-socket"], pass_fds=fds, stderr=log)
        try:
            self.assertIn("connwatch_build_info", self.curl())
            with socket.create_connection(tcp.getsockname(), DEADLINE_S) as client:
                client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"200 OK", client.recv(1000))
        finally:
            process.terminate()
            self.assertEqual(process.wait(DEADLINE_S), 0)
            for fd in fds:
                os.close(fd)
        self.assertTrue(self.path.exists(), "it is systemd's")

    def test_no_sockets_from_systemd_is_an_error(self):
        result = run("--web.systemd-socket")
        self.assertEqual(result.returncode, 1)
        self.assertIn("systemd passed no socket", result.stderr)
        result = run("--web.systemd-socket", "--web.listen-address", ":0")
        self.assertEqual(result.returncode, 2)


class ReloadTest(unittest.TestCase):
    def test_only_where_enabled(self):
        with Daemon() as daemon:
            for method in ("POST", "PUT"):
                reply = daemon.request(method, "/-/reload")
                self.assertEqual(reply.status, 403)
                self.assertIn(b"--web.enable-lifecycle", reply.content)

    def test_reload_over_http(self):
        config = "poll: {full: %s}\n"
        with Daemon(config % "200ms", arguments=("--web.enable-lifecycle",)) as daemon:
            interval = lambda: daemon.page().get("connwatch_poll_interval_seconds", tier="full")
            for method, value in (("POST", 0.3), ("PUT", 0.4)):
                daemon.write_config(config % f"{int(value * 1000)}ms")
                self.assertEqual(daemon.request(method, "/-/reload").status, 200)
                self.assertEqual(interval(), value)
            daemon.write_config(config % "never")
            reply = daemon.request("POST", "/-/reload")
            self.assertEqual(reply.status, 500)
            self.assertIn(f"{daemon.config_file}:1:14: poll.full: ".encode(), reply.content)
            self.assertEqual(interval(), 0.4)
            self.assertEqual(daemon.get("/-/reload").status, 405)


class DocsTest(unittest.TestCase):
    def test_what_people_copy_and_paste_works(self):
        for tool in ("openssl", "htpasswd", "curl"):
            find_tool(tool)
        with network_namespace(), tempfile.TemporaryDirectory() as folder:
            promised, printed, errors = console.follow("web.md", "/tmp/connwatch-web", folder)
        self.assertEqual(printed, promised, errors)
        self.assertGreater(len(printed), 4)


if __name__ == "__main__":
    main()
