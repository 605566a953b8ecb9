#!/usr/bin/env python3
"""Ever new names: whatever a daemon keeps by name has a limit (docs/limits.md), so its memory does not grow.

CONNWATCH_CHURN_SECONDS=600 makes it ten minutes instead of a short one. The memory of a short one is not
judged: it takes more than five minutes until everything that is kept for a time has reached its size.
"""
import os
import pathlib
import re
import statistics
import sys
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from churners import PASSWORD, Clients, Configurations, Devices, Listeners, Units
from support import main, network_namespace
from web_daemon import WebDaemon, bcrypt

SECONDS = float(os.environ.get("CONNWATCH_CHURN_SECONDS", "10"))
LONG_SECONDS = 600
TURN_S = 0.1
MAX_GROUPS, MAX_LISTENERS, IDLE_S = 50, 100, 80
GROWTH, SLACK_BYTES = 1.1, 2 << 20
CONFIG = f"""poll: {{full: 1s}}
group_by: unit
max_groups: {MAX_GROUPS}
max_listeners: {MAX_LISTENERS}
"""
# What has been freed is given back, so that only what is kept counts.
MEMORY = {"ASAN_OPTIONS": ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"),
                                                 "quarantine_size_mb=1",
                                                 "malloc_context_size=0")))}


def resident_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1]) << 10


def of_label(page, label):
    """The values of a label on the page."""
    return {value for _, labels in page.series for name, value in labels if name == label}


class ChurnTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        password_hash = bcrypt(PASSWORD)
        self.daemon = self.enterContext(WebDaemon(
            f"basic_auth_users:\n  watcher: {password_hash}\n", CONFIG,
            login=("watcher", PASSWORD), env={**os.environ, **MEMORY}))
        self.clients = Clients(self.daemon, password_hash)
        self.configurations = Configurations(self.daemon, CONFIG)
        self.churners = [Listeners(self.daemon), Devices(self.daemon), self.clients,
                         self.configurations]
        units = Units(self.daemon)
        if units.can_run():
            self.churners.append(units)
        for churner in self.churners:
            self.enterContext(churner)
        self.sizes = []  # (time, bytes)

    def test_what_is_kept_stays_bounded(self):
        begin = time.monotonic()
        turn = 0
        while (elapsed := time.monotonic() - begin) < SECONDS:
            for churner in self.churners:
                churner.turn(turn)
            self.sizes.append((elapsed / SECONDS, resident_bytes(self.daemon.process)))
            turn += 1
            time.sleep(max(0.0, begin + turn * TURN_S - time.monotonic()))
        self.check_memory(turn)
        self.check_page(self.daemon.page())
        self.assertEqual(set(self.clients.answers) - {429}, {200, 401})
        log = self.daemon.log()
        self.assertNotIn("groups stay as they were", log)
        self.assertRegex(log, r"alert=Rule\w+ subject=127\S+ state=firing")

    def check_page(self, page):
        self.assertGreater(page.get("connwatch_folded_subjects", kind="listener"), 0)
        self.assertLessEqual(len(of_label(page, "listener")), MAX_LISTENERS + 1)
        # Groups that are not configured any more stay for a minute, until the next full poll.
        lately = self.configurations.names_of_the_last(IDLE_S) + Configurations.UNUSED
        self.assertLessEqual(len(of_label(page, "group")), 2 * MAX_GROUPS + lately + 2)
        self.assertLessEqual(len(of_label(page, "alertmanager")), 1)

    def check_memory(self, turns):
        if SECONDS < LONG_SECONDS:
            return
        halfway, end = (statistics.median_low(size for when, size in self.sizes if since <= when < to)
                        for since, to in ((0.5, 0.6), (0.9, 1.0)))
        print(f"\n{turns} turns: {halfway >> 10} kB halfway, {end >> 10} kB at the end", flush=True)
        self.assertLess(end, GROWTH * halfway + SLACK_BYTES)


if __name__ == "__main__":
    main()
