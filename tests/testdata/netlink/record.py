#!/usr/bin/env python3
"""Records inet_diag messages of this kernel as the *.hex fixtures beside this file.

Run as root: `unshare --net python3 record.py [NAME...]`. Makes one socket of each kind in the new
network namespace, dumps them as the daemon does (TCPDIAG_GETSOCK, tcp_info), and writes one message a
file, with the kernel release and the line of `ss -tanieOH` above: NAME.hex, or all. Two more are derived
from the established one: a tcp_info cut to the 104 bytes that old kernels have, and one 64 bytes longer
than today's. The "record:" lines are what the tests expect of the parser.
"""
import argparse
import pathlib
import platform
import socket
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
NETLINK_SOCK_DIAG, TCPDIAG_GETSOCK, INET_DIAG_INFO = 4, 18, 2
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, SKNLGRP_INET_TCP_DESTROY = 270, 1, 1
NLM_F_REQUEST_DUMP = 0x301
NLMSG_DONE = 3
MESSAGE_BYTES, HEADER_BYTES = 72, 16
STATES = {1: "established", 2: "syn_sent", 3: "syn_recv", 4: "fin_wait1", 5: "fin_wait2",
          6: "time_wait", 7: "close", 8: "close_wait", 9: "last_ack", 10: "listen", 11: "closing"}


