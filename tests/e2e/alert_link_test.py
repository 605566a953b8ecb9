"""The links in a notification, followed in a real browser: to the alert on the status page, and to the
runbook."""
import socket

import status_page_test as page_test
from receivers import Receiver
from status_page_test import PHONE, TABLET, WIDE
from support import main, wait_until

# Forty alerts with long names behind the first of those that there are.
MANY = """
if (name !== "alerts" || answer.alerts.length === 0) return;
const one = answer.alerts[0];
for (let i = 0; i < 40; ++i)
  answer.alerts.push({...one, alert: `Other${i}`, subject: `<b>${i}/[fe80::1%eth0]:443</b> &+#`});
answer.total = answer.alerts.length;
"""
LINKED = "return [...document.querySelectorAll('.alert.linked')].map((node) => node.dataset.alert)"
IS_SEEN = """
const box = document.querySelector(arguments[0]).getBoundingClientRect();
return box.top >= 0 && box.bottom <= innerHeight;
"""
IS_OPEN = "return document.querySelector('.alert.linked details').open"


class AlertLinkTest(page_test.PageTest):
    def prepare(self):
        trouble = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.subject = "127.0.0.1:" + str(trouble.getsockname()[1])
        self.receiver = self.enterContext(Receiver())

    def config(self):
        """With an alert that fires, and a receiver that is told."""
        rule = f'{{name: Fires, signal: listener_syn_queue, below: 1000000, match: "{self.subject}"}}'
        old = page_test.CONFIG.index("alerts: [") + len("alerts: [")
        return (page_test.CONFIG[:old] + rule + ", " + page_test.CONFIG[old:] +
                f"alertmanagers: [{{webhook: \"http://127.0.0.1:{self.receiver.port}\"}}]\n")

    def message(self):
        """The first one about it, with links that the browser of this namespace can follow."""
        wait_until(lambda: self.receiver.requests, "a message")
        message = next(body for _, _, body in self.receiver.requests
                       if body["alertname"] == "Fires")
        host = message["labels"]["instance"]
        local = f"127.0.0.1:{self.daemon.port}"
        return {name: message[name].replace(f"http://{host}/", f"http://{local}/")
                for name in ("generatorURL", "runbook_url")}

    def follow(self, link):
        self.browser.open("about:blank")
        self.browser.open(link)
        wait_until(lambda: self.text("#pulse").startswith("updated"), "the page has an answer")

    def linked(self):
        return self.browser.run(LINKED)

    def test_a_link_leads_to_its_alert(self):
        self.follow(self.message()["generatorURL"])
        self.assertEqual(self.linked(), ["Fires"])
        self.assertTrue(self.browser.run(IS_OPEN))
        self.assertFalse(self.is_shown("#alert-over"))
        self.expect_clean()

    def test_a_link_scrolls_to_an_alert_far_down_in_the_list(self):
        page = f"http://127.0.0.1:{self.daemon.port}/"
        self.follow(page + "#alert=Other33&subject=%3Cb%3E33%2F%5Bfe80%3A%3A1%25eth0%5D%3A443%3C%2Fb"
                           "%3E%20%26%2B%23")
        self.assertEqual(self.text("#alert-over"), "The alert Other33 on <b>33/[fe80::1%eth0]:443</b> "
                                                   "&+# is over: it neither fires nor is pending.")
        self.browser.run(page_test.CHANGE_ANSWERS, MANY)
        wait_until(lambda: self.linked() == ["Other33"], "it is marked")
        self.assertFalse(self.is_shown("#alert-over"))
        self.assertTrue(self.browser.run(IS_SEEN, ".alert.linked"))
        # A person who scrolls away or closes it is not brought back.
        self.browser.run("document.querySelector('.alert.linked details').open = false;"
                         "scrollTo(0, 0)")
        before = self.text("#pulse")
        wait_until(lambda: self.text("#pulse") != before, "an update")
        self.assertFalse(self.browser.run(IS_OPEN))
        self.assertEqual(self.browser.run("return scrollY"), 0)
        # Another link, on the same page.
        self.browser.run("location.hash = 'alert=Fires&subject=' + arguments[0]", self.subject)
        wait_until(lambda: self.linked() == ["Fires"], "the other one is marked")
        self.expect_no_sideways_scrolling()

    def test_an_alert_that_is_over_is_said_to_be(self):
        page = f"http://127.0.0.1:{self.daemon.port}/"
        self.follow(page + "#alert=SynCookiesActive&subject=host")
        self.assertTrue(self.is_shown("#alert-over"))
        self.assertEqual(self.linked(), [])
        self.assertEqual(self.text("#alert-over"), "The alert SynCookiesActive on host is over: it "
                                                   "neither fires nor is pending.")
        self.expect_accessible()
        self.browser.run("location.hash = ''")
        wait_until(lambda: not self.is_shown("#alert-over"), "without a link nothing is said")

    def test_the_runbook_link_leads_to_a_readable_section(self):
        link = self.message()["runbook_url"]
        self.browser.open(link.replace("#Fires", "#AcceptQueueNearlyFull"))
        self.assertTrue(self.browser.run(IS_SEEN, "#AcceptQueueNearlyFull-title"))
        self.assertGreater(self.browser.run("return scrollY"), 0)
        for width, scheme in ((WIDE, "light"), (WIDE, "dark"), (TABLET, "light"), (PHONE, "dark")):
            self.browser.look(*width, scheme)
            self.expect_accessible()
            self.expect_no_sideways_scrolling()
            self.picture(f"runbook-{width[0]}-{scheme}", whole=False)
        links = self.browser.run("return [...document.links].map((link) => link.href)")
        page = f"http://127.0.0.1:{self.daemon.port}/"
        self.assertEqual([to for to in links if not to.startswith((page + "runbook#", page))], [])
        missing = self.browser.run("return [...document.links].filter((link) => link.hash.length > 1 && "
                                   "!document.querySelector(link.hash)).map((link) => link.hash)")
        self.assertEqual(missing, [])
        self.expect_clean()


if __name__ == "__main__":
    main()
