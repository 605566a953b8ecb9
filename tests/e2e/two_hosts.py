"""Two network namespaces joined by a veth pair: a server, and clients whose packets are made by hand.

198.18.0.1 is the server, 198.18.0.2 the client. Answers to 198.19.0.0/16 go to the client's
namespace and vanish there.
"""
import contextlib
import os
import socket
import struct
import subprocess

from network import enter_namespace, enter_new_namespace, inside, namespace_of

# Bits of the TCP header, RFC 9293, 3.1.
FIN, SYN, RST, ACK = 1, 2, 4, 16
SERVER, CLIENT, LOST_NETWORK = "198.18.0.1", "198.18.0.2", "198.19.0.0/16"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class TwoHosts(contextlib.ExitStack):
    """Enter from within a fresh namespace (support.network_namespace): that one is the server."""

    def __enter__(self):
        super().__enter__()
        server = namespace_of()
        self.callback(os.close, server)
        enter_new_namespace()
        self._client = namespace_of()
        self.callback(os.close, self._client)
        # Move one end back to the server's namespace, by way of a descriptor.
        ip("link", "add", "client", "type", "veth", "peer", "name", "server",
           "netns", f"/proc/{os.getpid()}/fd/{server}")
        ip("address", "add", f"{CLIENT}/24", "dev", "client")
        ip("link", "set", "client", "up")
        enter_namespace(server)
        ip("address", "add", f"{SERVER}/24", "dev", "server")
        ip("link", "set", "server", "up")
        ip("route", "add", LOST_NETWORK, "via", CLIENT)
        return self

    def at_client(self):
        """This thread is on the client's side until the end of the with block."""
        return inside(self._client)

    def raw_socket(self):
        """For packets with an IP header of our own, sent from the client's side."""
        with self.at_client():
            return self.enter_context(
                socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def syn(source, source_port, port, data=b""):
    """An IPv4 packet with a SYN from `source` to the server, and an even number of bytes in it."""
    return segment(source, source_port, port, SYN, data)


def segment(source, source_port, port, flags, data=b"", numbers=None):
    """An IPv4 packet with a segment from `source` to the server, and an even number of bytes in it.
    `numbers`: its sequence number, and the one that it acknowledges."""
    sequence, acknowledged = numbers or (source_port, 0)
    addresses = socket.inet_aton(source) + socket.inet_aton(SERVER)
    header = struct.pack("!HHIIBBHHH", source_port, port, sequence, acknowledged, 5 << 4, flags,
                         65535, 0, 0)
    tcp = header + data
    pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    return struct.pack("!BBHHHBBH8s", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0,
                       addresses) + tcp
