"""What serving a metrics page costs, by connwatchd and by node_exporter."""

import re
import time
from dataclasses import dataclass

import side_sockets
import subjects
from measure import count_series, scrape, take_rounds
from own_network import own_network

EACH_SECOND = "connwatchd, a new snapshot every second"
FRESH = "connwatchd, a new snapshot for every scrape"
NODE = "node_exporter, default page"
SCRAPE_PAUSE_S = 0.03
FRESH_INTERVAL_S = 0.1
FRESH_PAUSE_S = 0.15
SETTLE_S = 0.05
SNAPSHOT = re.compile(rb'^connwatch_polls_total\{(?=.*"handshakes")(?=.*"success").*\} (\S+)$',
                      re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Scrapes in a row."""

    wall_s: list
    cpu_s: float
    page_bytes: list
    series: int  # on the last page
    snapshots: int  # different ones among the pages of a connwatchd

    @property
    def cpu_per_byte(self):
        return self.cpu_s / sum(self.page_bytes)

    @property
    def wall_per_byte(self):
        return sum(self.wall_s) / sum(self.page_bytes)


def take_block(daemon, count, pause_s, without_main_thread=False):
    """A Block of `count` scrapes, `pause_s` apart.

    Of a connwatchd, the CPU time is that of the threads beside the main one, which polls; they do
    nothing but serve pages.
    """
    cpu_before = daemon.cpu_s(without_main_thread)
    wall_s, page_bytes, snapshots, page = [], [], set(), b""
    for _ in range(count):
        time.sleep(pause_s)
        seconds, page = scrape(daemon.port)
        wall_s.append(seconds)
        page_bytes.append(len(page))
        snapshots.update(SNAPSHOT.findall(page))
    time.sleep(SETTLE_S)
    cpu_s = daemon.cpu_s(without_main_thread) - cpu_before
    return Block(wall_s, cpu_s, page_bytes, count_series(page), len(snapshots))


def measure_pages(folder, node_exporter, listeners, rounds, scrapes):
    """{what: [Block of each round]}, with so many scrapes in each block."""
    with own_network(), side_sockets.connected_listeners(listeners), \
            subjects.start_configured_connwatchd(folder) as usual, \
            subjects.start_connwatchd(folder, listeners=FRESH_INTERVAL_S,
                                      handshakes=FRESH_INTERVAL_S) as fresh, \
            subjects.start_node_exporter(node_exporter) as node:
        for daemon in (usual, fresh):
            daemon.wait_serving()
            daemon.wait_until(lambda: subjects.poll_figures(daemon, "full")[0] >= 1, "first poll")
        node.wait_serving()
        return take_rounds({
            EACH_SECOND: lambda: take_block(usual, scrapes, SCRAPE_PAUSE_S, True),
            FRESH: lambda: take_block(fresh, scrapes, FRESH_PAUSE_S, True),
            NODE: lambda: take_block(node, scrapes, SCRAPE_PAUSE_S)}, rounds, close=3)
