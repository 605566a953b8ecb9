"""The status page's section on destinations, in a real browser. The daemon's answers are replaced by
the documented ones, so that the test needs no privileges."""
import json
import re

import status_page_test as page_test
from status_page_test import PHONE, TABLET, WIDE
from support import SOURCE_DIR, main, wait_until

HOSTILE = "<img src=x onerror=alert(1)>"
ROWS = "#destinations tbody tr"
DATABASE, SILENT = "192.0.2.80:5432", "web [2001:db8::7]:443"  # of the documented answer
ORDER = "return [...document.querySelectorAll('#destinations tbody tr')].map(" \
    "(row) => row.dataset.destination)"
TRACED = """
const tracing = %s;
if (name === "status") answer.handshake_tracing = %s;
if (name === "handshakes") answer.tracing = tracing;
"""
# Twenty more of each kind, with names as long as they can be.
MANY = """
if (name === "handshakes") {
  for (let i = 0; i < 40; ++i) {
    const length = tracing.destinations.push({...tracing.destinations[i % 2],
      address: `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${(0xf000 + i).toString(16)}`, port: 65535,
      netns: `pod-${i}-` + "long".repeat(20), unit: `docker-${"0123456789abcdef".repeat(4)}.scope`,
      connects: 123456789, failed: 123456780, syn_retransmissions: 123456789,
      outcomes: {ok: 9, refused: 123456789, timed_out: 12345678, unreachable: 1234567,
        no_route: null, no_port: 123456, abandoned: 12345, reset: 1234, other: 123}});
    for (const list of ["by_count", "by_failures"]) tracing[list].unshift(length - 1);
  }
}
"""


def documented(path):
    text = (SOURCE_DIR / "docs/api.md").read_text()
    example = re.search(rf"`GET {path}`\n\n```json\n(.*?)```", text, re.DOTALL)[1]
    return json.loads(example)


