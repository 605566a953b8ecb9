"""Network namespaces whose settings are known. Tests, benchmarks and the demo make all of theirs here.

A new namespace takes some of its settings from the host: with docker on it, a host forwards packets,
and so would each namespace. Others have defaults that differ between kernels. So a namespace gets
every setting that anything here depends on.
"""
import contextlib
import ctypes
import os
import pathlib
import random
import socket
import subprocess

CLONE_NEWNET = 0x40000000  # linux/sched.h
LIBC = ctypes.CDLL(None, use_errno=True)
SYSCTLS = pathlib.Path("/proc/sys/net")
# Ports above 1023 on which no browser opens a page: https://fetch.spec.whatwg.org/#port-blocking.
BLOCKED_BY_BROWSERS = {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
                       6679, 6697, 10080}

# The defaults of Linux 6.x, documented in its Documentation/networking/ip-sysctl.rst. Names are
# paths below /proc/sys/net. The order matters: ip_forward resets settings below conf/.
SETTINGS = {
    # Where packets may come from and go to.
    "ipv4/ip_forward": 0,
    "ipv4/ip_nonlocal_bind": 0,
    "ipv4/ip_early_demux": 1,
    "ipv4/ip_no_pmtu_disc": 0,
    "ipv4/icmp_echo_ignore_all": 0,
    "ipv4/icmp_ratelimit": 1000,
    **{f"ipv4/conf/{which}/{name}": value
       for which in ("all", "default", "lo")
       for name, value in (("forwarding", 0), ("rp_filter", 0), ("accept_local", 0),
                           ("route_localnet", 0), ("arp_filter", 0), ("arp_announce", 0),
                           ("arp_ignore", 0), ("accept_redirects", 1), ("send_redirects", 1),
                           ("src_valid_mark", 0), ("log_martians", 0))},
    "ipv6/bindv6only": 0,
    **{f"ipv6/conf/{which}/{name}": value
       for which in ("all", "default")
       for name, value in (("disable_ipv6", 0), ("forwarding", 0),
                           ("accept_dad", 0))},  # addresses can be used at once
    "ipv6/conf/lo/disable_ipv6": 0,
    # Which ports connect() and bind() choose from.
    "ipv4/ip_local_port_range": "32768\t60999",
    "ipv4/ip_local_reserved_ports": "",
    "ipv4/ip_unprivileged_port_start": 1024,
    "ipv4/ip_autobind_reuse": 0,
    # Handshakes and their queues.
    "core/somaxconn": 4096,
    "ipv4/tcp_max_syn_backlog": 2048,
    "ipv4/tcp_syncookies": 1,
    "ipv4/tcp_syn_retries": 6,
    "ipv4/tcp_synack_retries": 5,
    "ipv4/tcp_abort_on_overflow": 0,
    "ipv4/tcp_fastopen": 1,
    "ipv4/tcp_syn_linear_timeouts": 4,
    "ipv4/tcp_migrate_req": 0,
    # The life of a connection and what comes after it.
    "ipv4/tcp_congestion_control": "reno",  # the only one that every kernel has
    "ipv4/tcp_ecn": 2,
    "ipv4/tcp_fin_timeout": 60,
    "ipv4/tcp_keepalive_time": 7200,
    "ipv4/tcp_keepalive_probes": 9,
    "ipv4/tcp_keepalive_intvl": 75,
    "ipv4/tcp_max_tw_buckets": 131072,
    "ipv4/tcp_mtu_probing": 0,
    "ipv4/tcp_notsent_lowat": 4294967295,
    "ipv4/tcp_orphan_retries": 0,
    "ipv4/tcp_retries1": 3,
    "ipv4/tcp_retries2": 15,
    "ipv4/tcp_rfc1337": 0,
    "ipv4/tcp_rmem": "4096\t131072\t6291456",
    "ipv4/tcp_sack": 1,
    "ipv4/tcp_timestamps": 1,
    "ipv4/tcp_tw_reuse": 2,
    "ipv4/tcp_window_scaling": 1,
    "ipv4/tcp_wmem": "4096\t16384\t4194304",
    # The size of the table of connections: 0 is the host's own table.
    "ipv4/tcp_child_ehash_entries": 0,
}


def sysctl(name, value):
    """Sets, in the namespace of this thread, what is /proc/sys/net/`name`."""
    (SYSCTLS / name).write_text(f"{value}\n", encoding="ascii")


def free_port():
    """A port of this namespace that nothing has, of IPv4 or IPv6, not even in TIME-WAIT. It is not of
    the ephemeral range, so connections to it have a group of their own at once (docs/groups.md). Browsers open
    pages on it."""
    first, last = map(int, (SYSCTLS / "ipv4/ip_local_port_range").read_text("ascii").split())
    ports = [port for port in range(1024, 65536)
             if not first <= port <= last and port not in BLOCKED_BY_BROWSERS]
    while True:
        port = random.choice(ports)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind(("::", port))  # does not listen
            return port


def apply_settings():
    """Gives the namespace of this thread the settings that tests depend on."""
    for name, value in SETTINGS.items():
        if (SYSCTLS / name).exists():  # older kernels lack some
            sysctl(name, value)


def enter_new_namespace():
    """Moves this thread, and what it starts from now on, into a new namespace with loopback up. The
    namespace ends with the last socket and process in it. Raises OSError, without root for one."""
    if LIBC.unshare(CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"a new network namespace: {os.strerror(code)}")
    apply_settings()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def namespace_of(process="thread-self"):
    """A descriptor of the namespace of a process, or of this thread. The caller closes it."""
    return os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter_namespace(descriptor):
    """Moves this thread into a namespace that exists."""
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"entering a network namespace: {os.strerror(code)}")


@contextlib.contextmanager
def _way_home():
    """At the end of the with block this thread is back in the namespace that it is in now."""
    home = namespace_of()
    try:
        yield
    finally:
        enter_namespace(home)
        os.close(home)


@contextlib.contextmanager
def network_namespace():
    """This thread is in a new namespace until the end of the with block."""
    with _way_home():
        enter_new_namespace()
        yield


@contextlib.contextmanager
def inside(descriptor):
    """This thread is in that namespace until the end of the with block."""
    with _way_home():
        enter_namespace(descriptor)
        yield
