"""A host with unusual settings, as other people have them. Tests must not care.

It is this host: what a new network namespace inherits comes from the first one, so only there can it be
made strange. Everything is put back at the end. If the run is killed, the next one puts it back: what it
was stands in build/strange_host.json.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

SYSCTLS = pathlib.Path("/proc/sys/net")
BEFORE = pathlib.Path(__file__).resolve().parents[2] / "build/strange_host.json"
TABLE = "connwatch_strange_host"

STRANGE = {
    "ipv4/ip_forward": "1",  # docker, podman, libvirt
    "ipv4/conf/all/rp_filter": "1",
    "ipv4/conf/default/rp_filter": "1",
    "ipv4/conf/all/accept_local": "1",
    "ipv4/conf/default/accept_local": "1",
    "ipv4/conf/default/arp_ignore": "1",
    "ipv4/conf/default/log_martians": "1",
    "ipv4/ip_local_port_range": "10000 65000",
    "ipv4/ip_unprivileged_port_start": "80",
    "ipv4/tcp_syncookies": "2",  # always
    "ipv4/tcp_syn_retries": "2",
    "ipv4/tcp_synack_retries": "2",
    "ipv4/tcp_max_syn_backlog": "128",
    "ipv4/tcp_abort_on_overflow": "1",
    "ipv4/tcp_fastopen": "3",
    "ipv4/tcp_tw_reuse": "0",
    "ipv4/tcp_fin_timeout": "15",
    "ipv4/tcp_timestamps": "0",
    "ipv4/tcp_ecn": "1",
    "ipv4/tcp_rmem": "4096 16384 262144",
    "ipv4/tcp_wmem": "4096 16384 262144",
    "ipv4/tcp_child_ehash_entries": "1024",  # new namespaces get a small table of their own
    "core/somaxconn": "128",
    "core/devconf_inherit_init_net": "1",  # new namespaces inherit conf/ of IPv4 and IPv6
    "ipv6/conf/default/accept_dad": "2",
    "ipv6/conf/all/forwarding": "1",
    "ipv6/bindv6only": "1",
}

# What podman's netavark leaves behind for a published port, in shape.
RULES = f"""
table inet {TABLE} {{
  chain forward {{
    type filter hook forward priority filter; policy accept;
    ct state invalid drop
    ip daddr 10.88.0.0/16 ct state related,established accept
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.88.0.0/16 ip daddr != 224.0.0.0/4 masquerade
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local tcp dport 18080 dnat ip to 10.88.0.2:80
  }}
  chain output {{
    type nat hook output priority -100; policy accept;
    fib daddr type local tcp dport 18080 dnat ip to 10.88.0.2:80
  }}
}}
"""


def _put_back():
    """Does nothing where nothing has been changed."""
    if not BEFORE.exists():
        return
    for name, value in json.loads(BEFORE.read_text()).items():
        (SYSCTLS / name).write_text(f"{value}\n")
    subprocess.run(["nft", "delete", "table", "inet", TABLE], check=False, capture_output=True)
    BEFORE.unlink()


def _change():
    names = [name for name in STRANGE if (SYSCTLS / name).exists()]
    before = {name: (SYSCTLS / name).read_text().strip() for name in names}
    BEFORE.parent.mkdir(exist_ok=True)
    BEFORE.write_text(json.dumps(before))
    for name in names:
        (SYSCTLS / name).write_text(f"{STRANGE[name]}\n")
    if shutil.which("nft"):
        subprocess.run(["nft", "--file", "-"], input=RULES, text=True, check=True)
    print(f"Strange host: {len(names)} settings are changed until the end of the run.", flush=True)


@contextlib.contextmanager
def strange_host():
    """Until the end of the with block. Ends the program with a message where it has no right to."""
    if os.geteuid() != 0:
        sys.exit("--strange-host changes settings of this host, which needs root")
    _put_back()  # of a run that was killed
    # SIGTERM ends the program by an exception too, so that everything is put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        _change()
        yield
    finally:
        _put_back()
