"""The status page's sections on what happened lately and on the host's limits, in a real browser. The
answers are those of page_answers.py."""
import re
import time

import page_answers
from page_answers import FLOOD, LAST_WEEK, QUEUE_FULL, UNREACHED
from status_page_test import PHONE, TABLET, WIDE
from support import main, wait_until

HOSTILE = "<img src=x onerror=alert(1)>"
OPEN = "return [...document.querySelectorAll('#incidents > li')]" \
    ".filter((node) => node.querySelector('details').open).map((node) => node.dataset.incident)"
LINKED = "return [...document.querySelectorAll('#incidents .linked')]" \
    ".map((node) => node.dataset.incident)"
SHOWN = "return [...document.querySelectorAll('#incidents > li')].map((node) => node.dataset.incident)"
FOCUSED = "return document.activeElement.dataset.incident ?? document.activeElement.id"
BARS = "#timeline .bar-of-incident"


def utc_plus_one(timestamp):
    return time.strftime("%H:%M:%S", time.gmtime(timestamp + 3600))


class HeadTest(page_answers.AnsweredPageTest):
    def test_whose_page_it_is_and_which_clock(self):
        wait_until(lambda: self.text("#host") == "web1 · CET, UTC+1", "the host is named")
        self.assertIn("All times are those of this host", self.text(".zone"))
        wait_until(lambda: self.browser.run("return document.title").endswith(
            "web1 · CET, UTC+1 · connwatch"), "the title names it")
        self.expect_same(
            lambda: self.text("#pulse").removeprefix("updated ")[:-1],
            lambda: utc_plus_one(self.api("status")["timestamp_seconds"])[:-1], "the host's clock")
        self.put("host", page_answers.host(time_zone="+0530", utc_offset_seconds=19800))
        wait_until(lambda: self.text("#host") == "web1 · UTC+5:30", "a zone without a name")
        self.put("host", page_answers.host(time_zone="UTC", utc_offset_seconds=0))
        wait_until(lambda: self.text("#host") == "web1 · UTC", "no offset")
        self.expect_clean()

    def test_alerts_that_cannot_be_delivered(self):
        self.assertEqual(self.texts("#head-troubles li"), [])
        self.add("status", notifications=[
            {"receiver": "alertmanager", "is_failing": True, "failure": "connection refused"},
            {"receiver": "webhook", "is_failing": False, "failure": None}])
        wait_until(lambda: self.texts("#head-troubles li") == [
            "▲ Alerts could not be delivered to alertmanager: connection refused"], "it is said")
        self.assertIn("not delivered", self.text("#verdict").lower())
        self.assertEqual(self.browser.run("return document.body.dataset.level"), "warning")
        self.expect_accessible()

    def test_data_that_is_old(self):
        tiers = self.api("status")["tiers"]
        for tier in tiers:
            tier["is_stale"] = tier["tier"] == "listeners"
        self.add("status", tiers=tiers)
        wait_until(lambda: self.texts("#head-troubles li"), "it is said")
        self.assertRegex(self.texts("#head-troubles li")[0],
                         r"^▲ Data is old: listening sockets, last read at \d\d:\d\d:\d\d$")

    def test_the_colours_are_a_choice_that_is_kept(self):
        paper = "return getComputedStyle(document.body).backgroundColor"
        light = self.browser.run(paper)
        choose = "const theme = document.querySelector('#theme'); theme.value = arguments[0];" \
            "theme.dispatchEvent(new Event('change'))"
        self.browser.run(choose, "dark")
        dark = self.browser.run(paper)
        self.assertNotEqual(light, dark)
        self.expect_accessible()
        self.browser.open(f"http://127.0.0.1:{self.daemon.port}/")
        self.assertEqual(self.browser.run(paper), dark, "it is remembered")
        self.browser.look(*WIDE, "dark")
        self.browser.run(choose, "light")
        self.assertEqual(self.browser.run(paper), light, "against the system")
        self.browser.run(choose, "system")
        self.assertEqual(self.browser.run(paper), dark, "as the system")
        # A browser may forbid to keep anything.
        self.browser.run_first("Object.defineProperty(window, 'localStorage',"
                               " {get() { throw new Error('forbidden'); }})")
        self.browser.open(f"http://127.0.0.1:{self.daemon.port}/")
        self.browser.run(choose, "light")
        self.assertEqual(self.browser.run(paper), light)
        wait_until(lambda: self.text("#pulse").startswith("updated"), "the page works")
        self.expect_clean()


