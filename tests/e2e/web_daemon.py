"""A daemon with a web configuration file, and what a client needs to ask it."""
import base64
import contextlib
import http.client
import pathlib
import ssl
import subprocess
import tempfile

from support import DEADLINE_S, Daemon, find_tool

DAYS = {"good": "2", "expired": "-1"}


def openssl(*arguments):
    subprocess.run([find_tool("openssl"), *arguments], check=True, capture_output=True,
                   timeout=DEADLINE_S)


def bcrypt(password, cost=4):
    """As docs/web.md tells people to make it, but cheap."""
    result = subprocess.run([find_tool("htpasswd"), "-nbBC", str(cost), "", password], check=True,
                            capture_output=True, text=True, timeout=DEADLINE_S)
    return result.stdout.strip().lstrip(":")


class Authority:
    """A CA in a folder; issues certificates there."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.certificate = self.folder / f"{name}.crt"
        self.key = self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, validity="good", names="IP:127.0.0.1,DNS:localhost"):
        """(certificate, key), as paths."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", DAYS[validity], "-extfile", extensions,
                "-out", certificate)
        return certificate, key


class WebDaemon(Daemon):
    """With `web` as its web configuration file. `scheme` is how it is asked; `certificate` and
    `login` are what a request shows unless it says otherwise."""

    def __init__(self, web, config="log: {level: debug}\n", arguments=(), scheme="http",
                 certificate=None, login=None, **options):
        self.web_folder = tempfile.TemporaryDirectory()
        self.web_file = pathlib.Path(self.web_folder.name) / "web.yml"
        self.web_file.write_text(web)
        self.scheme, self.certificate, self.login = scheme, certificate, login
        super().__init__(config, ("--web.config.file", self.web_file, *arguments), **options)

    def _end(self):
        super()._end()
        self.web_folder.cleanup()

    def tls(self, certificate=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def request(self, method, path, headers=None, timeout=DEADLINE_S):
        return self.ask(method, path, headers, self.login, self.tls(self.certificate), timeout)

    def ask(self, method, path, headers=None, login=None, context=None, timeout=DEADLINE_S):
        """The answer to a request with this log-in and TLS context."""
        headers = dict(headers or {})
        if login:
            token = base64.b64encode(":".join(login).encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        if self.scheme == "https":
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout,
                                                     context=context or self.tls())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            response.content = response.read()
            return response

    def status(self, login=None, context=None):
        """The status of a scrape; 0 where there is no answer."""
        try:
            return self.ask("GET", "/metrics", None, login, context).status
        except (OSError, http.client.HTTPException):
            return 0
