"""What the tests of alerts share: what fires, what the log said when, and a flood to be found."""
import contextlib
import datetime
import json
import re
import threading
import time

from two_hosts import SERVER, syn

# "2026-01-31T12:00:00.123Z warning alert=A subject=0.0.0.0:443 state=firing ..."
LINE = re.compile(r"^(\S+)Z \w+ alert=(\S+) subject=(\S+) state=(\S+) ", re.MULTILINE)


def firing(daemon):
    """{(alert, subject)}"""
    return {(dict(labels)["alert"], dict(labels)["subject"])
            for (name, labels), value in daemon.page().series.items()
            if name == "connwatch_alert_firing" and value}


def alerts(daemon):
    """{(alert, subject): what /api/v1/alerts says about it}"""
    return {(alert["alert"], alert["subject"]): alert
            for alert in json.loads(daemon.get("/api/v1/alerts").content)["alerts"]}


def transitions(daemon):
    """[((alert, subject), state, seconds since 1970)] in the order of the log."""
    return [((alert, subject), state,
             datetime.datetime.fromisoformat(at + "+00:00").timestamp())
            for at, alert, subject, state in LINE.findall(daemon.log())]


def have_fired(daemon):
    return {key for key, state, _ in transitions(daemon) if state == "firing"}


def time_of(daemon, key, state):
    """Of the latest such transition; None where there was none."""
    times = [at for found, to, at in transitions(daemon) if (found, to) == (key, state)]
    return times[-1] if times else None


def from_everywhere(number):
    """Sources all over 198.19.0.0/16"""
    return f"198.19.{number % 250}.{number // 250 % 250 + 1}"


@contextlib.contextmanager
def flooding(hosts, port, per_second=1000, source_of=from_everywhere):
    """SYNs to the server that never become connections, to the end of the with block."""
    raw = hosts.raw_socket()
    over = threading.Event()
    burst = 50  # less than the backlog queue of a veth pair

    def send():
        sent = 0
        begin = time.monotonic()
        while not over.wait(max(0, begin + sent / per_second - time.monotonic())):
            for i in range(sent, sent + burst):
                raw.sendto(syn(source_of(i), 1024 + i % 60_000, port), (SERVER, 0))
            sent += burst
    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
