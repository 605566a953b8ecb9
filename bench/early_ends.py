"""How much connwatchd's memory grows over requests that are refused or broken off."""

import contextlib
import itertools
import socket
import struct
import time
from dataclasses import dataclass

import subjects
from measure import parse_metrics, scrape
from own_certificate import client_context, write_web_config
from own_network import own_network

TIMEOUT_S = 10
WARM_UP = 10_000  # requests, after which the allocator has its memory
SETTLE_S = 2
# connwatchd also tracks the connections of this benchmark. That takes 1.5 MB once and is not measured
# here, so tracking is off.
SETTINGS = ("destroy_events: off", "max_tracked_connections: 1")
TAIL = b"\r\nHost: x\r\n\r\n"
# Each must be counted as refused once.
REQUESTS = (
    b"GET /?" + b"&" * 15_000 + b" HTTP/1.1" + TAIL,
    b"GET /metrics?" + b"a=b&" * 2_000 + b" HTTP/1.1" + TAIL,
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1" + TAIL,
    b"GET /?a=b HTTP/1.1\r\nX: " + b"a" * 20_000 + TAIL,
    b"GET /?a=b HTTP/9.9" + TAIL,
    b"GET /?a=b HTTP/1.1\r\nno colon" + TAIL,
    b"GARBAGE" + TAIL,
    b"POST /?a=b HTTP/1.1\r\nContent-Length: 5" + TAIL,
    b"GET /-/healthy HTTP/1.1" + TAIL + b"GET /?" + b"&" * 8_000 + b" HTTP/1.1" + TAIL,
    b"GET /?a=b HTTP/1.1\r\nHost: half of a header",
)
RESET = struct.pack("ii", 1, 0)  # SO_LINGER by which close() sends RST: no TIME-WAIT is left


@dataclass(frozen=True)
class Memory:
    """What so many requests did to a daemon."""

    requests: int
    refusals: int  # by its own count
    before_bytes: int  # resident
    after_bytes: int
    seconds: float

    @property
    def growth_bytes(self):
        return self.after_bytes - self.before_bytes


def send_request(port, request, tls):
    """Sends a request, closes the sending side, reads the reply to its end, closes with RST."""
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(socket.create_connection(("127.0.0.1", port), TIMEOUT_S))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with contextlib.suppress(OSError):  # the daemon need not wait for all of it
            client = stack.enter_context(tls.wrap_socket(raw)) if tls else raw
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass


def send_requests(port, count, tls):
    """Sends `count` requests, each kind in turn, each on a connection of its own."""
    for request in itertools.islice(itertools.cycle(REQUESTS), count):
        send_request(port, request, tls)


def count_refusals(daemon):
    samples = parse_metrics(scrape(daemon.port, daemon.tls)[1].decode())
    return int(sum(value for (name, _), value in samples.items()
                   if name == "connwatch_http_refusals_total"))


def measure_memory(folder, count, over_tls):
    """The Memory of a fresh daemon, which is asked by one client after another."""
    tls = client_context() if over_tls else None
    flags = ("--web.config.file", write_web_config(folder)) if over_tls else ()
    with subjects.start_configured_connwatchd(folder, SETTINGS, flags, tls) as daemon:
        daemon.wait_serving()
        send_requests(daemon.port, WARM_UP, tls)
        time.sleep(SETTLE_S)
        refusals, before = count_refusals(daemon), daemon.resident_memory_bytes()
        begin = time.monotonic()
        send_requests(daemon.port, count, tls)
        seconds = time.monotonic() - begin
        daemon.wait_until(lambda: count_refusals(daemon) - refusals >= count, "count of refusals")
        return Memory(count, count_refusals(daemon) - refusals, before,
                      daemon.resident_memory_bytes(), seconds)


def measure_early_ends(folder, options):
    """Returns the Memory for each way of asking: plain and over TLS."""
    with own_network():
        return {way: measure_memory(folder, options.requests, over_tls)
                for way, over_tls in (("plain", False), ("TLS", True))}
