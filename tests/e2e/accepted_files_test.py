"""What the check of the configuration accepts works, and what would not work is refused: by --check-config
and by a start, in the same words."""
import pathlib
import re
import tempfile
import unittest

from support import main, run
from web_daemon import Authority, WebDaemon, bcrypt, openssl

KEYS = {"rsa512": ("rsa:512",), "rsa1024": ("rsa:1024",), "rsa2048": ("rsa:2048",), "ed25519": ("ed25519",),
        "p521": ("ec", "-pkeyopt", "ec_paramgen_curve:P-521")}
LONGEST_HEADERS = 8192
PASSWORD = "correct horse"
IN_ALL = "at most 8192"


def receiver(host):
    return f"alertmanagers: [{{url: 'http://{host}'}}]\n"


def rule(more):
    return f"alerts: [{{name: A, signal: attempt_fails, above: 1, {more}}}]\n"


# Web configuration files, with what the message says. %(hash)s is a bcrypt hash, %(folder)s has the keys.
REFUSED_WEB = (
    ("\ufeff\ufeffrate_limit: {interval: 0}\n", "byte order mark"),
    ("rate_limit: {interval: 0}\n\ufeffhttp_server_config: {}\n", "byte order mark"),
    ("http_server_config: {headers: {Content-Security-Policy: '%(long)s'}}\n", IN_ALL),
    ("http_server_config: {headers: {X-XSS-Protection: '0', Content-Security-Policy: '%(most)s'}}\n", IN_ALL),
    ("http_server_config: {headers: {X-XSS-Protection: \"a\\nb: c\"}}\n", "printable"),
    ("http_server_config: {headers: {Content-Length: '0'}}\n", "unknown key"),
    ("basic_auth_users: {\"a\\0\": '%(hash)s'}\n", "control character"),
    ("basic_auth_users: {\"a\\n\": '%(hash)s'}\n", "control character"),
    ("basic_auth_users: {'a:b': '%(hash)s'}\n", "colon"),
    ("basic_auth_users: {'': '%(hash)s'}\n", "empty"),
    ("basic_auth_users: {a: '%(bad_hash)s'}\n", "that no password has"),
    ("rate_limit: {interval: 1h, burst: 1000001}\n", "too large"),
    ("rate_limit: {interval: 8760h, burst: 1}\n", "too long"),
    ("rate_limit: {interval: 1s, burst: 18446744073709551616}\n", "too large"),
    ("tls_server_config: {cert_file: %(folder)s/rsa512.crt, key_file: %(folder)s/rsa512.key}\n",
     "has a key of 512 bits"),
    ("tls_server_config: {cert_file: %(folder)s/p521.crt, key_file: %(folder)s/rsa2048.key}\n", "no pair"),
    ("tls_server_config: {cert_file: %(folder)s/p521.key, key_file: %(folder)s/p521.key}\n", "no pair"),
    ("tls_server_config: {cert_file: \"%(folder)s/p521.crt\\0\", key_file: %(folder)s/p521.key}\n", "NUL"),
    ("tls_server_config: {cert_file: %(folder)s/p521.crt, key_file: %(folder)s/p521.key, max_version: TLS12, "
     "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}\n", "no client can connect"),
    ("tls_server_config: {cert_file: %(folder)s/p521.crt, key_file: %(folder)s/p521.key, client_ca_file: "
     "%(folder)s/rsa512.crt, client_auth_type: RequireAndVerifyClientCert}\n", "has a key of 512 bits"),
    ("tls_server_config: {cert_file: %(folder)s/p521.crt, key_file: %(folder)s/p521.key, client_auth_type: "
     "RequireAnyClientCert, client_allowed_sans: [\"a\\0\"]}\n", "printable"),
    ("tls_server_config: {cert_file: %(folder)s/p521.crt, key_file: %(folder)s/p521.key, client_auth_type: "
     "RequireAnyClientCert, client_allowed_sans: ['%(long)s']}\n", "at most 1000"),
)

REFUSED_CONFIG = (
    (rule("labels: {__x: a}"), "begins with __"),
    (rule("labels: {__name__: a}"), "begins with __"),
    (rule("labels: {instance: a}"), "have already"),
    (rule("labels: {team: \"\\0\"}"), "control character"),
    (rule("annotations: {text: \"\\e[1m\"}"), "control character"),
    (rule("annotations: {text: '%(long)s'}"), "at most 1000"),
    (rule("match: \"a\\n\""), "control character"),
    ("alerts: [{name: A, signal: attempt_fails, below: 0}]\n", "more than 0"),
    ("alerts: [{name: RttHigh, above: 100}]\n", "did you mean 100ms or 100s?"),
    ("alerts: [{name: A, signal: send_queue_bytes, above: 100}]\n", "did you mean 100B or 100KiB?"),
    ("poll: {full: 10}\n", "did you mean 10s?"),
    (receiver("a..b"), "no valid host"),
    (receiver("256.0.0.1"), "no valid host"),
    (receiver("a" * 64), "no valid host"),
    (receiver("a/" + "x" * 65536), "at most 2000"),
    ("alertmanagers: [" + ", ".join(f"{{url: 'http://a:{i}'}}" for i in range(1, 1001)) + "]\n",
     "has 1000 values"),
    ("alertmanagers: [{url: 'https://a', tls: {ca_file: %(folder)s/p521.key}}]\n", "is no PEM file"),
    ("alertmanagers: [{url: 'https://a', basic_auth: {username: a, password_file: %(folder)s/nul}}]\n",
     "control characters"),
    ("groups: [{name: a, match: {local_port: 65536}}]\n", "too large"),
    ("max_tracked_connections: 18446744073709551616\n", "too large"),
    ("destroy_event_buffer: 17179869184GiB\n", "too large"),
    ("destroy_event_buffer: 0B\n", "too small"),
    ("peak_window: 87600h\n", "too long"),
    ("poll: {full: 0s}\n", "too short"),
    ("max_groups: 0\n", "too small"),
)

