"""Peers on the client's side of two_hosts.TwoHosts that answer when the test says so.

They are made by hand, packet by packet, because not every kernel can delay packets (sch_netem).
"""
import contextlib
import socket
import struct
import threading
import time

from two_hosts import ACK, SERVER, SYN, segment

ETH_P_IP = 0x0800  # linux/if_ether.h
PEER = "198.19.0.7"  # of two_hosts.LOST_NETWORK


class SlowPeers(contextlib.ExitStack):
    """Answers each first segment of a handshake to PEER after `delay_s`: a SYN by a SYN-ACK, a SYN-ACK
    by an ACK. Other segments get no answer. With `opens_too` it has sent a SYN at the same time: that
    is its answer to a SYN (RFC 9293, 3.5: a simultaneous open)."""

    def __init__(self, hosts, delay_s, opens_too=False):
        super().__init__()
        self._raw = hosts.raw_socket()
        with hosts.at_client():
            self._seen = self.enter_context(
                socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP)))
            self._seen.bind(("client", ETH_P_IP))
        self._seen.settimeout(0.1)
        self._delay_s = delay_s
        self._answer_to_syn = SYN if opens_too else SYN | ACK
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._answer_all)
        self._thread.start()
        self.callback(self._thread.join)
        self.callback(self._is_over.set)

    def connect(self, source_port, port):
        """Sends a SYN to the server. The handshake goes on by itself."""
        self._raw.sendto(segment(PEER, source_port, port, SYN, numbers=(1, 0)), (SERVER, 0))

    def _answer_all(self):
        while not self._is_over.is_set():
            with contextlib.suppress(TimeoutError):
                packet = self._seen.recv(2048)
                self._answer(packet, time.monotonic())

    def _answer(self, packet, now):
        if packet[9] != socket.IPPROTO_TCP or packet[16:20] != socket.inet_aton(PEER):
            return
        source_port, port, number, _, _, flags = struct.unpack("!HHIIBB", packet[20:34])
        if not flags & SYN:
            return
        time.sleep(max(0, now + self._delay_s - time.monotonic()))
        own, answer = (2, ACK) if flags & ACK else (1, self._answer_to_syn)
        acknowledged = number + 1 if answer & ACK else 0
        self._raw.sendto(segment(PEER, port, source_port, answer, numbers=(own, acknowledged)),
                         (SERVER, 0))
