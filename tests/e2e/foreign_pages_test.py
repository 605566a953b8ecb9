"""What web pages of somebody else can make a browser send here, byte by byte: they change nothing, and
read nothing that only users of this host can reach."""
import contextlib
import pathlib
import socket
import tempfile
import unittest

from support import DEADLINE_S, Daemon, main
from web_daemon import WebDaemon, bcrypt

LIFECYCLE = ("--web.enable-lifecycle",)
CONFIG = "log: {level: debug}\nweb: {sockets_api: true, host_names: [watch.example]}\n"
API = ("alerts", "groups", "handshakes", "history", "host", "listeners", "states", "status")
OPEN = ("/metrics", "/-/healthy", "/-/ready")
# What a page can have its browser put into the header Host, and what it cannot.
FOREIGN = (b"page.example", b"page.example:10177", b"localhost.page.example", b"127.1",
           b"127.0.0.1.page.example", b"2130706433", b"0x7f.1")
NO_HOST = (b"[::1].page.example", b"[::1]page.example:80", b"page.example:127.0.0.1", b"::1", b":80",
           b"127.0.0.1@page.example", b"localhost:80:80", b"[127.0.0.1]", b"[::1", b"localhost/",
           b"localhost\xc2\xa0", b"local host")
OWN = (b"localhost", b"LOCALHOST:10177", b"localhost.", b"127.0.0.1", b"[::1]:10177", b"192.0.2.1",
       b"watch.example", b"WATCH.example:443", socket.gethostname().encode(), b"")


def ask(daemon, line, *headers):
    """The status of the answer to exactly these bytes; 0 if there is none."""
    request = b"\r\n".join([line + b" HTTP/1.1", *headers, b"Connection: close", b"", b""])
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=DEADLINE_S) as client:
        client.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := client.recv(65536):
                answer += chunk
    return int(answer.split()[1]) if answer else 0


def refusals(daemon, reason):
    page = daemon.wait_for_polls(2, tier="handshakes")
    return page.get("connwatch_http_refusals_total", reason=reason)


class ForeignPagesTest(unittest.TestCase):
    def reload(self, daemon, *headers, host=b"localhost"):
        return ask(daemon, b"POST /-/reload", b"Host: " + host, *headers)

    def test_the_name_that_is_asked_for(self):
        with Daemon(CONFIG) as daemon:
            for host in FOREIGN:
                for path in API:
                    line = f"GET /api/v1/{path}".encode()
                    self.assertEqual(ask(daemon, line, b"Host: " + host), 403, (host, path))
                for path in OPEN:
                    line = f"GET {path}".encode()
                    self.assertEqual(ask(daemon, line, b"Host: " + host), 200, (host, path))
                # As text "/" has data; the document for browsers has none.
                self.assertEqual(ask(daemon, b"GET /", b"Host: " + host), 403, host)
                self.assertEqual(
                    ask(daemon, b"GET /", b"Host: " + host, b"Accept: text/html"), 200, host)
            for host in OWN:
                self.assertEqual(ask(daemon, b"GET /", b"Host: " + host), 200, host)
                for path in API:
                    line = f"GET /api/v1/{path}".encode()
                    self.assertEqual(ask(daemon, line, b"Host: " + host), 200, (host, path))
            self.assertEqual(refusals(daemon, "foreign"), len(FOREIGN) * (len(API) + 1))
            self.assertIn('refused a request from 127.0.0.1: the Host header is "page.example", '
                          "which is not known as a name of this host", daemon.log())

    def test_single_sockets_are_as_the_rest(self):
        with Daemon(CONFIG) as daemon:
            line = b"GET /api/v1/sockets?limit=1"
            for host in FOREIGN:
                self.assertEqual(ask(daemon, line, b"Host: " + host), 403, host)
            self.assertEqual(ask(daemon, line, b"Host: watch.example"), 200)
            self.assertEqual(ask(daemon, line, b"Host: page.example", b"X-Forwarded-For: ::1"), 403)

    def test_what_is_no_host_is_400_everywhere(self):
        with Daemon(CONFIG, arguments=LIFECYCLE) as daemon:
            for host in NO_HOST:
                for line in (b"GET /metrics", b"GET /api/v1/status", b"POST /-/reload"):
                    self.assertEqual(ask(daemon, line, b"Host: " + host), 400, (host, line))
            self.assertEqual(refusals(daemon, "ambiguous"), 3 * len(NO_HOST))

    def test_two_hosts_are_400(self):
        with Daemon(CONFIG, arguments=LIFECYCLE) as daemon:
            for line in (b"GET /metrics", b"GET /api/v1/status", b"POST /-/reload"):
                for hosts in ((b"Host: localhost", b"Host: localhost"),
                              (b"Host: localhost", b"host: page.example"),
                              (b"Host:", b"HOST: localhost")):
                    self.assertEqual(ask(daemon, line, *hosts), 400, (line, hosts))

    def test_reload_for_a_foreign_page(self):
        with Daemon(CONFIG, arguments=LIFECYCLE) as daemon:
            foreign = (b"Origin: http://page.example", b"Origin: null", b"Origin: http://localhost",
                       b"Origin: http://localhost:3000", b"Origin: https://localhost:10177",
                       b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Site: same-site")
            for header in foreign:
                host = b"localhost:3001" if header.endswith(b":3000") else b"localhost:1"
                self.assertEqual(self.reload(daemon, header, host=host), 403, header)
            for host in FOREIGN:
                self.assertEqual(self.reload(daemon, host=host), 403, host)
                origin = b"Origin: http://" + host
                self.assertEqual(self.reload(daemon, origin, host=host), 403, origin)
            self.assertEqual(refusals(daemon, "foreign"), len(foreign) + 2 * len(FOREIGN))
            self.assertNotIn("configuration reloaded", daemon.log())
            own = (b"X: y", b"Origin: http://localhost", b"Sec-Fetch-Site: same-origin")
            for header in own:
                self.assertEqual(self.reload(daemon, header), 200, header)
            self.assertEqual(self.reload(daemon, host=b"watch.example"), 200)

    def test_a_password_that_the_browser_sends_by_itself(self):
        with WebDaemon(f"basic_auth_users: {{someone: {bcrypt('secret')}}}\n", arguments=LIFECYCLE,
                       login=("someone", "secret")) as daemon:
            foreign = {"Origin": "http://page.example"}
            self.assertEqual(daemon.request("POST", "/-/reload", foreign).status, 403)
            self.assertEqual(daemon.request("POST", "/-/reload", {"Host": "any.example"}).status, 200)
            self.assertEqual(daemon.get("/api/v1/status", {"Host": "any.example"}).status, 200)

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = str(pathlib.Path(folder) / "web.sock")
            with Daemon(CONFIG, arguments=(*LIFECYCLE, "--web.listen-address", "unix:" + path)):
                for headers, status in ((b"", 200), (b"Origin: http://page.example\r\n", 403)):
                    with socket.socket(socket.AF_UNIX) as client:
                        client.settimeout(DEADLINE_S)
                        client.connect(path)
                        client.sendall(b"POST /-/reload HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
                        self.assertEqual(int(client.recv(65536).split()[1]), status)


if __name__ == "__main__":
    main()
