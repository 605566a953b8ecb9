"""The status page's tables and charts in a real browser: what they show, how they are ordered, what
they say at the pointer, and where they lead. Some of the answers are those of page_answers.py."""
import json
import re

import page_answers
from status_page_test import CONFIG, PHONE, TABLET, WIDE
from support import SOURCE_DIR, main, wait_until

ROWS = "return [...document.querySelectorAll(arguments[0])].map((node) => node.dataset[arguments[1]])"
SORTED = "return [...document.querySelectorAll(`${arguments[0]} thead th[aria-sort]`)]" \
    ".map((header) => [header.textContent, header.getAttribute('aria-sort')])"
PRESS = """
const [table, title] = arguments;
[...document.querySelectorAll(`${table} thead button`)]
  .find((button) => button.textContent === title).click();
"""
BOX = """
const box = document.querySelector(arguments[0]).getBoundingClientRect();
return [box.left, box.top, box.width, box.height];
"""
SPARK = "#connect-history .spark"
READING = "#connect-history .reading"


def destination(remote, count, repeating, oldest, **fields):
    """An entry of pending_destinations in /api/v1/handshakes"""
    return {"remote": remote, "count": count, "retransmitting": repeating, "unit": None,
            "oldest_age_seconds": oldest, "retransmissions_max": 4 if repeating else 0,
            "next_try_seconds": 0.5} | fields


def group(name, resent, queued, rtts, direction="outbound", **fields):
    """An entry of /api/v1/groups; of the rtts, half are in the first bucket and half in the second one,
    if the second number is not 0."""
    fast, slow = rtts
    states = dict.fromkeys(("syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close",
                            "close_wait", "last_ack", "listen", "closing"), 0)
    return {
        "group": name, "direction": direction, "states": states | {"established": 3},
        "receive_queue_bytes": 0, "receive_queue_bytes_max": 0, "send_queue_bytes": queued,
        "send_queue_bytes_max": queued, "bytes_sent_total": 5_000_000,
        "bytes_received_total": 7_000_000, "segments_sent_total": 1000,
        "segments_retransmitted_total": 5, "connections_closed_total": 1,
        "busy_seconds_total": 0, "rwnd_limited_seconds_total": 0, "sndbuf_limited_seconds_total": 0,
        "rtt": {"count": fast + slow, "sum_seconds": 1.0, "p50_seconds": 0.00005 if fast else 0.0007,
                "p90_seconds": 0.0009, "p99_seconds": 0.0009 if slow else 0.00005,
                "buckets": [{"upper_bound_seconds": 0.00005, "count": fast},
                            {"upper_bound_seconds": 0.001, "count": slow},
                            {"upper_bound_seconds": None, "count": 0}]},
        "rates": {"span_seconds": 10.0, "bytes_sent_per_second": 1200.0,
                  "bytes_received_per_second": 34000.0, "segments_sent_per_second": 100.0,
                  "segments_retransmitted_per_second": 100 * resent, "retransmitted_ratio": resent,
                  "connections_closed_per_second": 0.0}} | fields


DESTINATIONS = [destination("192.0.2.1:443", 40, 38, 12.5, unit="shop.service"),
                destination("[2001:db8::7]:5432", 9, 0, 0.2),
                destination("192.0.2.9:80", 2, 2, 40.0)]
GROUPS = [group("calm", 0.0, 0, (50, 0)), group("busy", 0.0, 0, (0, 900)),
          group("queued", 0.0002, 70_000, (0, 10)), group("lossy", 0.04, 0, (3, 3)),
          group("new", 0.0, 0, (0, 1), rates=None, segments_retransmitted_total=0)]


class TablesTest(page_answers.AnsweredPageTest):
    def additions(self):
        return {"handshakes": {"pending_total": 53, "pending_destinations": DESTINATIONS,
                               "pending_destinations_folded": 2},
                "groups": {"groups": GROUPS, "total": len(GROUPS)}}

    def setUp(self):
        super().setUp()
        wait_until(lambda: self.order("#groups tbody tr", "group"), "the groups are shown")

    def order(self, rows, key):
        return self.browser.run(ROWS, rows, key)

    def cells(self, row):
        return dict(zip(self.browser.run(
            "return [...document.querySelectorAll(`${arguments[0]} td`)].map((n) => n.dataset.label)",
            row), self.texts(f"{row} td")))

    def groups(self):
        return [name.split()[1] for name in self.order("#groups tbody tr", "group")]

    def destinations(self):
        return self.order("#handshakes tbody tr", "destination")


