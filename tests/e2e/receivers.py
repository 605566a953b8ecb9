"""Servers that take alerts, well or badly, each on a port of 127.0.0.1 and a thread of its own."""
import contextlib
import http.server
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import time

from support import DEADLINE_S, find_tool


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what is posted; answers with the statuses given, the last of them from then on. Its clock
    is `clock_ahead_s` ahead of the host's. Use as a context manager."""

    daemon_threads = True

    def __init__(self, statuses=(200,), port=0, tls=None, clock_ahead_s=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.port = self.server_address[1]
        self.statuses = list(statuses)
        self.clock_ahead_s = clock_ahead_s
        self.requests = []  # (path, headers, what was posted)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def __enter__(self):
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()

    def alerts(self, name):
        """Of that name, in the order they came, as an Alertmanager is told."""
        return [alert for _, _, alerts in self.requests for alert in alerts
                if alert["labels"]["alertname"] == name]


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = DEADLINE_S

    def do_POST(self):
        posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers, posted))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def date_time_string(self, timestamp=None):  # for the header Date
        return super().date_time_string(time.time() + self.server.clock_ahead_s)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def garbage():
    """Answers every connection with something that is not HTTP; the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(b"SSH-2.0-something else\r\n")
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


class Certificates:
    """An authority in `folder`, and what it signs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = self.folder / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem")

    def _openssl(self, *arguments):
        subprocess.run([find_tool("openssl"), *arguments], cwd=self.folder, check=True,
                       capture_output=True, timeout=DEADLINE_S)

    def make(self, name, alternative):
        """The paths of a certificate for `alternative` ("IP:127.0.0.1") and of its key."""
        (self.folder / "extensions").write_text(f"subjectAltName={alternative}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-extfile", "extensions", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def server(self, alternative, clients=False):
        """The TLS of a server; `clients` must have a certificate of the authority as well."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.make("server", alternative))
        if clients:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context