def dump():
    """Every message of one full dump, headers included."""
    request = struct.pack("=BBBB48xII", socket.AF_INET, 0, 0, 1 << (INET_DIAG_INFO - 1), 0x1ffe, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as netlink:
        netlink.bind((0, 0))
        netlink.send(struct.pack("=IHHII", HEADER_BYTES + len(request), TCPDIAG_GETSOCK,
                                 NLM_F_REQUEST_DUMP, 1, 0) + request)
        while True:
            data = netlink.recv(65536)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NLMSG_DONE:
                    return
                yield data[:length]
                data = data[(length + 3) & ~3:]


def destroyed(close):
    """The message about the socket that close() ends."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as netlink:
        netlink.bind((0, 0))
        netlink.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, SKNLGRP_INET_TCP_DESTROY)
        netlink.settimeout(5)
        close()
        return netlink.recv(65536)


def fixtures_of_destroyed():
    """A connection that ended in order, and one that was disconnected by SO_LINGER 0."""
    server = listener(socket.AF_INET, "127.0.0.1")
    for name, linger in (("destroyed_ipv4", None), ("destroyed_blank_ipv4", b"\1" + bytes(7))):
        client = connect(socket.AF_INET, "127.0.0.1", server)
        accepted = server.accept()[0]
        client.send(b"hello, server")
        accepted.recv(100)
        accepted.send(b"hello")
        client.recv(100)
        if linger:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            message = destroyed(accepted.close)
            client.close()
        else:
            client.close()
            message = destroyed(accepted.close)
        yield name, fixture(message, "none: it is gone")
    server.close()


def attributes(message):
    """(offset, type, length) of each attribute."""
    offset = HEADER_BYTES + MESSAGE_BYTES
    while offset < len(message):
        length, kind = struct.unpack_from("=HH", message, offset)
        yield offset, kind, length
        offset += (length + 3) & ~3


def resize_tcp_info(message, size):
    """The message with a tcp_info of another length, as another kernel would send it."""
    for offset, kind, length in attributes(message):
        if kind == INET_DIAG_INFO:
            body = message[offset + 4:offset + length].ljust(size, b"\xee")[:size]
            resized = (message[:offset] + struct.pack("=HH", 4 + size, kind) + body +
                       message[offset + length:])
            return struct.pack("=I", len(resized)) + resized[4:]
    raise ValueError("no tcp_info")


def endpoint(family, address, port):
    if family == socket.AF_INET:
        return f"{socket.inet_ntop(family, address[:4])}:{port}"
    if address.startswith(bytes(10) + b"\xff\xff"):
        return f"{socket.inet_ntop(socket.AF_INET, address[12:])}:{port}"
    return f"[{socket.inet_ntop(family, address)}]:{port}"


def describe_tcp_info(info):
    """The fields of tcp_info that are read, by their offsets in linux/tcp.h."""
    u32 = lambda offset: struct.unpack_from("=I", info, offset)[0]
    u64 = lambda offset: struct.unpack_from("=Q", info, offset)[0]
    text = f"rtt_us={u32(68) or '-'} last_ack_ms={u32(56)} idle_ms={min(u32(44), u32(52), u32(56))}"
    if len(info) < 216:
        return text + " min_rtt_us=- traffic=-"
    min_rtt = "-" if u32(148) == 0xffffffff else u32(148)
    return (f"{text} min_rtt_us={min_rtt} traffic=acked:{u64(120)},received:{u64(128)},"
            f"sent:{u64(200)},retransmitted:{u64(208)},segments:{u32(136)},retransmitted:{u32(100)},"
            f"busy:{u64(168)},rwnd:{u64(176)},sndbuf:{u64(184)}")


def describe(message):
    family, state = struct.unpack_from("=BB", message, 16)
    sport, dport = struct.unpack_from("!HH", message, 20)
    source, destination = message[24:40], message[40:56]
    interface, cookie = struct.unpack_from("=IQ", message, 56)
    receive_queue, send_queue = struct.unpack_from("=II", message, 72)
    tcp_info = "rtt_us=- last_ack_ms=- idle_ms=- min_rtt_us=- traffic=-"
    for offset, kind, length in attributes(message):
        if kind == INET_DIAG_INFO:
            tcp_info = describe_tcp_info(message[offset + 4:offset + length])
    return (f"{STATES[state]} {endpoint(family, source, sport)} "
            f"{endpoint(family, destination, dport)} interface={interface} cookie={cookie} "
            f"queues={receive_queue}/{send_queue} {tcp_info}")


def hex_lines(message):
    words = [message[i:i + 4].hex() for i in range(0, len(message), 4)]
    return "\n".join(" ".join(words[i:i + 8]) for i in range(0, len(words), 8))


def fixture(message, ss_line, note=""):
    """The text of a file."""
    derived = f"# derived: {note}\n" if note else ""
    return (f"# uname -r: {platform.release()}\n# ss -tanieOH: {ss_line}\n{derived}"
            f"# record: {describe(message)}\n{hex_lines(message)}\n")


def listener(family, address, backlog=8, device=""):
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    server.bind((address, 0))
    server.listen(backlog)
    return server


def connect(family, address, server):
    client = socket.socket(family, socket.SOCK_STREAM)
    client.connect((address, server.getsockname()[1]))
    return client


def make_sockets():
    """Returns [(fixture name, local port, remote port)] and what must stay open."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    v4, v6 = listener(socket.AF_INET, "127.0.0.1"), listener(socket.AF_INET6, "::")
    established = connect(socket.AF_INET, "127.0.0.1", v4)
    accepted = v4.accept()[0]
    accepted.send(b"hello")
    over_v6 = connect(socket.AF_INET6, "::1", v6)
    mapped = connect(socket.AF_INET, "127.0.0.1", v6)
    closing = connect(socket.AF_INET, "127.0.0.1", v4)
    half_closed = v4.accept()[0]
    half_closed.close()  # half_closed: FIN-WAIT-2, closing: CLOSE-WAIT
    ended = connect(socket.AF_INET, "127.0.0.1", v4)
    ended_port = ended.getsockname()[1]
    ended.close()
    v4.accept()[0].close()  # ended: TIME-WAIT
    deferring = listener(socket.AF_INET, "127.0.0.1")
    deferring.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    silent = connect(socket.AF_INET, "127.0.0.1", deferring)
    on_device = listener(socket.AF_INET, "0.0.0.0", device="lo")
    on_device.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    silent_on_device = connect(socket.AF_INET, "127.0.0.1", on_device)
    full = listener(socket.AF_INET, "127.0.0.1", 0)
    filler = connect(socket.AF_INET, "127.0.0.1", full)
    pending = socket.socket()
    pending.setblocking(False)
    pending.connect_ex(full.getsockname())
    port = lambda s: s.getsockname()[1]
    kinds = [("listen_ipv4", port(v4), 0), ("listen_ipv6", port(v6), 0),
             ("established_ipv4", port(established), port(v4)),
             ("established_ipv6", port(over_v6), port(v6)),
             ("established_v4_mapped", port(v6), port(mapped)),
             ("close_wait_ipv4", port(closing), port(v4)),
             ("fin_wait2_ipv4", port(v4), port(closing)),
             ("time_wait_ipv4", ended_port, port(v4)),
             ("syn_recv_ipv4", port(deferring), port(silent)),
             ("listen_on_device", port(on_device), 0),
             ("syn_recv_on_device", port(on_device), port(silent_on_device)),
             ("syn_sent_ipv4", port(pending), port(full))]
    return kinds, [v4, v6, established, accepted, over_v6, mapped, closing, half_closed, deferring,
                   silent, on_device, silent_on_device, full, filler, pending]


def fixtures():
    """(name, text) of each."""
    kinds, kept_open = make_sockets()
    lines = subprocess.run(["ss", "-tanieOH"], check=True, capture_output=True, text=True).stdout
    ss_lines = {}
    for line in lines.splitlines():
        local, remote = line.split()[3:5]
        remote_port = remote.rsplit(":", 1)[1].replace("*", "0")
        ss_lines[int(local.rsplit(":", 1)[1]), int(remote_port)] = " ".join(line.split())
    messages = {struct.unpack_from("!HH", m, 20): m for m in dump()}
    for name, *ports in kinds:
        yield name, fixture(messages[tuple(ports)], ss_lines[tuple(ports)])
    name, *ports = kinds[2]
    message, ss_line = messages[tuple(ports)], ss_lines[tuple(ports)]
    yield "established_short_tcp_info", fixture(
        resize_tcp_info(message, 104), ss_line,
        f"{name} with the 104-byte tcp_info of an old kernel")
    yield "established_long_tcp_info", fixture(
        resize_tcp_info(message, 344), ss_line,
        f"{name} with a longer tcp_info than any kernel has, the rest 0xee")
    for sock in kept_open:
        sock.close()
    yield from fixtures_of_destroyed()


def main():
    parser = argparse.ArgumentParser(
        usage=__doc__, add_help=False, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--help", "-h", action="help")
    parser.add_argument("names", nargs="*")
    names = parser.parse_args().names
    recorded = dict(fixtures())
    unknown = set(names) - set(recorded)
    if unknown:
        sys.exit(f"no such fixture: {', '.join(sorted(unknown))}; there are {', '.join(recorded)}")
    for name in names or recorded:
        (HERE / f"{name}.hex").write_text(recorded[name])


if __name__ == "__main__":
    main()
