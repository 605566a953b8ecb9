"""Reads what processes of this network namespace and the kernel say to each other over netlink,
from an interface of type nlmon."""
import contextlib
import dataclasses
import socket
import struct

from two_hosts import ip

NLMSG_DONE = 3  # kernel: include/uapi/linux/netlink.h
NLM_F_DUMP = 0x300
TCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY = 18, 20  # kernel: inet_diag.h, sock_diag.h
NETLINK_SOCK_DIAG = 4
ETH_P_ALL = 3
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
ALIGNMENT = 4


@dataclasses.dataclass(frozen=True)
class Message:
    type: int
    flags: int
    sequence: int
    payload: bytes


def messages_in(packet):
    while len(packet) >= HEADER.size:
        length, kind, flags, sequence, _ = HEADER.unpack_from(packet)
        yield Message(kind, flags, sequence, packet[HEADER.size:length])
        packet = packet[-(-length // ALIGNMENT) * ALIGNMENT:]


class NetlinkTap(contextlib.ExitStack):
    """Listens from the beginning of the with block."""

    def __enter__(self):
        super().__enter__()
        ip("link", "add", "tap", "type", "nlmon")
        ip("link", "set", "tap", "up")
        self._socket = self.enter_context(
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("tap", ETH_P_ALL))
        return self

    def socket_messages(self):
        """Those of the protocol NETLINK_SOCK_DIAG so far, in their order."""
        messages = []
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, address = self._socket.recvfrom(1 << 16, socket.MSG_DONTWAIT)
                if address[1] == NETLINK_SOCK_DIAG:
                    messages += messages_in(packet)
        return messages