class LimitsTest(page_answers.AnsweredPageTest):
    def limit(self, name):
        return self.texts(f"#limits [data-limit={name}] .limit-numbers")[0]

    def test_each_limit_has_a_bar_and_its_numbers(self):
        wait_until(lambda: self.texts("#limits li"), "the limits are shown")
        self.assertEqual(self.limit("ephemeral_ports"), "▲ 27,000 of 28,232, 96 %")
        self.assertEqual(self.limit("time_wait"), "54,000 of 65,536, 82 %")
        self.assertEqual(self.limit("tcp_memory"), "180 MB of 400 MB, 45 %")
        self.assertEqual(self.limit("conntrack"), "not known, of 262,144")
        self.assertIn("towards 192.0.2.1:443",
                      self.texts("#limits [data-limit=ephemeral_ports] .subject")[0])
        self.assertEqual(
            self.browser.run("return Object.fromEntries([...document.querySelectorAll('#limits li')]"
                             ".map((node) => [node.dataset.limit, node.dataset.level]))"),
            {"ephemeral_ports": "full", "time_wait": "high", "orphans": "low", "tcp_memory": "low",
             "conntrack": "unknown", "descriptors": "low"})
        names = self.browser.accessible_names()
        self.assertEqual(len(names["meter"]), 6)
        self.assertIn("TIME-WAIT sockets", names["meter"])

    def test_rates(self):
        wait_until(lambda: self.texts("#rates dt"), "the rates are shown")
        rates = dict(zip(self.texts("#rates dt"), self.texts("#rates dd")))
        self.assertEqual(rates["Failed handshakes"], "3.5/s")
        self.assertEqual(rates["Segments sent again"], "61.5/s, 1.2 % of all")
        self.assertEqual(rates["Connections given up after timeouts"], "–")
        self.assertIn("last 10 s", self.text("#limits-note"))
        self.put("host", page_answers.host(rates=None, limits=[]))
        wait_until(lambda: self.is_shown("#limits-none"), "nothing is known")
        self.put("host", 503)
        wait_until(lambda: self.text("#host").endswith("UTC"), "there is no answer yet")
        self.expect_clean()


