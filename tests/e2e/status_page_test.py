"""The status page in a real browser, beside a live daemon with something to show.

CONNWATCH_UPDATE_PICTURES=1 (tools/pictures) makes the README's pictures anew: after ten minutes, so
that the lines are full.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

import sockets
from browser import Browser
from network import sysctl
from support import (DEADLINE_S, SOURCE_DIR, Daemon, cannot_run, find_tool, main, network_namespace,
                     wait_until)
from two_hosts import SERVER, TwoHosts, syn

# The namespaces of other tests, and their connects, would be on the page.
CONFIG = """
kernel_walk: off
handshake_tracing: off
poll: {listeners: 100ms, handshakes: 500ms, full: 1s}
alerts: [{name: SynRecvBacklogGrowth, growth: {per_second: 20, over: 5s}, for: 2s}]
groups:
  - {name: postgres, match: {local_port: [5432]}}
  - {name: api, match: {local_port: [8080, 8081]}}
"""
MAKES_README = "CONNWATCH_UPDATE_PICTURES" in os.environ
PICTURES = SOURCE_DIR / "build/screenshots"
README_PICTURES = SOURCE_DIR / "docs/images"
TOOLS = pathlib.Path(os.environ.get("CONNWATCH_TESTTOOLS", SOURCE_DIR / "build/testtools"))
WIDE, TABLET, PHONE = (1280, 800), (800, 1100), (390, 844)

# {key: number or text} of everything with the selector, by an attribute.
# Lets `change(name, answer)` have its way with what the daemon answers.
CHANGE_ANSWERS = """
const ask = window.fetch;
const change = new Function("name", "answer", arguments[0]);
window.fetch = async (path, options) => {
  const response = await ask(path, options);
  const answer = await response.json();
  change(String(path).replace(/.*\\/|\\?.*/g, ""), answer);
  return new Response(JSON.stringify(answer), {status: response.status});
};
"""
MANY_LISTENERS = """
if (name === "handshakes")
  for (const one of answer.pending_destinations) one.remote = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535";
if (name === "groups")
  for (const one of answer.groups) one.group += "-" + "instance".repeat(12) + ".service";
if (name !== "listeners") return;
const one = answer.listeners[0];
answer.listeners = [...Array(500).keys()].map((i) => ({...one, diagnosis: [], top_sources: [],
  address: `[2001:db8:aaaa:bbbb:cccc:dddd:eeee:${(0xf000 + i).toString(16)}]:65535`,
  unit: `docker-${"0123456789abcdef".repeat(4)}.scope/${"worker".repeat(10)}${i}.service`,
  accept_queue_length: 4000000000 + i, accept_queue_peak: 4000000000 + i,
  accept_queue_limit: 4294967295, syn_queue_peak: 4294967295, drops_total: 123456789}));
answer.total = 500;
"""
READ = """
const [selector, attribute, part] = arguments;
return Object.fromEntries([...document.querySelectorAll(selector)].map((node) =>
  [node.getAttribute(attribute), [...node.querySelectorAll(part)].map((n) => n.textContent)]));
"""
COUNT_ROWS = "return document.querySelectorAll('table.listeners tbody').length"
TOO_WIDE = """
return [...document.querySelectorAll("html, main li, main p, td, th[scope=row], dd")]
  .filter((node) => node.scrollWidth > node.clientWidth && node.clientWidth > 0)
  .map((node) => [node.scrollWidth, node.clientWidth, node.outerHTML.slice(0, 100)]);
"""
AXE = """
const done = arguments[arguments.length - 1];
const nodesOf = (fault) => fault.nodes.map((node) => [node.target.join(" "), node.failureSummary]);
axe.run(document, {resultTypes: ["violations"]}).then((found) => done(
  found.violations.map((fault) => [fault.impact, fault.id, fault.help, nodesOf(fault)])));