class OrderTest(TablesTest):
    def test_pending_connects_are_told_by_destination(self):
        self.assertEqual(self.destinations(), [one["remote"] for one in DESTINATIONS])
        self.assertEqual(self.cells("#handshakes tbody tr:nth-child(1)"), {
            "Waiting": "40", "SYN repeated": "by 38, up to 4 times", "Oldest": "13 s",
            "Next try in": "500 ms"})
        self.assertEqual(self.cells("#handshakes tbody tr:nth-child(2)")["SYN repeated"], "not yet")
        self.assertEqual(self.text("#handshakes tbody .owner"), "shop.service")
        self.assertEqual(self.text("#handshakes-note"), "53 outbound connects wait for an answer")
        self.assertEqual(self.text("#handshakes-rest"),
                         "2 more connects wait for other destinations.")
        self.expect_clean()

    def test_groups_show_rates_and_totals_with_what_hurts_first(self):
        self.assertEqual(self.groups(), ["lossy", "queued", "busy", "calm", "new"])
        row = "#groups tbody tr:nth-child(1)"
        self.assertEqual(self.texts(f"{row} .rate"), ["1.2 kB/s", "34 kB/s", "4.0 %"])
        self.assertEqual(self.texts(f"{row} .total"), ["5 MB", "7 MB", "0.5 %"])
        self.assertEqual(self.texts("#groups tbody tr:last-child .total"), [])
        self.assertIn("of the last 10 s", self.text("#groups-note"))
        calm = "#groups tbody [data-group='outbound calm']"
        self.assertEqual(self.cells(calm)["Median"], "< 50 µs")
        self.assertEqual(self.cells(calm)["p99"], "< 50 µs")
        busy = "#groups tbody [data-group='outbound busy']"
        self.assertEqual(self.cells(busy)["Median"], "700 µs")
        self.expect_clean()

    def test_a_header_orders_its_table(self):
        own = self.groups()
        self.browser.run(PRESS, "#groups", "Group")
        self.assertEqual(self.groups(), ["busy", "calm", "lossy", "new", "queued"])
        self.assertEqual(self.browser.run(SORTED, "#groups"), [["Group", "ascending"]])
        self.browser.run(PRESS, "#groups", "Group")
        self.assertEqual(self.groups(), ["queued", "new", "lossy", "calm", "busy"])
        self.assertEqual(self.browser.run(SORTED, "#groups"), [["Group", "descending"]])
        before = self.text("#pulse")
        wait_until(lambda: self.text("#pulse") != before, "an update")
        self.assertEqual(self.groups(), ["queued", "new", "lossy", "calm", "busy"], "it stays")
        self.browser.run(PRESS, "#groups", "Group")
        self.assertEqual(self.groups(), own)
        self.assertEqual(self.browser.run(SORTED, "#groups"), [])
        self.browser.run(PRESS, "#groups", "Resent")
        self.assertEqual(self.groups()[:2], ["lossy", "queued"], "numbers: the largest first")
        self.browser.run(PRESS, "#handshakes", "Oldest")
        self.assertEqual(self.destinations(),
                         ["192.0.2.9:80", "192.0.2.1:443", "[2001:db8::7]:5432"])
        self.browser.run(PRESS, "#tiers", "Interval")
        self.assertEqual(self.order("#tiers tbody tr", "tier"), ["full", "handshakes", "listeners"])
        self.expect_accessible()

    def test_every_column_with_an_order_has_a_button(self):
        for table, count in {"table.listeners": 5, "table.namespaces": 9, "#handshakes": 5,
                             "#destinations": 6, "#groups": 8, "#tiers": 7}.items():
            self.assertEqual(len(self.texts(f"{table} > thead th > button")), count, table)

    def test_a_header_by_keyboard(self):
        self.browser.run("document.querySelector('#tiers thead button').focus()")
        self.browser.press("Enter")
        self.assertEqual(self.browser.run(SORTED, "#tiers"), [["Poll", "ascending"]])
        # On a phone the headers are there when the keyboard reaches them.
        self.browser.look(*PHONE, "light")
        self.assertGreater(self.browser.run(BOX, "#tiers thead")[3], 15)
        self.assertLess(self.browser.run(BOX, "#groups thead")[3], 2)
        self.expect_no_sideways_scrolling()

    def test_looks(self):
        for size, scheme in ((WIDE, "light"), (WIDE, "dark"), (TABLET, "light"), (PHONE, "light")):
            self.browser.look(*size, scheme)
            self.expect_no_sideways_scrolling()
            self.expect_accessible()
            self.picture(f"tables-{size[0]}-{scheme}")


