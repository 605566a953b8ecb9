"""Many hosts in one Prometheus: every rule and every panel of the Fleet dashboard, and the fleet's quantile."""
import contextlib
import json
import math
import re
import statistics
import tempfile
import time
import unittest

import fleet_pages
from fleet_pages import Fleet, Template
from fleet_prometheus import FleetPrometheus, panels
from support import SOURCE_DIR, Page, find_tool, main, wait_until

NODES = 20
# What Prometheus may keep in memory for one query is 50,000,000 samples by default. With a limit that is
# as much smaller as this fleet is smaller than one of 1,000 nodes, no query fails either.
SAMPLE_LIMIT = 50_000_000 * NODES // 1000
RTT = "connwatch_tcp_rtt_seconds_bucket"
FLEET_QUANTILE = "job:connwatch_tcp_rtt_seconds:p99_rate5m"
HOST_QUANTILE = "instance:connwatch_tcp_rtt_seconds:p99_rate5m"


def golden_page():
    """With round trips of up to 0.5 ms, 1,000 of them."""
    page = (SOURCE_DIR / "tests/testdata/metrics_page.txt").read_text()
    return re.sub(r'(?m)^(connwatch_tcp_rtt_seconds_(?:bucket|count)\{direction="inbound",group="443".*) \d+$',
                  r"\1 1000", page)


def quantile(share, buckets):
    """Of {upper bound: count of all up to it}, spread evenly within a bucket."""
    rank = share * buckets[math.inf]
    lower_bound, lower_count = 0, 0
    for bound, count in sorted(buckets.items()):
        if count >= rank:
            return lower_bound + (bound - lower_bound) * (rank - lower_count) / (count - lower_count)
        lower_bound, lower_count = bound, count
    raise AssertionError("no such rank")


def growth_of_buckets(fleet):
    """{upper bound: what all nodes together add in a minute}, by their pages."""
    sums = {}
    for node in range(fleet.nodes):
        for moment, sign in ((time.time(), -1), (time.time() + 60, 1)):
            for (name, labels), value in Page(fleet.page(node, moment)).series.items():
                if name == RTT:
                    bound = float(dict(labels)["le"])
                    sums[bound] = sums.get(bound, 0) + sign * value
    return sums


class FleetTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = cls.enterClassContext(contextlib.ExitStack())
        cls.fleet = Fleet(NODES, Template(golden_page(), page_age_s=1))
        address = stack.enter_context(fleet_pages.served(cls.fleet))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        cls.prometheus = stack.enter_context(FleetPrometheus(
            find_tool("prometheus"), folder, cls.fleet.targets(address), "1s", rule_interval="1s",
            flags=[f"--query.max-samples={SAMPLE_LIMIT}"]))
        wait_until(cls.prometheus.is_ready, "Prometheus is ready")
        wait_until(lambda: cls.prometheus.number(f"sum({FLEET_QUANTILE} * 0 + 1)") == 1,
                   "the rules are evaluated")
        # The windows hold several scrapes of every node.
        wait_until(lambda: cls.prometheus.number("min(count_over_time(up[5m]))") > 5, "some scrapes")

    def test_every_node_is_scraped_whole(self):
        self.assertEqual(self.prometheus.number("sum(up)"), NODES)
        self.assertEqual(self.prometheus.number("min(scrape_samples_scraped)"),
                         self.fleet.template(1).series)
        self.assertEqual(self.prometheus.number("job:connwatch_instances:count"), NODES)

    def test_every_panel_has_data(self):
        for title, expression, instant in panels():
            with self.subTest(title):
                self.assertTrue(self.prometheus.query(expression)["result"])
                if not instant:
                    self.assertTrue(self.prometheus.query_range(expression, 60, 1)["result"])

    def test_ranks_are_of_ten_hosts_or_listeners(self):
        for title, expression, _ in panels():
            if "topk" in expression:
                with self.subTest(title):
                    found = self.prometheus.query(expression)["result"]
                    # Tables leave out what is 0, and shrinks.
                    self.assertIn(len(found), range(1, 11) if "> 0" in expression else [10])
                    hosts = {one["metric"]["instance"] for one in found}
                    self.assertLessEqual(hosts, {target["labels"]["instance"]
                                                 for target in self.fleet.targets("")})

    def test_every_rule_works(self):
        rules = [rule for group in self.prometheus.rule_groups() for rule in group["rules"]]
        self.assertGreater(len(rules), 50)
        self.assertEqual([(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"], [])

    def test_no_rule_or_panel_needs_more_samples_than_its_share(self):
        for group in self.prometheus.rule_groups():
            for rule in group["rules"]:
                samples = self.prometheus.query(rule["query"])["stats"]["samples"]
                self.assertLess(samples["peakSamples"], SAMPLE_LIMIT / 10, rule["name"])

    def test_the_quantile_of_the_fleet_is_that_of_all_its_round_trips(self):
        known = quantile(0.99, growth_of_buckets(self.fleet))
        # Two nodes are far away. Most of what lies above the 90th percentile is theirs.
        self.assertTrue(0.0005 < known < 0.01, known)
        self.assertAlmostEqual(self.prometheus.number(FLEET_QUANTILE) / known, 1, delta=0.05)
        hosts = self.prometheus.values(HOST_QUANTILE).values()
        self.assertEqual(len(hosts), NODES)
        self.assertLess(statistics.mean(hosts), known / 2)

    def test_names_of_pods_are_those_of_a_node(self):
        found = self.prometheus.query("connwatch_netns_info")["result"]
        self.assertGreater(len(found), NODES)
        pods = {(one["metric"]["namespace"], one["metric"]["pod"]) for one in found}
        self.assertEqual(len(pods), len(found), json.dumps(found[:3]))


if __name__ == "__main__":
    main()