class RecentlyTest(page_answers.AnsweredPageTest):
    def setUp(self):
        super().setUp()
        wait_until(lambda: self.browser.run(SHOWN) == [UNREACHED, QUEUE_FULL, FLOOD],
                   "the incidents are shown, the latest first")

    def follow(self, fragment):
        self.browser.open("about:blank")
        self.browser.open(f"http://127.0.0.1:{self.daemon.port}/#{fragment}")
        wait_until(lambda: self.text("#pulse").startswith("updated"), "the page has an answer")

    def line(self, identifier):
        return self.texts(f"#incidents [data-incident='{identifier}'] summary")[0]

    def test_an_incident_tells_what_happened(self):
        self.assertIn("Nginx.service on 0.0.0.0:443 does not accept", self.line(QUEUE_FULL))
        self.assertRegex(self.line(QUEUE_FULL), r"\d\d:\d\d:\d\d, for 21 min, over$")
        self.assertRegex(self.line(UNREACHED), r"still firing after 5 min$")
        self.assertIn("the daemon was stopped at 28 Feb, 04:00:00", self.line(FLOOD))
        self.assertEqual(self.browser.run(OPEN), [])
        node = f"#incidents [data-incident='{QUEUE_FULL}']"
        self.browser.run("document.querySelector(arguments[0]).click()", f"{node} summary")
        wait_until(lambda: self.texts(f"{node} figcaption"), "the picture is drawn")
        facts = dict(zip(self.texts(f"{node} dt"), self.texts(f"{node} dd")))
        self.assertEqual(facts["Unit"], "nginx.service")
        self.assertEqual(facts["Duration"], "21 min")
        self.assertRegex(facts["How it ended"], r"^over at .*\d\d:\d\d:\d\d$")
        self.assertEqual(facts["Values"], "latest 100 %, at the worst 101 %, threshold 80 %")
        self.assertEqual(facts["Cause"], "Accept queue full")
        text = self.text(node)
        self.assertIn("Accept queue 129 of 128", text)
        self.assertIn("Accept queue 130 of 128", text)
        self.assertIn("198.51.100.0/24 (40)", text)
        self.assertIn("Find out what the application waits for", text)
        self.assertNotIn("accept_queue_utilization", text, "no names of signals")
        help_link = self.browser.run("return document.querySelector(arguments[0]).getAttribute('href')",
                                     f"{node} .what-to-do")
        self.assertEqual(help_link, "runbook#AcceptQueueNearlyFull")
        self.expect_clean()

    def test_the_picture_marks_the_moment(self):
        node = f"#incidents [data-incident='{QUEUE_FULL}']"
        self.browser.run("document.querySelector(arguments[0]).click()", f"{node} summary")
        wait_until(lambda: self.texts(f"{node} figcaption"), "the picture is drawn")
        captions = self.texts(f"{node} figcaption")
        self.assertIn("Fullest accept queue", captions)
        self.assertIn("Drops of listeners", captions)
        self.assertNotIn("Failed handshakes", captions, "there were none")
        self.assertIn("100 % when it fired, peak 100 %", self.text(node))
        marks = self.browser.run("return [...document.querySelectorAll(arguments[0])]"
                                 ".map((mark) => mark.getAttribute('d'))", f"{node} .moment")
        self.assertEqual(set(marks), {"M60.00 -1.5V31.5"})
        asked = self.browser.run("return window.asked")
        self.assertEqual(asked.count(f"incidents?id={QUEUE_FULL}"), 1)
        since = {float(re.search(r"since=([\d.]+)", url)[1]) for url in asked if "since=" in url}
        self.assertAlmostEqual(min(since), time.time() - 86400, delta=60)

    def test_an_empty_day(self):
        self.put("incidents", page_answers.incidents(incidents=[], total=0, is_persistent=False))
        wait_until(lambda: not self.is_shown("#timeline"), "there is nothing to draw")
        self.assertTrue(self.is_shown("#incidents-none"))
        self.assertEqual(self.text("#incidents-none"), "No alert has fired in the last day.")
        self.assertIn("kept in memory only", self.text("#incidents-note"))
        self.expect_accessible()
        self.put("incidents", 503)
        wait_until(lambda: "has not answered" in self.text("#incidents-none"), "not known yet")
        self.expect_clean()

    def test_a_disk_that_fails_is_not_an_empty_day_and_holds_up_nothing(self):
        for answer, reason in ((429, "was answered with 429"), ({"error": "disk broken"}, "disk broken")):
            with self.subTest(answer=answer):
                self.put("incidents", answer)
                wait_until(lambda: reason in self.text("#incidents-note"), "it says why")
                self.assertFalse(self.is_shown("#incidents-none"))
                self.assertFalse(self.is_shown("#gone"))
                self.assertGreater(len(self.texts("#incidents > li")), 0, "what was known stays")
                pulse = self.text("#pulse")
                wait_until(lambda: self.text("#pulse") != pulse, "the rest is updated")

    def test_the_timeline_leads_to_the_incidents(self):
        bars = self.browser.run("return Object.fromEntries([...document.querySelectorAll(arguments[0])]"
                                ".map((bar) => [bar.dataset.incident, parseFloat(bar.style.left)]))",
                                BARS)
        self.assertAlmostEqual(bars[QUEUE_FULL], 100 * 16 / 24, delta=0.5)
        self.assertAlmostEqual(bars[UNREACHED], 99.3, delta=0.5)
        top = lambda name: self.browser.run(
            "return document.querySelector(arguments[0]).style.top", f"{BARS}[data-incident='{name}']")
        self.assertNotEqual(top(QUEUE_FULL), top(FLOOD), "they do not cover each other")
        self.assertEqual(len(self.texts(".tick")), 8)
        self.assertEqual({int(text[:2]) % 3 for text in self.texts(".tick")}, {0})
        colour = lambda name: self.browser.run(
            "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor",
            f"{BARS}[data-incident='{name}']")
        self.assertNotEqual(colour(QUEUE_FULL), colour(UNREACHED), "a warning is not red")
        self.expect_accessible()
        self.browser.run("document.querySelector(arguments[0]).click()",
                         f"{BARS}[data-incident='{FLOOD}']")
        self.assertEqual(self.browser.run(OPEN), [FLOOD])

    def test_the_timeline_by_keyboard(self):
        stop = f"return document.querySelectorAll(\"{BARS}[tabindex='0']\").length"
        self.assertEqual(self.browser.run(stop), 1)
        self.browser.run(f"document.querySelector(\"{BARS}[tabindex='0']\").focus()")
        self.assertEqual(self.browser.run(FOCUSED), UNREACHED)
        self.browser.press("ArrowLeft")
        self.assertEqual(self.browser.run(FOCUSED), QUEUE_FULL)
        self.browser.press("ArrowLeft")
        self.assertEqual(self.browser.run(FOCUSED), FLOOD)
        before = self.text("#pulse")
        wait_until(lambda: self.text("#pulse") != before, "an update")
        self.assertEqual(self.browser.run(FOCUSED), FLOOD, "an update does not move it")
        self.browser.press("Enter")
        wait_until(lambda: self.browser.run(OPEN) == [FLOOD], "it is open")

    def test_a_link_opens_the_incident_of_an_alert_that_is_over(self):
        self.follow(f"alert=AcceptQueueNearlyFull&subject=0.0.0.0%3A443&incident={QUEUE_FULL}")
        wait_until(lambda: self.browser.run(OPEN) == [QUEUE_FULL], "it is open")
        self.assertEqual(self.browser.run(LINKED), [QUEUE_FULL])
        wait_until(lambda: "What happened is below" in self.text("#alert-over"), "it is said")
        # One of another day, by another link on the same page.
        self.browser.run("location.hash = arguments[0]",
                         f"alert=CloseWaitLeak&subject=0.0.0.0:443&incident={LAST_WEEK}")
        wait_until(lambda: self.browser.run(LINKED) == [LAST_WEEK], "it is asked for")
        self.assertIn(LAST_WEEK, self.browser.run(OPEN))
        before = self.text("#pulse")
        wait_until(lambda: self.text("#pulse") != before, "an update")
        self.assertIn(LAST_WEEK, self.browser.run(SHOWN), "it stays")
        self.browser.run("location.hash = 'alert=CloseWaitLeak&subject=x&incident=ffffffffffffffff'")
        wait_until(lambda: "was not found" in self.text("#alert-over"), "an unknown one")
        self.assertEqual(self.browser.run(LINKED), [])
        self.browser.run("location.hash = ''")
        wait_until(lambda: not self.is_shown("#alert-over"), "without a link nothing is said")
        self.expect_clean()

    def test_many_with_long_names_stay_usable(self):
        now = time.time()
        many = [page_answers.incident(f"{i:016x}", "SynQueueNearlyFull" * 3, now - 400 * i, 100 + i,
                                      severity=("critical", "warning", "info")[i % 3],
                                      subject="[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535",
                                      unit="docker-" + "0123456789abcdef" * 4 + ".scope",
                                      summary=HOSTILE + "worker" * 20)
                for i in range(200)]
        self.put("incidents", page_answers.incidents(incidents=many, total=451))
        wait_until(lambda: "200" in self.text("#incidents-more"), "all are counted")
        self.assertIn("451 alerts fired in the last day. The latest 200 are shown",
                      self.text("#incidents-note"))
        self.assertEqual(len(self.browser.run(SHOWN)), 8)
        self.assertEqual(self.browser.run("return document.querySelectorAll('main img').length"), 0)
        self.browser.run("document.querySelector('#incidents > li summary').click()")
        self.look_at_everything("incidents-many")
        self.browser.run("document.querySelectorAll(arguments[0])[3].click()", BARS)
        self.assertEqual(len(self.browser.run(SHOWN)), 200, "it opens the list to the incident")
        self.expect_clean()

    def test_looks(self):
        node = f"#incidents [data-incident='{QUEUE_FULL}']"
        self.browser.run("document.querySelector(arguments[0]).click()", f"{node} summary")
        wait_until(lambda: self.texts(f"{node} figcaption"), "the picture is drawn")
        self.look_at_everything("incidents")

    def look_at_everything(self, name):
        for size, scheme in ((WIDE, "light"), (WIDE, "dark"), (TABLET, "light"), (PHONE, "light"),
                             (PHONE, "dark")):
            self.browser.look(*size, scheme)
            self.expect_no_sideways_scrolling()
            self.expect_accessible()
            self.picture(f"{name}-{size[0]}-{scheme}")


if __name__ == "__main__":
    main()
