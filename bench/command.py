"""What the commands of this folder have in common: options, description, verdict."""

import argparse
import datetime
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys

import report
import subjects
from measure import MeasureError


class Command:
    """A command of this folder: adds the options that all of them have, then runs."""

    def __init__(self, name, doc):
        self.parser = argparse.ArgumentParser(prog=name, description=doc.splitlines()[0])
        self.parser.add_argument("--skip-build", action="store_true",
                                 help="measure what was built before")

    def add_sockets(self, flag, default, what):
        """An option for the size of a load."""
        self.parser.add_argument(flag, type=even_number, default=default, help=f"{what}, even")

    def add_count(self, flag, default, what, least=1):
        """An option for a whole number of `least` or more."""
        self.parser.add_argument(flag, type=number_from(least), default=default, help=what)

    def add_counts(self, flag, default, what):
        """An option for one or more such numbers."""
        self.parser.add_argument(flag, type=number_from(1), nargs="+", default=default, help=what)

    def add_choice(self, flag, choices, what):
        """An option for one of a few words, or None."""
        self.parser.add_argument(flag, choices=choices, help=what)

    def add_program(self, name, what):
        """An argument for the path of a program."""
        self.parser.add_argument(name, type=pathlib.Path, metavar="PROGRAM", help=what)

    def main(self, run):
        """The exit status; run(options) prints what it finds and returns the targets."""
        options = self.parser.parse_args()
        # As an exception, so that all that was started or changed is put back.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            if not options.skip_build:
                subjects.build()
            print(describe_run(self.parser.prog), flush=True)
            targets = run(options)
            print(f"\n{report.target_table(targets)}")
            return 0 if all(target.is_met for target in targets) else 3
        except (MeasureError, OSError, subprocess.CalledProcessError) as error:
            print(f"{self.parser.prog}: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 1


def number_from(least):
    """A type of option."""
    def parse(text):
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"want {least} or more")
        return int(text)
    return parse


def even_number(text):
    """A type of option."""
    if int(text) < 2 or int(text) % 2:
        raise argparse.ArgumentTypeError("want an even number")
    return int(text)


def tcp_sockets_here():
    """Sockets the kernel has now, by its own count, without TIME-WAIT."""
    text = pathlib.Path("/proc/net/sockstat").read_text(encoding="ascii")
    return int(re.search(r"^TCP: inuse (\d+)", text, re.MULTILINE)[1])


def describe_run(name):
    """Date, machine and command; to be called before the load starts."""
    cpu_info = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    model = re.search(r"^model name\s*: (.*)", cpu_info, re.MULTILINE)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    version = subprocess.run([subjects.BUILD / "connwatchd", "--version"], capture_output=True,
                             text=True, check=True).stdout.strip()
    return "\n".join([
        f"- date: {datetime.date.today()}",
        f"- machine: {os.cpu_count()} x {model[1] if model else platform.machine()}, "
        f"{memory:.0f} GB, Linux {platform.release()}",
        f"- before: load average {os.getloadavg()[0]:.1f}, {tcp_sockets_here()} TCP sockets not "
        "of the load",
        f"- connwatchd: {version}",
        f"- command: `{' '.join([name, *sys.argv[1:]])}`"])
