"""tools/demo: shows connwatch at work on traffic of every kind, until Ctrl-C."""
import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
from stack import Stack  # noqa: E402
from traffic import SCENES, Traffic  # noqa: E402

DESCRIPTION = """\
Starts two hosts in network namespaces, connwatchd on both, Prometheus and Alertmanager with the
configuration of dashboards/prometheus, and traffic of every kind between them. You reach
them at loopback addresses, which it prints. It touches nothing else on this machine. Ctrl-C ends
all of it."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


def say(text):
    print(text, flush=True)


class Steps:
    """Says what happens, and how long after the start."""

    def __init__(self):
        self._begin = time.monotonic()

    def __call__(self, text):
        say(f"[{time.monotonic() - self._begin:5.1f} s] {text}")


def show_addresses(stack):
    at = {name: f"http://{address}" for name, address in stack.addresses.items()}
    say(f"""
  connwatchd of the server   {at['server']}/
  connwatchd of the client   {at['client']}/
  Prometheus                 {at['prometheus']}/
  Alertmanager               {at['alertmanager']}/api/v2/alerts

For the dashboards give a Grafana of yours {at['prometheus']} as data source, and dashboards/grafana
(docs/dashboards.md says how). Within two minutes every panel has data. Ctrl-C stops everything.
""")


def watch(stack, step):
    """Says when the alerts that fire, by the daemon of the server, change."""
    known = None
    while True:
        alerts = stack.get("server", "/api/v1/alerts")["alerts"]
        firing = sorted(f"{alert['alert']} {alert['subject']}" for alert in alerts
                        if alert["state"] == "firing")
        if firing != known:
            step("firing: " + (", ".join(firing) or "nothing"))
        known = firing
        time.sleep(2)


def stop(*_):
    """Leaves everything's with block, once: a second Ctrl-C must not disturb the clearing up."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def run(seconds):
    for number in SIGNALS:
        signal.signal(number, stop)
    step = Steps()
    with contextlib.ExitStack() as everything:
        everything.callback(say, "All stopped.")
        stack = everything.enter_context(Stack(lambda what: step(f"start {what}")))
        everything.callback(step, "stop the programs")
        traffic = everything.enter_context(Traffic(stack.hosts))
        everything.callback(step, "stop the traffic")
        for scene, what, where in SCENES:
            step(f"traffic: {what} ({where})")
            scene(traffic)
        show_addresses(stack)
        if seconds:
            signal.alarm(seconds)
        watch(stack, step)


def main():
    parser = argparse.ArgumentParser(prog="tools/demo", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, metavar="N", help="stop after so long")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("It makes network namespaces, and so needs root.")
    try:
        run(arguments.seconds)
    except (AssertionError, OSError, subprocess.SubprocessError, unittest.SkipTest) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
