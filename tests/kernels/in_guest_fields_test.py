"""What a kernel does not tell is absent from page and JSON, and what it tells is its number.

For guests, whose kernels may lack things; it works on any host."""
import json
import pathlib
import re
import unittest

import sockets
from support import SOURCE_DIR, Daemon, network_namespace, wait_until
from tcp_info import tcp_info_of

SYSCTLS = pathlib.Path("/proc/sys/net/ipv4")
LIMITS = {"tcp_max_tw_buckets": "connwatch_tcp_time_wait_limit",
          "tcp_max_orphans": "connwatch_tcp_orphan_limit",
          "tcp_mem": "connwatch_tcp_memory_pages_limit"}
OF_THE_FIRST_NAMESPACE = {"tcp_max_orphans", "tcp_mem"}
CONSTANTS = {"kMicroseconds": 1_000_000, "kMilliseconds": 1_000, "kNone32": 2 ** 32 - 1,
             "kNone64": 2 ** 64 - 1, "kInfiniteThreshold": 0x7fffffff}
WINDOW_SCALES = {"send_window_scale", "receive_window_scale"}  # bit-fields


def rows_of_source(file, pattern):
    """A table in the daemon's source."""
    rows = re.findall(pattern, (SOURCE_DIR / file).read_text())
    assert rows, f"no table in {file}"
    return rows


def constant(text):
    return CONSTANTS[text] if text in CONSTANTS else int(text)


def fields_of_daemon():
    """[(name, the kernel's name, how many make one, the value that means none or None)]"""
    rows = rows_of_source("netlink/details_message.cc",
                          r'\{"(\w+)",\s*CONNWATCH_TCP_INFO\(tcpi_(\w+)\)'
                          r'(?:,\s*(\w+))?(?:,\s*(\w+))?\}')
    return [(name, field, constant(per_unit or "1"), constant(unmeasured) if unmeasured else None)
            for name, field, per_unit, unmeasured in rows]


def counters_of_daemon():
    """{metric: (group, column)} of the files below"""
    rows = rows_of_source("core/kernel/kernel_stats.h",
                          r'\{KernelCounterId::\w+,\s*"(\w+)",\s*"(\w+)",\s*"(\w+)"\}')
    return {f"connwatch_kernel_{name}_total": (group, column) for group, column, name in rows}


def counters_of_kernel():
    """{(group, column): number}"""
    found = {}
    for file in ("snmp", "netstat"):
        lines = pathlib.Path("/proc/thread-self/net", file).read_text().splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            group = names.partition(":")[0]
            found |= {(group, name): int(value)
                      for name, value in zip(names.split()[1:], values.split()[1:])}
    return found


class FieldsTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())
        self.daemon = self.enterContext(Daemon("web: {sockets_api: true}\npoll: {full: 200ms}\n"))

    def entries(self, query):
        return json.loads(self.daemon.get(f"/api/v1/sockets?{query}").content)["sockets"]

    def test_tcp_info_has_the_fields_of_this_kernel(self):
        client, server = self.sockets.pair()
        client.sendall(b"request")
        server.recv(7)
        server.sendall(b"response")
        client.recv(8)
        wait_until(lambda: tcp_info_of(server)["unacked"] == 0, "the response is acknowledged")
        of_kernel = tcp_info_of(client)
        entry, = self.entries(f"sport={client.getsockname()[1]}")
        shown = entry["tcp_info"]
        expected = {name: of_kernel[field] / per_unit
                    for name, field, per_unit, unmeasured in fields_of_daemon()
                    if of_kernel.get(field, unmeasured) != unmeasured}
        self.assertEqual(shown.keys() - WINDOW_SCALES, expected.keys())
        for name, number in expected.items():
            if not name.startswith("since_"):
                self.assertAlmostEqual(shown[name], number, 9, name)

    def test_no_tcp_info_of_sockets_that_have_none(self):
        self.sockets.time_wait()
        self.sockets.syn_recv()
        for state in ("time-wait", "syn-recv"):
            entries = self.entries(f"state={state}")
            self.assertTrue(entries, state)
            self.assertEqual([entry for entry in entries if "tcp_info" in entry], [])

    def test_counters_that_this_kernel_has(self):
        page = self.daemon.wait_for_polls(1)
        of_kernel = counters_of_kernel()
        for name, key in counters_of_daemon().items():
            self.assertEqual(page.get(name) is not None, key in of_kernel, name)
            self.assertLessEqual(page.get(name) or 0, of_kernel.get(key, 0), name)

    def test_limits_that_this_namespace_has(self):
        page = self.daemon.wait_for_polls(1)
        self.assertEqual({name for name in LIMITS if not (SYSCTLS / name).exists()},
                         OF_THE_FIRST_NAMESPACE)
        for name, metric in LIMITS.items():
            file = SYSCTLS / name
            expected = float(file.read_text().split()[-1]) if file.exists() else None
            self.assertEqual(page.get(metric), expected, name)


if __name__ == "__main__":
    unittest.main()