ACCEPTED_WEB = (
    "http_server_config: {headers: {Content-Security-Policy: '%(most)s'}}\n",
    "http_server_config: {headers: {X-XSS-Protection: ' ', Strict-Transport-Security: '~'}}\n",
    "rate_limit: {interval: 1h, burst: 1000000}\n",
    "# rate_limit: {interval: 1s, burst: 1}\n",
    "http_server_config:\n#  http2: false\n",
    "basic_auth_users: {alice: '%(hash)s', 'größe \"x\"': '%(hash)s', " + "x" * 255 + ": '%(hash)s'}\n",
)

ACCEPTED_TLS = (
    ("rsa1024", ""), ("rsa2048", ""), ("p521", ""), ("ed25519", ""), ("expired", ""),
    ("rsa2048", "curve_preferences: [X25519]"),
    ("rsa2048", "max_version: TLS12, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]"),
    ("p521", "max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]"),
    ("p521", "client_auth_type: RequestClientCert"),
)

ACCEPTED_CONFIG = (
    "peak_window: 1h\nmax_groups: 10000\nmax_listeners: 100000\nmax_tracked_connections: 100000000\n"
    "destroy_event_buffer: 1GiB\nweb: {max_connections: 10000, max_connections_per_address: 10000}\n",
    "peak_window: 1s\nmax_groups: 1\nmax_listeners: 1\nmax_tracked_connections: 1\ndestroy_event_buffer: 4KiB\n"
    "cpu_budget: 0.1%%\nweb: {max_connections: 1, max_connections_per_address: 1, timeout: 1s}\n",
    "# cpu_budget: 2%%\n# poll: {full: 1s}\n",
    "poll:\n# full: 1s\nhistograms:\ndiagnosis:\nweb:\nlog:\n# level: debug\n"
    "groups:\n# - {name: edge}\nalerts:\n# - {name: RttHigh, enabled: true}\nalertmanagers:\n",
    rule("labels: {team: \"a\\n\\\"b\\\\\"}, annotations: {__x: \"\\t{{value}}\"}, for: 24h"),
)


class AcceptedFilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.folder = pathlib.Path(folder)
        for name, kind in KEYS.items():
            openssl("req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-keyout", cls.folder / f"{name}.key", "-out", cls.folder / f"{name}.crt")
        Authority(folder, "ca").issue("expired", "expired")
        (cls.folder / "nul").write_bytes(b"s3cret\0x\n")
        hash_ = bcrypt(PASSWORD)
        most = "x" * (LONGEST_HEADERS - len("Content-Security-Policy: \r\n"))
        cls.words = {"folder": folder, "hash": hash_, "bad_hash": hash_[:-1] + "A",
                     "most": most, "long": most + "x"}

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text % self.words)
        return path

    def assert_refused(self, arguments, file, message):
        """One mistake, with its place and what is allowed."""
        start = run(*arguments, "--web.listen-address", "127.0.0.1:0")
        check = run(*arguments, "--check-config")
        for result in (start, check):
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertRegex(result.stderr, rf"\A{re.escape(str(file))}:\d+:\d+: [^\n]*(must|known keys)[^\n]*\n\Z")
            self.assertIn(message, result.stderr)
        self.assertEqual(start.stderr, check.stderr)

    def test_web_files_that_could_not_work_are_refused(self):
        for text, message in REFUSED_WEB:
            with self.subTest(text[:120]):
                path = self.write("web.yml", text)
                self.assert_refused(["--web.config.file", path], path, message)

    def test_configurations_that_could_not_work_are_refused(self):
        for text, message in REFUSED_CONFIG:
            with self.subTest(text[:120]):
                path = self.write("connwatch.yaml", text)
                self.assert_refused(["--config.file", path], path, message)

    def assert_serves(self, daemon):
        check = run("--check-config", "--config.file", daemon.config_file, *daemon.web_arguments())
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        self.assertIn(b"connwatch_build_info", daemon.get("/metrics").content)

    def test_web_files_that_are_accepted_serve_a_scrape(self):
        for text in ACCEPTED_WEB:
            login = ("alice", PASSWORD) if "alice" in text else None
            with self.subTest(text[:120]), CheckedDaemon(text % self.words, login=login) as daemon:
                self.assert_serves(daemon)

    def test_certificates_that_are_accepted_serve_a_scrape(self):
        for name, more in ACCEPTED_TLS:
            web = (f"tls_server_config: {{cert_file: {self.folder}/{name}.crt, "
                   f"key_file: {self.folder}/{name}.key, {more}}}\n")
            with self.subTest(name + more), CheckedDaemon(web, scheme="https") as daemon:
                self.assert_serves(daemon)
                self.assertEqual("expired at" in daemon.log(), name == "expired")

    def test_configurations_that_are_accepted_serve_a_scrape(self):
        for text in ACCEPTED_CONFIG:
            with self.subTest(text[:120]), CheckedDaemon(config=text % self.words) as daemon:
                self.assert_serves(daemon)


class CheckedDaemon(WebDaemon):
    """Its clients take short keys too."""

    def __init__(self, web="rate_limit: {interval: 0}\n", **options):
        super().__init__(web, **options)

    def tls(self, certificate=None):
        context = super().tls(certificate)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    def web_arguments(self):
        return ("--web.config.file", self.web_file)


if __name__ == "__main__":
    main()
