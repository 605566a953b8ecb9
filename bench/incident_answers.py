"""A day with many incidents: how long the API and the status page take, and what memory is used."""

import http.client
import json
import pathlib
import subprocess
import time
from dataclasses import dataclass

import subjects
from measure import MeasureError
from own_network import own_network

from browser import Browser  # of the tests, found as own_network does

DAY_S = 86_400
# Runs before the page's own scripts. Notes when the first element of that kind is on the screen.
WATCH_PAGE = """
new MutationObserver((_, observer) => {
  if (document.querySelector("%s") === null) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.shownAt = performance.now(); });
}).observe(document, {childList: true, subtree: true});
"""
WARM_LOADS = 3  # while the browser itself starts
WARM_ROUNDS = 20  # of each question, before memory is compared
ANYTHING, INCIDENT = "#states li .count", "#incidents > li"
EMPTY_PAGE = "the page without incidents, until it shows numbers"
FULL_PAGE = "the page with all of them, until it shows incidents"


@dataclass(frozen=True)
class Answers:
    """Answers to one question."""

    took_s: list
    size_bytes: int  # of the last one


@dataclass(frozen=True)
class Memory:
    """Of the daemon."""

    idle_bytes: int  # with nothing kept
    asked_bytes: int  # with all, after a few questions
    at_last_bytes: int  # after many


def questions(port):
    """{what: query of /api/v1/incidents}."""
    since = time.time() - DAY_S
    newest = ask(port, "limit=1")[1]["incidents"][0]
    middle = ask(port, "limit=1&offset=5000")[1]["incidents"]
    one = (middle or [newest])[0]
    return {
        "the last day, as the page asks": f"since={since}&limit=200",
        "the first 100": "",
        "1,000 at once": "limit=1000",
        "the last 100": "offset=9900",
        "of one subject and severity": f"subject={one['subject']}&severity={one['severity']}",
        "one, with the history around it": f"id={one['id']}"}


def ask(port, query):
    """GET /api/v1/incidents over a new connection: the seconds, what it answers, its size."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/v1/incidents?" + query)
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - started
    connection.close()
    if response.status != 200:
        raise MeasureError(f"{query} was answered with {response.status}")
    answer = json.loads(body)
    if "error" in answer:
        raise MeasureError(f"{query}: {answer['error']}")
    return took, answer, len(body)


def measure_answers(daemon, rounds):
    """{what: Answers}"""
    found = {}
    for what, query in questions(daemon.port).items():
        answers = [ask(daemon.port, query) for _ in range(rounds)]
        found[what] = Answers([took for took, _, _ in answers], answers[-1][2])
    return found


def measure_page(port, shown, loads):
    """Seconds from the start of the navigation until the first element of the selector `shown` is
    on the screen, of each load."""
    took = []
    with Browser() as browser:
        browser.run_first(WATCH_PAGE % shown)
        for _ in range(WARM_LOADS + loads):
            browser.open(f"http://127.0.0.1:{port}/")
            at = browser.run_async("""
                const done = arguments[0];
                (function look() {
                  if (window.shownAt) done(window.shownAt); else setTimeout(look, 5);
                })();""")
            took.append(at / 1000)
    return took[WARM_LOADS:]


def start(folder, storage):
    """A connwatchd that keeps incidents in that directory."""
    return subjects.start_configured_connwatchd(folder, flags=("--storage.path", str(storage)))


def settled_memory_bytes(daemon):
    daemon.wait_serving()
    daemon.wait_quiet()
    return daemon.resident_memory_bytes()


def measure_incidents(folder, options):
    """({what: Answers}, {what: seconds of each load of the page}, Memory)"""
    full, empty = pathlib.Path(folder, "full"), pathlib.Path(folder, "empty")
    for directory in (full, empty):
        directory.mkdir()
    subprocess.run([subjects.BUILD / "incident_load", full, "--incidents", str(options.incidents)],
                   check=True)
    pages = {}
    with own_network():
        with start(folder, empty) as daemon:
            daemon.wait_serving()
            ask(daemon.port, "")
            idle = settled_memory_bytes(daemon)
            pages[EMPTY_PAGE] = measure_page(daemon.port, ANYTHING, options.loads)
        with start(folder, full) as daemon:
            daemon.wait_serving()
            measure_answers(daemon, WARM_ROUNDS)
            asked = settled_memory_bytes(daemon)
            answers = measure_answers(daemon, options.rounds)
            at_last = settled_memory_bytes(daemon)
            pages[FULL_PAGE] = measure_page(daemon.port, INCIDENT, options.loads)
    return answers, pages, Memory(idle, asked, at_last)
