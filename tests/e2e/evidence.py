"""What was true when a test failed: kept in build/failures/TEST/, for those who were not there.

Whatever can say something about the moment (a daemon, a container) is a witness while it lives. When a
test fails, all witnesses are asked, and so is the network namespace that the test is in.
"""
import contextlib
import pathlib
import shutil
import subprocess
import sys
import traceback
import unittest

FAILURES = pathlib.Path(__file__).resolve().parents[2] / "build/failures"
OF_THE_NAMESPACE = {  # file: command
    "ss.txt": "ss --tcp --all --numeric --info --extended --memory --options",
    "nstat.txt": "nstat --ignore --noupdate --zeros",
    "ip.txt": "ip address; ip -4 route; ip -6 route; ip -statistics link",
    "sysctl.txt": "cd /proc/sys/net && grep --recursive . ipv4 core 2>/dev/null",
    "load.txt": "head /proc/loadavg /proc/pressure/*; ps -eo pid,ppid,stat,etime,time,comm --sort=-time | head -50",
}
COMMAND_DEADLINE_S = 20


class Scene:
    """The test that runs now, and its witnesses. One test runs at a time in a process."""
    test = "outside of a test"
    witnesses = []  # each {file: function that returns its text}


@contextlib.contextmanager
def witness(statements):
    """`statements`: {file: function that returns its text}. They are asked if the with block ends with
    an exception, or if the test fails while it lasts."""
    Scene.witnesses.append(statements)
    try:
        yield
    except Exception:
        collect(traceback.format_exc())
        raise
    finally:
        Scene.witnesses.remove(statements)


def _output(command):
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, errors="replace",
                          timeout=COMMAND_DEADLINE_S, check=False)
    return done.stdout + done.stderr


def _write(path, function):
    """What cannot be had any more is no reason to lose the rest."""
    try:
        text = function()
    except Exception as error:  # whatever it is, it is evidence too
        text = f"could not be had: {error!r}\n"
    path.write_text(text)


def collect(error):
    """Writes down what is known now. A later failure of the same test does not replace the first, which
    is nearer to the cause."""
    folder = FAILURES / Scene.test
    if folder.exists():
        return
    folder.mkdir(parents=True)
    (folder / "error.txt").write_text(error)
    for number, statements in enumerate(Scene.witnesses, 1):
        for file, function in statements.items():
            _write(folder / f"{number}-{file}", function)
    for file, command in OF_THE_NAMESPACE.items():
        _write(folder / file, lambda command=command: _output(command))


class Result(unittest.TextTestResult):
    """Collects at the moment of the failure, before the test cleans up."""

    def startTest(self, test):
        Scene.test = f"{pathlib.Path(sys.argv[0]).stem}.{test.id().removeprefix('__main__.')}"
        self._forget()  # an earlier run
        super().startTest(test)

    @staticmethod
    def _forget():
        shutil.rmtree(FAILURES / Scene.test, ignore_errors=True)

    def _collect(self, test, error):
        collect(self._exc_info_to_string(error, test))
        self.stream.writeln(f"What was true at that moment is in build/failures/{Scene.test}/.")

    def addSuccess(self, test):
        self._forget()  # an exception that the test expected
        super().addSuccess(test)

    def addSkip(self, test, reason):
        self._forget()
        super().addSkip(test, reason)

    def addError(self, test, err):
        self._collect(test, err)
        super().addError(test, err)

    def addFailure(self, test, err):
        self._collect(test, err)
        super().addFailure(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._collect(test, err)
        super().addSubTest(test, subtest, err)


class Runner(unittest.TextTestRunner):
    resultclass = Result
