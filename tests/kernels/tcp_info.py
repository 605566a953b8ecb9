"""The kernel's struct tcp_info, which grows from version to version.

kernel: include/uapi/linux/tcp.h. A field keeps its place for ever.
"""
import ctypes
import socket

LARGEST = 1024  # more than any kernel gives


def fields(kind, *names):
    return [(name, kind) for name in names]


class TcpInfo(ctypes.Structure):
    """All fields up to Linux 6.12; the bit-fields as the bytes that they are in."""

    _fields_ = [
        *fields(ctypes.c_uint8, "state", "ca_state", "retransmits", "probes", "backoff", "options",
                "window_scales", "flags"),
        *fields(ctypes.c_uint32, "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost",
                "retrans", "fackets", "last_data_sent", "last_ack_sent", "last_data_recv",
                "last_ack_recv", "pmtu", "rcv_ssthresh", "rtt", "rttvar", "snd_ssthresh",
                "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space", "total_retrans"),
        *fields(ctypes.c_uint64, "pacing_rate", "max_pacing_rate", "bytes_acked",
                "bytes_received"),
        *fields(ctypes.c_uint32, "segs_out", "segs_in", "notsent_bytes", "min_rtt", "data_segs_in",
                "data_segs_out"),
        *fields(ctypes.c_uint64, "delivery_rate", "busy_time", "rwnd_limited", "sndbuf_limited"),
        *fields(ctypes.c_uint32, "delivered", "delivered_ce"),
        *fields(ctypes.c_uint64, "bytes_sent", "bytes_retrans"),
        *fields(ctypes.c_uint32, "dsack_dups", "reord_seen", "rcv_ooopack", "snd_wnd"),
        *fields(ctypes.c_uint32, "rcv_wnd", "rehash"),  # since 6.2
        *fields(ctypes.c_uint16, "total_rto", "total_rto_recoveries"),  # since 6.7
        *fields(ctypes.c_uint32, "total_rto_time"),
    ]


def tcp_info_of(connection):
    """{field: number} of the fields that this kernel has."""
    content = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LARGEST)
    info = TcpInfo.from_buffer_copy(content.ljust(ctypes.sizeof(TcpInfo), b"\0"))
    place = lambda name: getattr(TcpInfo, name)
    return {name: getattr(info, name) for name, _ in TcpInfo._fields_
            if place(name).offset + place(name).size <= len(content)}
