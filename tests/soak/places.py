"""Where the random traffic goes: the two hosts, the ways between them, the ports, and the groups that the
ports have on the daemon's page.

The daemon watches one host; the other is its peer. A connection from the peer is inbound, one to the peer
is outbound, one within the watched host is both.
"""
import dataclasses
import socket

from network import sysctl
from two_hosts import CLIENT, SERVER, TwoHosts, ip

WATCHED6, PEER6 = "fd00::1", "fd00::2"
DEVICE = "server"  # the watched host's end of the veth pair, as two_hosts.py names it
EPHEMERAL = range(32768, 61000)  # what network.py sets
FOR_SERVICES = range(50_000, 60_000)  # ports of this range that clients do not get
SILENT = "198.19.0.5"  # what is sent there vanishes


class Hosts(TwoHosts):
    """Enter it from within a fresh network namespace: that one is the watched host."""

    def __enter__(self):
        super().__enter__()
        ip("address", "add", f"{WATCHED6}/64", "dev", DEVICE, "nodad")
        with self.at_client():
            ip("address", "add", f"{PEER6}/64", "dev", "client", "nodad")
        sysctl("ipv4/tcp_syn_retries", 1)     # a connect to silence ends after 3 s
        sysctl("ipv4/tcp_synack_retries", 1)  # so does a handshake of a flood
        # A connect that takes over the port of a TIME-WAIT hides who closed first
        # (docs/decisions/0003-connection-totals.md, "What remains open").
        sysctl("ipv4/tcp_tw_reuse", 0)
        # A client that takes the port of a listener that has just ended looks like that listener's
        # connection where the kernel's counters do not speak (docs/groups.md, "Who opened a connection").
        self._reserve_ports()
        with self.at_client():
            self._reserve_ports()
        return self

    @staticmethod
    def _reserve_ports():
        sysctl("ipv4/ip_local_reserved_ports", f"{FOR_SERVICES[0]}-{FOR_SERVICES[-1]}")

    def socket(self, watched, family):
        """A TCP socket of that host which never blocks."""
        if watched:
            made = socket.socket(family)
        else:
            with self.at_client():
                made = socket.socket(family)
        made.setblocking(False)
        return made


@dataclasses.dataclass(frozen=True)
class Way:
    """From a client to a service."""
    client_watched: bool
    server_watched: bool
    address: str

    @property
    def family(self):
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    def is_watched(self, role):
        return self.client_watched if role == "client" else self.server_watched


INBOUND4, INBOUND6 = Way(False, True, SERVER), Way(False, True, WATCHED6)
OUTBOUND4, OUTBOUND6 = Way(True, False, CLIENT), Way(True, False, PEER6)
LOOPBACK4, LOOPBACK6 = Way(True, True, "127.0.0.1"), Way(True, True, "::1")
TO_ITSELF4, TO_ITSELF6 = Way(True, True, SERVER), Way(True, True, WATCHED6)

# {address of a listener: the ways that lead to it}; "::" takes IPv4 too
OF_WATCHED = {
    "0.0.0.0": (INBOUND4, LOOPBACK4, TO_ITSELF4),
    "::": (INBOUND4, INBOUND6, LOOPBACK4, LOOPBACK6, TO_ITSELF6),
    SERVER: (INBOUND4, TO_ITSELF4),
    WATCHED6: (INBOUND6, TO_ITSELF6),
    "127.0.0.1": (LOOPBACK4,),
    "::1": (LOOPBACK6,),
}
OF_PEER = {
    "0.0.0.0": (OUTBOUND4,),
    "::": (OUTBOUND4, OUTBOUND6),
    CLIENT: (OUTBOUND4,),
    PEER6: (OUTBOUND6,),
}

WORKERS = 2
SILENT_PORTS = range(4001, 4004)  # of SILENT: too few connects wait there for an alert
REFUSING_PORTS = range(4101, 4104)  # nothing listens there


def steady_ports(worker):
    """Of the services that a worker has from the beginning to the end: here, then at the peer."""
    first = 2000 + 100 * worker
    return range(first, first + 10), range(first + 50, first + 60)


def changing_ports(worker):
    """Of its services that come and go, below all ephemeral ports"""
    size = 8000
    return range(8000 + size * worker, 8000 + size * (worker + 1))


def ephemeral_ports(worker):
    """The same of the ephemeral range"""
    return FOR_SERVICES[worker::WORKERS]


EDGE = [steady_ports(worker)[0][0] for worker in range(WORKERS)]
DATABASE = [steady_ports(worker)[1][0] for worker in range(WORKERS)]
TROUBLE_PORTS = range(5000, 5010)

# {name: (direction, ports)}: with such a group, a trouble and what nobody answers have a place on the page
# whatever went before them.
CONFIGURED = {
    "edge": ("inbound", EDGE),
    "database": ("outbound", DATABASE),
    "silent": ("outbound", SILENT_PORTS),
    "refusing": ("outbound", REFUSING_PORTS),
    **{f"trouble-{port}": ("inbound", [port]) for port in TROUBLE_PORTS},
    **{f"no-answer-{port}": ("outbound", [port]) for port in TROUBLE_PORTS},
}
KEYS = {"inbound": "local_port", "outbound": "remote_port"}
CONFIGURED_GROUPS = "groups:\n" + "".join(
    f"  - {{name: {name}, match: {{direction: {direction}, {KEYS[direction]}: {list(ports)}}}}}\n"
    for name, (direction, ports) in CONFIGURED.items())
KNOWN_PORTS = {port for worker in range(WORKERS) for ports in steady_ports(worker) for port in ports}
CHANGING = "changing"  # the sum of all groups without a known name


@dataclasses.dataclass(frozen=True)
class Groups:
    """The groups that are compared. Of the services that come and go, those on ports of the ephemeral range
    are in CHANGING. With `every_port`, each other port is a group; then max_groups must have room for them.
    Without, they are in CHANGING as well: the order of connections decides who gets the last places."""
    every_port: bool

    def of(self, direction, port):
        """Of a service's port"""
        for name, (of_direction, ports) in CONFIGURED.items():
            if of_direction == direction and port in ports:
                return name
        known = port not in EPHEMERAL if self.every_port else port in KNOWN_PORTS
        return str(port) if known else CHANGING

    def of_label(self, direction, label):
        """Of what the page calls a group"""
        if label.isdigit():
            return self.of(direction, int(label))
        return label if label in CONFIGURED else CHANGING
