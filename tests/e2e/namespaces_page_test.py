"""The status page's section on network namespaces, in a real browser. The daemon's answer is replaced
by the documented one, so that the test needs no privileges."""
import json
import re

import status_page_test as page_test
from status_page_test import PHONE, TABLET, WIDE
from support import SOURCE_DIR, main, wait_until

HOSTILE = "<img src=x onerror=alert(1)>"
SECTION = "#namespaces-section"
# The second namespace of tests/support/namespaces.h, in trouble, and many quiet ones.
CHANGE = """
if (name !== "namespaces") return;
for (const key of Object.keys(answer)) delete answer[key];
Object.assign(answer, %s);
const one = answer.namespaces[0];
const quiet = {...one, is_in_trouble: false, listeners: [], drops_total: 0,
  accept_queue_utilization_ratio: null, accept_queue_peak_utilization_ratio: null,
  causes: Object.fromEntries(Object.keys(one.causes).map((cause) => [cause, 0]))};
for (let i = 0; i < 40; ++i)
  answer.namespaces.unshift({...quiet, netns: `pod-${i}-` + "long".repeat(20), cookie: 9000 + i,
    unit: `docker-${"0123456789abcdef".repeat(4)}.scope`});
"""


def documented():
    text = (SOURCE_DIR / "docs/api.md").read_text()
    example = re.search(r"`GET /api/v1/namespaces\S*`\n\n```json\n(.*?)```", text, re.DOTALL)[1]
    return json.loads(example)


class NamespacesTest(page_test.PageTest):
    def show(self, answer):
        self.browser.run(page_test.CHANGE_ANSWERS, CHANGE % json.dumps(answer))

    def test_without_other_namespaces_there_is_no_section(self):
        wait_until(lambda: self.text("#facts") != "", "the facts are shown")
        if not self.api("namespaces")["are_seen"]:
            self.assertFalse(self.is_shown(SECTION))
            self.assertFalse(self.is_shown("#namespaces-link"))
            self.assertIn(self.api("status")["kernel_walk"]["reason"][1:], self.text("#facts"))

    def test_the_one_in_trouble_comes_first_with_its_cause_and_its_listeners(self):
        self.show(documented())
        wait_until(lambda: self.browser.run(
            "return document.querySelector('table.namespaces > tbody') !== null"), "there are rows")
        self.assertTrue(self.is_shown(SECTION))
        self.assertTrue(self.is_shown("#namespaces-link"))
        first = "table.namespaces > tbody"
        self.assertIn("web", self.text(f"{first} .netns-name"))
        self.assertIn("▲ SYN flood", self.text(f"{first} .verdict"))
        self.assertEqual(self.text(f"{first} td[data-label='SYN-RECV']"), "30")
        self.assertEqual(self.text(f"{first} td[data-label='Drops']"), "6")
        listeners = self.read(".netns-listeners tbody", "data-listener", ".verdict")
        self.assertEqual(list(listeners), ["0.0.0.0:443", "0.0.0.0:8080"])
        self.assertIn("2 listeners", self.text(f"{first} summary"))
        self.assertIn("SYNs from many sources", self.text(".netns-listeners .why"))
        self.assertIn("6 namespaces", self.text("#namespaces-note"))
        self.assertEqual(self.text("#verdict"), "1 listener in trouble")
        self.expect_clean()

    def test_many_with_long_names_stay_usable(self):
        self.show(documented())
        wait_until(lambda: "41" in self.text("#namespaces-more"), "all are counted")
        count = "return document.querySelectorAll('table.namespaces > tbody').length"
        self.assertEqual(self.browser.run(count), 11)
        for name, size in {"": WIDE, "-tablet": TABLET, "-phone": PHONE}.items():
            self.browser.look(*size, "light")
            self.expect_no_sideways_scrolling()
            self.picture(f"namespaces{name}")
        self.browser.look(*WIDE, "light")
        self.expect_accessible()

    def test_names_enter_as_text(self):
        answer = documented()
        one = answer["namespaces"][0]
        one["netns"] = one["unit"] = one["listeners"][0]["unit"] = HOSTILE
        self.show(answer)
        wait_until(lambda: self.browser.run(
            "return document.querySelector('table.namespaces > tbody') !== null"), "there are rows")
        self.assertTrue(self.is_shown(SECTION))
        wait_until(lambda: HOSTILE in self.text("table.namespaces tbody th"), "the name is shown")
        self.assertEqual(self.browser.run("return document.querySelectorAll('main img').length"), 0)
        self.expect_clean()


if __name__ == "__main__":
    main()
