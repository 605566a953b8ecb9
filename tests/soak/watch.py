"""Looks at the daemon all the time: which alerts fire, and whether a counter goes back."""
import collections
import json
import threading
import time

INTERVAL_S = 0.3
POLLS = ("connwatch_polls_total", (("result", "success"), ("tier", "full")))


class Watch(threading.Thread):
    """Use as a context manager. `problems` are texts; whoever waits for something here asks for them."""

    def __init__(self, daemon, progress):
        super().__init__()
        self._daemon, self._progress = daemon, progress
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._expected = collections.Counter()
        self._problems = []
        self._firing = {}  # {(alert, subject): cause}
        self._last = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self._over.set()
        self.join()

    def run(self):
        while not self._over.wait(INTERVAL_S):
            try:
                self._look()
            except Exception as error:  # the test must not go on without its watch
                self.fail(f"the daemon cannot be asked: {error!r}")
                return

    def fail(self, text):
        """Ends every wait."""
        with self._lock:
            if text not in self._problems:
                self._problems.append(text)

    @property
    def problems(self):
        with self._lock:
            return list(self._problems)

    def _look(self):
        page = self._daemon.page().series
        for key, number in self._last.items():
            if key[0].endswith("_total") and page.get(key, number) < number:
                self.fail(f"{key} goes back from {number} to {page[key]}")
        self._last = page
        self._progress.tell(int(page[POLLS]))
        alerts = json.loads(self._daemon.get("/api/v1/alerts").content)["alerts"]
        firing = {(alert["alert"], alert["subject"]): alert["cause"] for alert in alerts
                  if alert["state"] == "firing"}
        with self._lock:
            false = [key for key in firing if not self._expected[key]]
            self._firing = firing
        for alert, subject in false:
            self.fail(f"false alert {alert} of {subject}")

    def expect(self, keys):
        """These alerts may fire from now on."""
        with self._lock:
            self._expected.update(keys)

    def expect_no_more(self, keys):
        with self._lock:
            self._expected.subtract(keys)

    def firing(self):
        with self._lock:
            return dict(self._firing)

    def wait(self, seconds, condition, what):
        """Until `condition` holds for what fires."""
        end = time.monotonic() + seconds
        while not condition(self.firing()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}; firing: {self.firing()}")
            if self.problems:
                raise AssertionError("; ".join(self.problems))
            time.sleep(INTERVAL_S)


def episodes(page):
    """{alert: how often it fired}"""
    return {dict(labels)["alert"]: int(number) for (name, labels), number in page.items()
            if name == "connwatch_alert_transitions_total" and number
            and dict(labels)["to"] == "firing"}
