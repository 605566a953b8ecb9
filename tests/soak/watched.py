"""The daemon of a soak, and what the kernel says about the host that it watches.

The daemon is asked over a unix socket, so that asking it makes no TCP traffic.
"""
import collections
import contextlib
import dataclasses
import http.client
import pathlib
import socket

from support import DEADLINE_S, Daemon

TIME_WAIT = 6  # kernel: net/tcp_states.h


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class WatchedDaemon(Daemon):
    """Its one listener on TCP is never used. It counts as a service of the watched host."""

    PORT, LISTENERS = 5999, 1

    def __init__(self, config, folder):
        self._path = pathlib.Path(folder) / "connwatchd.sock"
        super().__init__(config, ("--web.listen-address", f"unix:{self._path}"), port=self.PORT)

    def request(self, method, path, headers=None, timeout=DEADLINE_S):
        connection = UnixConnection(self._path, timeout)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            response.content = response.read()
            return response


@dataclasses.dataclass(frozen=True)
class KernelView:
    """Of the network namespace that this thread is in."""
    listen_drops: int
    time_wait: collections.Counter  # by (local port, remote port)

    @classmethod
    def now(cls):
        return cls(_listen_drops(), _time_wait())


def _listen_drops():
    with open("/proc/thread-self/net/netstat", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("TcpExt:")]
    return int(values[names.index("ListenDrops")])


def _time_wait():
    found = collections.Counter()
    for file in ("tcp", "tcp6"):
        with open(f"/proc/thread-self/net/{file}", encoding="ascii") as lines:
            next(lines)
            for _, local, remote, state, *_ in map(str.split, lines):
                if int(state, 16) == TIME_WAIT:
                    found[int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)] += 1
    return found
