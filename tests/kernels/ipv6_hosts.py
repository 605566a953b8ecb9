"""IPv6 for two_hosts.TwoHosts, whose addresses are IPv4: a server, its client, and a network whose
packets vanish at the client."""
import socket
import struct

from two_hosts import checksum, ip

SERVER, CLIENT, LOST_NETWORK = "fd00::1", "fd00::2", "fd01::/64"


def add_ipv6(hosts):
    ip("address", "add", f"{SERVER}/64", "dev", "server", "nodad")
    ip("route", "add", LOST_NETWORK, "via", CLIENT)
    with hosts.at_client():
        ip("address", "add", f"{CLIENT}/64", "dev", "client", "nodad")
        ip("route", "add", "blackhole", LOST_NETWORK)  # without a route it would say so


def raw_socket(hosts):
    """For packets with an IPv6 header of our own, sent from the client's side."""
    with hosts.at_client():
        return hosts.enter_context(
            socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW))


def syn(source, source_port, port):
    """An IPv6 packet with a SYN from `source` to the server."""
    addresses = b"".join(socket.inet_pton(socket.AF_INET6, text) for text in (source, SERVER))
    header = struct.pack("!HHIIBBHHH", source_port, port, source_port, 0, 5 << 4, 2, 65535, 0, 0)
    pseudo = addresses + struct.pack("!II", len(header), socket.IPPROTO_TCP)
    header = header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]
    return struct.pack("!IHBB", 6 << 28, len(header), socket.IPPROTO_TCP, 64) + addresses + header