class ChartTest(TablesTest):
    def additions(self):
        return super().additions() | {"history": {
            "interval_seconds": 5.0, "span_seconds": 600.0, "samples": [
                page_answers.sample(1_700_000_000 + 5 * i, 1_700_000_000)
                | {"connects": {"pending": i, "retransmitting": 0}} for i in range(121)]}}

    def test_the_value_at_the_pointer(self):
        wait_until(lambda: "peak 120" in self.text("#connect-history") or
                   "now 120" in self.text("#connect-history"), "the history is drawn")
        self.browser.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})",
                         SPARK)
        left, top, width, height = self.browser.run(BOX, SPARK)
        self.assertFalse(self.is_shown(READING))
        self.browser.point_at(left + width / 2, top + height / 2)
        wait_until(lambda: self.is_shown(READING), "it is read")
        # The samples begin at 23:13:20 by the host's clock. A pixel is about as wide as half a sample.
        self.assertRegex(self.text(READING), r"^23:1[78]:\d\d: (59|60|61)$")
        self.browser.point_at(left + width - 1, top + height / 2)
        wait_until(lambda: re.match(r"23:23:\d\d: (119|120)$", self.text(READING)), "the last one")
        self.browser.point_at(2, 2)
        wait_until(lambda: not self.is_shown(READING), "the pointer has left")

    def test_the_value_by_keyboard(self):
        wait_until(lambda: "now 120" in self.text("#connect-history"), "the history is drawn")
        self.browser.run("document.querySelector(arguments[0]).focus()", SPARK)
        self.browser.press("ArrowLeft")
        self.assertEqual(self.text(READING), "23:23:20: 120")
        self.browser.press("ArrowLeft")
        self.assertEqual(self.text(READING), "23:23:15: 119")
        self.browser.press("ArrowRight")
        self.assertEqual(self.text(READING), "23:23:20: 120")
        self.expect_accessible()
        self.browser.press("Tab")
        self.assertFalse(self.is_shown(READING))


class AlertRowTest(page_answers.AnsweredPageTest):
    def answers(self):
        text = (SOURCE_DIR / "docs/api.md").read_text()
        example = text.split("`GET /api/v1/alerts`\n\n```json\n")[1].split("```")[0]
        answer = json.loads(example)
        answer["alerts"][1] |= {"state": "firing", "fired_timestamp_seconds": 1700000021.0,
                                "ends": "when it has been below 2 for 90 s",
                                "evidence": answer["alerts"][0]["evidence"]}
        return super().answers() | {"alerts": answer}

    def test_the_summary_comes_first_and_leads_to_the_runbook(self):
        wait_until(lambda: self.texts("#alerts .alert.firing.warning"), "the alerts are shown")
        rows = self.texts("#alerts > li")
        self.assertTrue(rows[0].startswith("criticalHandshakes with nginx.service"), rows[0])
        self.assertNotIn("listener_syn_queue", rows[0])
        links = self.browser.run("return [...document.querySelectorAll('#alerts .what-to-do')]"
                                 ".map((link) => link.getAttribute('href'))")
        self.assertEqual(links, ["runbook#SynRecvBacklogGrowth", "runbook#ConnectsPending"])
        colours = self.browser.run("return [...document.querySelectorAll('#alerts > li')]"
                                   ".map((row) => getComputedStyle(row).borderLeftColor)")
        self.assertEqual(colours, ["rgb(166, 27, 20)", "rgb(134, 80, 0)"])
        for scheme in ("light", "dark"):
            self.browser.look(*WIDE, scheme)
            self.expect_accessible()
        self.expect_clean()


class SocketLinksTest(TablesTest):
    def config(self):
        return CONFIG + "web: {sockets_api: true}\n"

    def answers(self):
        return {name: answer for name, answer in super().answers().items() if name != "sockets"}

    def hrefs(self, rows):
        return self.browser.run("return [...document.querySelectorAll(`${arguments[0]} .sockets`)]"
                                ".filter((link) => !link.hidden)"
                                ".map((link) => link.getAttribute('href'))", rows)

    def use(self):
        self.browser.run("document.querySelector('main').dispatchEvent(new Event('pointerover'))")

    def asked(self):
        return [url for url in self.browser.run("return window.asked") if url.startswith("sockets")]

    def test_links_to_the_sockets(self):
        self.assertEqual((self.asked(), self.hrefs("main")), ([], []))
        self.use()
        wait_until(lambda: self.hrefs("#handshakes"), "the links are shown")
        self.assertEqual(self.hrefs("#handshakes")[:2], [
            "api/v1/sockets?state=syn-sent&dst=192.0.2.1&dport=443",
            "api/v1/sockets?state=syn-sent&dst=2001%3Adb8%3A%3A7&dport=5432"])
        self.assertEqual(self.hrefs("#groups")[0], "api/v1/sockets?group=lossy&direction=outbound")
        listener = f"table.listeners [data-listener='127.0.0.1:{self.daemon.port}']"
        link = self.hrefs(listener)[0]
        self.assertEqual(link, f"api/v1/sockets?src=127.0.0.1&sport={self.daemon.port}")
        found = self.api(link.removeprefix("api/v1/"))["sockets"]
        self.assertIn("listen", [one["state"] for one in found])
        self.use()
        before = self.text("#pulse")
        wait_until(lambda: self.text("#pulse") != before, "an update")
        self.assertEqual(len(self.asked()), 1, "it asks once")
        self.expect_accessible()
        self.expect_clean()


class NoSocketsTest(SocketLinksTest):
    def config(self):
        return CONFIG

    def answers(self):
        return super().answers() | {"sockets": 403}  # as this daemon answers

    def test_links_to_the_sockets(self):
        self.use()
        wait_until(self.asked, "it asks")
        for _ in range(2):
            before = self.text("#pulse")
            wait_until(lambda before=before: self.text("#pulse") != before, "an update")
        self.assertEqual((len(self.asked()), self.hrefs("main")), (1, []))
        self.expect_clean()


if __name__ == "__main__":
    main()
