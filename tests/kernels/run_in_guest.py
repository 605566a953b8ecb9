"""Runs tests within a guest: run_in_guest.py FILE-OF-NAMES TERMINAL

What people read goes to standard error, and one line of JSON per test to the terminal, as soon as
the test has ended.
"""
import json
import pathlib
import sys
import time
import tty
import unittest

import support

DEADLINE_S = 120  # an emulated processor is slow
LONGEST_TEXT = 20_000


class Report(unittest.TextTestResult):
    """Also writes to `terminal`, which the runner below sets."""

    terminal = None

    def startTest(self, test):
        self._begin = time.monotonic()
        self._before = self._texts()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        new = {outcome: [text for text in texts if text not in self._before[outcome]]
               for outcome, texts in self._texts().items()}
        outcome = next((outcome for outcome, texts in new.items() if texts), "passed")
        text = "\n".join(new.get(outcome, []))[-LONGEST_TEXT:]
        self._write({"name": test.id(), "outcome": outcome, "text": text,
                     "seconds": round(time.monotonic() - self._begin, 1)})

    def _texts(self):
        """{outcome: ["test: text"]}, the worst outcome first"""
        return {"failed": [f"{test}: {text}" for test, text in self.failures + self.errors],
                "skipped": [f"{test}: {text}" for test, text in self.skipped]}

    def _write(self, line):
        self.terminal.write(json.dumps(line).encode() + b"\n")
        self.terminal.flush()


def main(names_file, terminal):
    support.DEADLINE_S = DEADLINE_S  # before the tests import it
    names = pathlib.Path(names_file).read_text().split()
    with open(terminal, "wb") as Report.terminal:
        tty.setraw(Report.terminal)
        tests = unittest.defaultTestLoader.loadTestsFromNames(names)
        unittest.TextTestRunner(verbosity=2, resultclass=Report).run(tests)


if __name__ == "__main__":
    main(*sys.argv[1:])
