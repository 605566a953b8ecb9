"""How many requests for a page connwatchd and node_exporter answer, with wrk."""

import re
import subprocess
from dataclasses import dataclass

import side_sockets
import subjects
from measure import MeasureError, count_series, scrape, take_rounds
from own_certificate import client_context, write_web_config
from own_network import own_network

OURS = "connwatchd"
NODE = "node_exporter"
# How a page is asked for: over TLS or not, and headers.
WAYS = {"plain": (False, ()),
        "gzip": (False, ("Accept-Encoding: gzip",)),
        "TLS, gzip": (True, ("Accept-Encoding: gzip",))}
CONNECTIONS = 8
WARM_UP_S = 2
TIMEOUT_S = 60
UNITS = {"B": 1, "KB": 1024, "MB": 1024 ** 2, "GB": 1024 ** 3}


@dataclass(frozen=True)
class Throughput:
    """One run of wrk against one daemon."""

    series: int  # on its page
    requests_per_s: float
    bytes_per_s: float
    cpu_per_request_s: float  # of the daemon
    peak_memory_bytes: int  # of the daemon, since its start


def run_wrk(daemon, headers, seconds):
    """The Throughput of one run, in which every request must be answered."""
    series = count_series(scrape(daemon.port, daemon.tls)[1])
    flags = [flag for header in headers for flag in ("-H", header)]
    url = f"{'https' if daemon.tls else 'http'}://127.0.0.1:{daemon.port}/metrics"
    cpu_before = daemon.cpu_s()
    output = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"--timeout={TIMEOUT_S}s", *flags,
         url],
        capture_output=True, text=True, check=True, timeout=seconds + TIMEOUT_S).stdout
    cpu_s = daemon.cpu_s() - cpu_before
    requests = re.search(r"^ *(\d+) requests in", output, re.MULTILINE)
    rate = re.search(r"^Requests/sec: +([\d.]+)$", output, re.MULTILINE)
    transfer = re.search(r"^Transfer/sec: +([\d.]+)([KMG]?B)$", output, re.MULTILINE)
    if "errors" in output or "Non-2xx" in output or not (requests and rate and transfer):
        raise MeasureError(f"wrk: {output}")
    return Throughput(series, float(rate[1]), float(transfer[1]) * UNITS[transfer[2]],
                      cpu_s / max(int(requests[1]), 1), daemon.peak_memory_bytes())


def measure_way(folder, node_exporter, way, options):
    """{daemon: [Throughput of each round]}, of fresh daemons with their default configuration."""
    over_tls, headers = WAYS[way]
    tls = client_context() if over_tls else None
    flags = ("--web.config.file", write_web_config(folder)) if over_tls else ()
    with subjects.start_configured_connwatchd(folder, flags=flags, tls=tls) as ours, \
            subjects.start_node_exporter(node_exporter, *flags, tls=tls) as node:
        for daemon in (ours, node):
            daemon.wait_serving()
            run_wrk(daemon, headers, WARM_UP_S)
        return take_rounds({OURS: lambda: run_wrk(ours, headers, options.seconds),
                            NODE: lambda: run_wrk(node, headers, options.seconds)},
                           options.rounds)


def measure_throughput(folder, node_exporter, options):
    """{way: {daemon: [Throughput of each round]}}, beside so many listeners, each with a peer."""
    with own_network(), side_sockets.connected_listeners(options.listeners):
        return {way: measure_way(folder, node_exporter, way, options) for way in WAYS}
