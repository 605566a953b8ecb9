"""A connection both ends of which are in this process, so that all about it is known."""
import fcntl
import select
import socket
import struct
import termios
import time

from truth import DIRECTIONS

DEADLINE_MS = 120_000
ACK_S = 0.01  # a delayed one comes after 0.04 s
CHUNK = 1 << 18
ZEROS = bytes(CHUNK)
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: no FIN, a reset
BYTES_ACKED = 120  # linux/tcp.h: the place of tcpi_bytes_acked
OTHER = {"client": "server", "server": "client"}


def is_ready(end, events, within_ms=0):
    poll = select.poll()
    poll.register(end, events)
    return bool(poll.poll(within_ms))


def wait_for(end, events):
    if not is_ready(end, events, DEADLINE_MS):
        raise TimeoutError(f"{end} does not get ready within {DEADLINE_MS} ms")


def accept(listener):
    wait_for(listener, select.POLLIN)
    end, peer = listener.accept()
    end.setblocking(False)
    return end, peer


def wait_for_end(end):
    """Until the other side's FIN or reset has arrived. Nothing may be unread."""
    wait_for(end, select.POLLIN)
    try:
        if end.recv(1):
            raise ValueError("more bytes than were sent")
    except ConnectionResetError:
        pass


def move(sender, receiver, unsent, unread):
    """Sends that many bytes at one end, and reads that many at the other."""
    while unread:
        progress = 0
        try:
            progress = sender.send(ZEROS[:min(unsent, CHUNK)]) if unsent else 0
            unsent -= progress
        except BlockingIOError:
            pass
        try:
            got = len(receiver.recv(min(unread, CHUNK)))
            if not got:
                raise EOFError("the connection has ended")
            unread -= got
        except BlockingIOError:
            if not progress:
                wait_for(receiver, select.POLLIN)


class Connection:
    """Changes `truth` with everything that happens to it."""

    def __init__(self, truth, way, port, client, server):
        self.way, self.port = way, port
        self._truth = truth
        self._ends = {"client": client, "server": server}
        self._states = {}
        for role in DIRECTIONS:
            self._enter(role, "established")

    def _keys(self, role):
        """What the watched host's end is counted by; nothing for the peer's."""
        return [(DIRECTIONS[role], self.port)] if self.way.is_watched(role) else []

    def _enter(self, role, state):
        for key in self._keys(role):
            if role in self._states:
                self._truth.held[*key, self._states[role]] -= 1
            if state:
                self._truth.held[*key, state] += 1
        self._states[role] = state

    def send(self, role, size):
        move(self._ends[role], self._ends[OTHER[role]], size, size)
        self._count(role, size)

    def _count(self, role, size):
        for key in self._keys(role):
            self._truth.sent[key] += size
        for key in self._keys(OTHER[role]):
            self._truth.received[key] += size

    def receive(self, role, size):
        """What the other side has sent already"""
        move(self._ends[OTHER[role]], self._ends[role], 0, size)
        self._count(OTHER[role], size)

    def up(self, size):
        self.send("client", size)

    def down(self, size):
        self.send("server", size)

    def shutdown(self, role):
        """Half-closes it from that side; the other side reads the end."""
        self._ends[role].shutdown(socket.SHUT_WR)
        wait_for_end(self._ends[OTHER[role]])
        self._enter(role, "fin_wait2")
        self._enter(OTHER[role], "close_wait")

    def _close(self, role):
        self._ends[role].close()
        for key in self._keys(role):
            self._truth.closed[key] += 1
        self._enter(role, None)

    def close(self, first):
        """In order: the other side reads the end before it closes."""
        self._close(first)
        wait_for_end(self._ends[OTHER[first]])
        self._close(OTHER[first])

    def close_at_once(self):
        self._close("client")
        self._close("server")

    def finish(self, role):
        """Closes what the other side has half-closed."""
        self._close(role)
        wait_for_end(self._ends[OTHER[role]])
        self._close(OTHER[role])

    def _wait_for_acks(self):
        """A reset acknowledges nothing, and what has not been acknowledged does not count as sent."""
        for end in self._ends.values():
            while struct.unpack("i", fcntl.ioctl(end, termios.TIOCOUTQ, bytes(4))) != (0,):
                time.sleep(ACK_S)

    def reset(self, role):
        """Ends it without a FIN. If that side is watched, a full poll must have seen its last bytes before:
        the kernel tells nothing of them at the end (docs/metrics.md, blank events)."""
        self._wait_for_acks()
        self._ends[role].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close(role)

    def abandon(self, role, unread):
        """Closes with bytes unread, at least two, which makes a reset. (One unread byte is taken for a FIN,
        docs/decisions/0003-connection-totals.md.)"""
        other = self._ends[OTHER[role]]
        if other.send(ZEROS[:unread]) != unread:
            raise ValueError("too many bytes for a socket's buffer")
        self._wait_for_acks()
        self._count(OTHER[role], unread)
        self.close(role)

    def abort_download(self):
        """The client closes while the server, which is watched, sends. Only the server's kernel knows how
        much has been acknowledged."""
        server = self._ends["server"]
        try:
            while True:
                server.send(ZEROS)
        except BlockingIOError:
            pass
        self._close("client")
        wait_for(server, select.POLLERR)
        info = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
        for key in self._keys("server"):
            self._truth.sent[key] += struct.unpack_from("=Q", info, BYTES_ACKED)[0]
        self._close("server")