"""


def number(text):
    return int(re.sub(r"\D", "", text))


class PageTest(unittest.TestCase):
    """A browser that shows the page of a daemon, both in a network namespace of their own."""

    def setUp(self):
        self.enterContext(network_namespace())
        self.prepare()
        self.daemon = self.enterContext(Daemon(self.config()))
        self.browser = self.enterContext(Browser())
        self.browser.look(*WIDE, "light")
        self.prepare_browser()
        self.browser.open(f"http://127.0.0.1:{self.daemon.port}/")
        wait_until(lambda: self.text("#pulse").startswith("updated"), "the page has an answer")

    def prepare(self):
        """What is to be there before the daemon starts."""

    def prepare_browser(self):
        """What is to be done before it opens the page."""

    def config(self):
        """Of the daemon."""
        return CONFIG

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", selector)

    def is_shown(self, selector):
        return self.browser.run("return !document.querySelector(arguments[0]).hidden", selector)

    def read(self, selector, attribute, part):
        return self.browser.run(READ, selector, attribute, part)

    def api(self, path):
        reply = self.daemon.get(f"/api/v1/{path}")
        self.assertEqual(reply.status, 200, reply.content)
        return json.loads(reply.content)

    def expect_same(self, on_page, by_api, what):
        """The two are asked one after the other while the daemon polls: until they agree."""
        latest = ()

        def agree():
            nonlocal latest
            latest = (on_page(), by_api())
            return latest[0] == latest[1]
        try:
            wait_until(agree, what)
        except AssertionError:
            self.assertEqual(*latest, what)

    def expect_clean(self):
        """Nothing on the console, nothing asked but this daemon."""
        self.assertEqual(self.browser.console(), [])
        others = [url for url in self.browser.requested_urls()
                  if not url.startswith((f"http://127.0.0.1:{self.daemon.port}/", "data:image/"))]
        self.assertEqual(others, [])

    def picture(self, name, whole=True):
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = PICTURES / f"{name}.png"
        file.write_bytes(self.browser.screenshot(whole))
        return file

    def expect_accessible(self):
        source = TOOLS / "axe-core/axe.min.js"
        if not source.exists():
            cannot_run("axe-core is not installed")
        self.browser.run(source.read_text())
        faults = [fault for fault in self.browser.run_async(AXE)
                  if fault[0] in ("serious", "critical")]
        self.assertEqual(faults, [])

    def expect_no_sideways_scrolling(self):
        """Neither the page nor anything in it is wider than what it stands in."""
        self.assertEqual(self.browser.run(TOO_WIDE), [])


class QuietHostTest(PageTest):
    def test_has_something_to_say_of_nothing(self):
        wait_until(lambda: self.text("#verdict") == "All is well", "nothing is wrong")
        self.assertTrue(self.is_shown("#alerts-none"))
        self.assertTrue(self.is_shown("#handshakes-none"))
        self.assertIn("none in trouble", self.text("#listeners-note"))
        for scheme in ("light", "dark"):
            self.browser.look(*WIDE, scheme)
            self.expect_accessible()
            self.picture(f"status-page-quiet-{scheme}")
        self.expect_clean()


class StatusPageTest(PageTest):
    def prepare(self):
        self.hosts = self.enterContext(TwoHosts())
        self.sockets = self.enterContext(sockets.Sockets())
        sysctl("ipv4/tcp_max_syn_backlog", 65536)
        sysctl("core/somaxconn", 65536)
        sysctl("ipv4/tcp_synack_retries", 1)  # half-open handshakes go after 3 s
        self.flooded = self.listen(443, backlog=4096)
        self.make_load()
        self.in_background(self.talk, 0.1)

    def listen(self, port, backlog=64):
        return self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER),
                                     backlog=backlog, port=port)

    def make_load(self):
        self.short = self.listen(8443)
        self.pairs = []
        for port, count in ((5432, 24), (8080, 9), (8081, 3)):
            server = self.listen(port)
            for _ in range(count):
                with self.hosts.at_client():
                    client = self.sockets.enter_context(
                        socket.create_connection((SERVER, port), DEADLINE_S))
                self.pairs.append((client, self.sockets.enter_context(server.accept()[0])))
        slow = self.listen(9000, backlog=2)  # never accepts
        for _ in range(3):  # full: one more than the backlog
            with self.hosts.at_client():
                self.sockets.enter_context(socket.create_connection((SERVER, 9000), DEADLINE_S))
        self.assertTrue(slow)
        for host in range(1, 4):
            lost = self.sockets.enter_context(socket.socket())
            lost.setblocking(False)
            lost.connect_ex((f"198.19.7.{host}", 443))
        self.sockets.time_wait()
        self.sockets.fin_wait2_and_close_wait()
        self.sockets.pair(sockets.IPV6)

    def talk(self, turn):
        """A request and an answer on some of the connections, and now and then a short one."""
        for client, server in self.pairs[turn % 3::3]:
            client.sendall(bytes(200))
            server.recv(1000)
            server.sendall(bytes(3000))
            client.recv(10_000)
        if turn % 50 < 20:
            with socket.create_connection((SERVER, 8443), DEADLINE_S):
                self.short.accept()[0].close()

    def in_background(self, action, pause):
        """Calls action(0), action(1) ... in a thread until the test ends."""
        stop = threading.Event()

        def repeat():
            turn = 0
            while not stop.wait(pause):
                action(turn)
                turn += 1
        thread = threading.Thread(target=repeat)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)

    def picture_for_readme(self, name):
        self.browser.look(1280, 1400, name.split("-")[-1])
        file = self.picture(name, whole=False)
        if MAKES_README:  # a third of the size
            subprocess.run([find_tool("pngquant"), "--force", "--output",
                            README_PICTURES / file.name, file], check=True)

    def test_numbers_equal_the_api(self):
        self.expect_same(
            lambda: {name: number(text[0])
                     for name, text in self.read("#states li", "data-state", ".count").items()},
            lambda: {entry["state"]: entry["sockets"] for entry in self.api("states")["states"]},
            "sockets by state")
        self.browser.run("document.querySelectorAll('button.more').forEach((more) => more.click())")
        self.expect_same(
            lambda: {name: [number(text) for text in cells] for name, cells in self.read(
                "table.listeners tbody", "data-listener",
                ".queue-text strong, [data-label=Drops]").items()},
            lambda: {entry["address"]: [entry[key] for key in (
                "syn_queue_length", "accept_queue_length", "drops_total")]
                for entry in self.api("listeners")["listeners"]}, "listeners")
        self.expect_same(
            lambda: (number(self.text("#handshakes-note")), {
                name: number(cells[0]) for name, cells in self.read(
                    "#handshakes tbody tr", "data-destination", "[data-label=Waiting]").items()}),
            lambda: (lambda answer: (answer["pending_total"], {
                entry["remote"]: entry["count"] for entry in answer["pending_destinations"]}))(
                    self.api("handshakes")),
            "pending connects")
        self.expect_same(
            lambda: {name: number(cells[0]) for name, cells in self.read(
                "#groups tbody tr", "data-group", "[data-label=Established]").items()
                if name.split()[1] in ("postgres", "api", "9000")},
            lambda: {f"{entry['direction']} {entry['group']}": entry["states"]["established"]
                     for entry in self.api("groups")["groups"]
                     if entry["group"] in ("postgres", "api", "9000")
                     and any(entry["states"].values())}, "groups")
        self.assertEqual(self.api("handshakes")["pending_total"], 3)
        self.assertEqual(set(self.read("#tiers tbody tr", "data-tier", "th")),
                         {"listeners", "handshakes", "full"})

    def test_shares_of_a_listener_are_told(self):
        for _ in range(2):
            server = self.sockets.enter_context(socket.socket())
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind((SERVER, 7000))
            server.listen(10)
        self.browser.run("document.querySelector('#listeners-more').click()")
        row = f"table.listeners tbody[data-listener='{SERVER}:7000']"
        wait_until(lambda: self.browser.run(f'return !!document.querySelector("{row}")'), "the row")
        wait_until(lambda: "2 sockets" in self.text(f"{row} th"), "both sockets")
        self.assertIn("0 of 20", self.text(f"{row} .queue-text"))

    def test_names_enter_as_text(self):
        """Units have whatever name their cgroup has: put one into the daemon's answers."""
        name = "<img src=x onerror=alert(1)>"
        self.browser.run(CHANGE_ANSWERS, f"""
            if (name === "listeners") for (const one of answer.listeners) one.unit = "{name}";""")
        wait_until(lambda: name in self.text("table.listeners tbody th"), "the unit is shown")
        self.assertEqual(self.browser.run("return document.querySelectorAll('main img').length"), 0)
        self.expect_clean()

    def test_many_listeners_with_long_names_stay_usable(self):
        self.browser.run(CHANGE_ANSWERS, MANY_LISTENERS)
        wait_until(lambda: "500" in self.text("#listeners-more"), "all are counted")
        wait_until(lambda: "instance" in self.text("#groups tbody"), "groups have long names")
        self.assertEqual(self.browser.run(COUNT_ROWS), 8)
        self.assertIn("docker-0123456789ab….scope/", self.text("table.listeners tbody th"))
        for name, size in {"": WIDE, "-tablet": TABLET, "-phone": PHONE}.items():
            self.browser.look(*size, "light")
            self.expect_no_sideways_scrolling()
            self.picture(f"status-page-long-names{name}")
        self.browser.run("document.querySelector('#listeners-more').click()")
        self.assertEqual(self.browser.run(COUNT_ROWS), 500)
        self.type_filter("WORKER499.service")
        self.assertEqual(self.browser.run(COUNT_ROWS), 1)
        self.type_filter("nowhere")
        self.assertTrue(self.is_shown("#listeners-unmatched"))
        self.type_filter("")
        self.assertEqual(self.browser.run(COUNT_ROWS), 500)
        self.expect_clean()

    def type_filter(self, text):
        self.browser.run("const field = document.querySelector('#listeners-filter');"
                         "field.value = arguments[0];"
                         "field.dispatchEvent(new Event('input'))", text)

    def flood(self):
        """SYNs from many sources until the end of the test."""
        raw = self.hosts.raw_socket()

        def send(turn):
            for i in range(100 * turn, 100 * turn + 100):
                source = f"198.19.{i % 250}.{i // 250 % 250 + 1}"
                raw.sendto(syn(source, 1024 + i % 60_000, 443), (SERVER, 0))
        self.in_background(send, 0.04)

    def test_a_flooded_listener_turns_red_with_its_cause(self):
        subject = f"{SERVER}:443"
        row = f"table.listeners tbody[data-listener='{subject}']"
        if MAKES_README:
            time.sleep(570)
        wait_until(lambda: self.api("history")["samples"], "some history")
        quiet_colour = self.colour_of(f"{row} .verdict")
        kind_of_row = f'return document.querySelector("{row}").className'
        self.assertEqual(self.browser.run(kind_of_row), "quiet")
        self.flood()
        wait_until(lambda: "SYN flood" in self.text(f"{row} .verdict"), "the cause is named")
        self.assertEqual(self.browser.run(kind_of_row), "trouble")
        red, green, blue = self.colour_of(f"{row} .verdict")
        self.assertGreater(red, 1.5 * max(green, blue))
        self.assertNotEqual((red, green, blue), quiet_colour)
        self.assertIn("never complete", self.text(f"{row} .why"))
        first = self.browser.run(
            "return document.querySelector('table.listeners tbody').dataset.listener")
        self.assertIn(first, (subject, f"{SERVER}:9000"), "those in trouble come first")

        def is_firing():
            return self.browser.run("return [...document.querySelectorAll('.alert.firing')]"
                                    ".map((node) => node.dataset.alert)")
        wait_until(lambda: "SynRecvBacklogGrowth" in is_firing(), "the alert is on the page")
        self.assertIn("firing", self.text("h1"))
        self.assertIn("198.19.", self.text("[data-alert=SynRecvBacklogGrowth]"))
        self.expect_same(
            is_firing, lambda: [alert["alert"] for alert in self.api("alerts")["alerts"]
                                if alert["state"] == "firing"], "what is firing")
        if MAKES_README:
            time.sleep(20)
        self.look_at_everything()
        self.expect_clean()

    def colour_of(self, selector):
        colour = self.browser.run(
            "return getComputedStyle(document.querySelector(arguments[0])).color", selector)
        return tuple(int(part) for part in re.findall(r"\d+", colour)[:3])

    def look_at_everything(self):
        """Pictures of every look, and what axe-core has to say of it."""
        for scheme in ("light", "dark"):
            self.browser.look(*WIDE, scheme)
            self.expect_accessible()
            self.picture_for_readme(f"status-page-{scheme}")
            self.browser.look(*PHONE, scheme)
            self.expect_no_sideways_scrolling()
            self.expect_accessible()
            self.picture(f"status-page-{scheme}-phone")

    def test_says_when_the_daemon_is_gone(self):
        self.assertFalse(self.is_shown("#gone"))
        self.daemon.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: self.is_shown("#gone"), "it says that there is no answer")
        self.assertRegex(self.text("#gone"), r"No answer since \d\d:\d\d:\d\d")
        self.daemon.process.send_signal(signal.SIGCONT)
        wait_until(lambda: not self.is_shown("#gone"), "it goes on")
        self.assertNotEqual(self.text("#verdict"), "No answer")
        self.daemon.stop()
        wait_until(lambda: self.is_shown("#gone"), "it says that the daemon is gone")
        self.browser.look(*WIDE, "light")
        self.picture("status-page-gone", whole=False)

    def test_says_why_there_is_no_answer(self):
        self.browser.run("window.ask = window.fetch;"
                         "window.fetch = async () => new Response('', {status: 429});")
        wait_until(lambda: self.is_shown("#gone"), "it says that it is refused")
        self.assertIn("answered with 429", self.text("#gone"))
        self.browser.run("window.fetch = window.ask;")
        wait_until(lambda: not self.is_shown("#gone"), "it goes on")
        self.expect_clean()

    def test_asks_nothing_while_nobody_looks(self):
        hide = ("Object.defineProperty(document, 'hidden',"
                " {value: arguments[0], configurable: true});"
                "document.dispatchEvent(new Event('visibilitychange'))")
        self.browser.run(hide, True)
        asked_at = time.monotonic()

        def has_been_still():
            nonlocal asked_at
            if self.browser.requested_urls():
                asked_at = time.monotonic()
            return time.monotonic() - asked_at > 5
        wait_until(has_been_still, "nothing is asked in two periods")
        self.browser.run(hide, False)
        wait_until(self.browser.requested_urls, "it asks again")

    def focused(self):
        return self.browser.run("return document.activeElement.id || "
                                "document.activeElement.getAttribute('href')")

    def test_works_by_keyboard(self):
        self.browser.press("Tab")
        self.assertEqual(self.focused(), "#main", "the first stop leads to the content")
        stops = []
        while len(stops) < 150 and "metrics" not in stops:
            self.browser.press("Tab")
            stops.append(self.focused())
        self.assertEqual([stop for stop in stops if stop in (
            "listeners-filter", "listeners-more", "metrics")],
            ["listeners-filter", "listeners-more", "metrics"])
        more = "document.querySelector('#listeners-more')"
        self.browser.run(f"{more}.focus()")
        outline = self.browser.run(f"return getComputedStyle({more}).outlineStyle")
        self.assertEqual(outline, "solid", "where the focus is can be seen")
        self.browser.press("Enter")
        self.assertEqual(self.browser.run(f"return {more}.getAttribute('aria-expanded')"), "true")
        self.assertEqual(self.browser.run(COUNT_ROWS), len(self.api("listeners")["listeners"]))

    def names_of_one_moment(self):
        names = self.browser.accessible_names()
        return names if names["heading"][0] == self.text("h1") else None

    def test_tells_screen_readers_what_it_shows(self):
        for size in (WIDE, PHONE):  # on a phone tables are laid out as blocks
            self.browser.look(*size, "light")
            # The heading tells of alerts, which may change between two looks.
            names = wait_until(self.names_of_one_moment, "the page does not change")
            self.assertEqual(names["table"], ["Listeners", "Pending connects",
                                              "Round trips and traffic", "How far to trust this"])
            self.assertIn("Diagnosis", names["columnheader"])
            self.assertIn(f"{SERVER}:9000", names["rowheader"])
            self.assertIn("Alerts", names["heading"])
            self.assertGreater(len(names["image"]), 15)
            for name in names["image"]:
                self.assertRegex(
                    name, "^(Last ten minutes: |No history|Nothing measured|[0-9,]+ measure)")


if __name__ == "__main__":
    main()