class DestinationsTest(page_test.PageTest):
    def show(self, tracing, more="", **status):
        status = documented("/api/v1/status")["handshake_tracing"] | status
        self.browser.run(page_test.CHANGE_ANSWERS,
                         TRACED % (json.dumps(tracing), json.dumps(status)) + more)
        wait_until(lambda: self.text("#facts").count("every handshake") == 1, "it is traced")

    def traced(self):
        return documented("/api/v1/handshakes")["tracing"]

    def order(self):
        return self.browser.run(ORDER)

    def choose(self, order):
        self.browser.run("document.querySelector(arguments[0]).click()",
                         f"#destinations-orders [data-order={order}]")

    def cells(self, destination):
        """{label: text} of a row."""
        return {label: self.text(f"{ROWS}[data-destination='{destination}'] [data-label='{label}']")
                for label in ("Connects", "Failed", "How they ended", "Median", "p99",
                              "SYN repeated")}

    def test_without_tracing_it_says_why(self):
        wait_until(lambda: self.text("#facts") != "", "the facts are shown")
        reason = self.api("status")["handshake_tracing"]["reason"]
        self.assertNotEqual(reason, "")
        self.assertIn("handshakes are not traced", self.text("#destinations-none"))
        self.assertIn(reason[1:], self.text("#destinations-none"))
        self.assertIn(reason[1:], self.text("#facts"))
        self.assertTrue(self.is_shown("#destinations-none"))
        self.assertFalse(self.is_shown("#destinations"))
        self.assertFalse(self.is_shown("#destinations-orders"))
        self.expect_clean()

    def test_failed_connects_come_first_with_how_they_ended(self):
        self.show(self.traced())
        wait_until(lambda: self.order() == [SILENT, DATABASE], "those with most failures first")
        self.assertFalse(self.is_shown("#destinations-none"))
        self.assertEqual(self.cells(SILENT), {
            "Connects": "45", "Failed": "45", "How they ended": "45 timed out", "Median": "–",
            "p99": "–", "SYN repeated": "270 times"})
        self.assertEqual(self.cells(DATABASE), {
            "Connects": "204", "Failed": "3", "How they ended": "3 refused, 1 abandoned",
            "Median": "975 µs", "p99": "1.1 s", "SYN repeated": "1 time"})
        self.assertIn("in web", self.text(f"{ROWS}[data-destination='{SILENT}'] .owner"))
        self.assertEqual(self.text(f"{ROWS}[data-destination='{DATABASE}'] .owner"),
                         "backup.service")
        self.assertIn("in the last 7 min", self.text("#destinations-note"))
        self.assertIn("6 more connects", self.text("#destinations-note"))
        self.expect_clean()

    def test_the_three_orders(self):
        tracing = self.traced()
        quiet = {**tracing["destinations"][0], "address": "192.0.2.81", "failed": 0, "connects": 300,
                 "outcomes": {"ok": 300, "no_route": None}, "syn_retransmissions": 0}
        tracing["destinations"].append(quiet)
        tracing["by_count"], tracing["by_latency"] = [2, 0, 1], [0, 2]
        self.show(tracing)
        quiet = "192.0.2.81:5432"
        wait_until(lambda: self.order() == [SILENT, DATABASE, quiet], "the failures, then the others")
        self.assertEqual(self.cells(quiet)["How they ended"], "all established")
        self.assertEqual(self.cells(quiet)["SYN repeated"], "never")
        self.choose("count")
        self.assertEqual(self.order(), [quiet, DATABASE, SILENT])
        self.choose("latency")
        self.assertEqual(self.order(), [DATABASE, quiet, SILENT], "not measured: at the end")
        pressed = "return [...document.querySelectorAll('#destinations-orders [aria-pressed=true]')]" \
            ".map((button) => button.dataset.order)"
        self.assertEqual(self.browser.run(pressed), ["latency"])
        self.choose("failures")
        self.assertEqual(self.order(), [SILENT, DATABASE, quiet])

    def test_no_connect_is_not_no_tracing(self):
        tracing = self.traced() | {"destinations": [], "by_count": [], "by_failures": [],
                                   "by_latency": []}
        self.show(tracing)
        wait_until(lambda: self.text("#destinations-none") == "No outbound connect has ended lately.",
                   "it says that there is none")
        self.assertFalse(self.is_shown("#destinations"))

    def test_how_far_the_tracing_can_be_trusted(self):
        self.show(self.traced(), sees_no_route=False)
        facts = self.text("#facts")
        for fact in ("this kernel does not show connects without a route", "9 have no address",
                     "8 have no port and no unit", "3 have no duration",
                     "▲ 2 ends of connections lost"):
            self.assertIn(fact, facts)

    def test_many_with_long_names_stay_usable(self):
        self.show(self.traced(), MANY)
        wait_until(lambda: "42" in self.text("#destinations-more"), "all are counted")
        self.assertEqual(len(self.order()), 10)
        for name, size in {"": WIDE, "-tablet": TABLET, "-phone": PHONE}.items():
            self.browser.look(*size, "light")
            self.expect_no_sideways_scrolling()
            self.picture(f"destinations{name}")
        for size, scheme in ((PHONE, "light"), (WIDE, "dark"), (WIDE, "light")):
            self.browser.look(*size, scheme)
            self.expect_accessible()
        self.browser.run("document.querySelector('#destinations-more').click()")
        self.assertEqual(len(self.order()), 42)

    def test_names_enter_as_text(self):
        tracing = self.traced()
        for destination in tracing["destinations"]:
            destination["netns"] = destination["unit"] = destination["address"] = HOSTILE
        self.show(tracing)
        wait_until(lambda: HOSTILE in self.text("#destinations tbody th"), "the name is shown")
        self.assertEqual(self.browser.run("return document.querySelectorAll('main img').length"), 0)
        self.expect_clean()


if __name__ == "__main__":
    main()
