"""Tells whether a command of a document can be run here: without running it, and without a build."""
import fnmatch
import functools
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/runner"))

from catalogue import Catalogue, UnknownName, googletest_cases, unittest_cases

# Programs of Debian, and their packages.
PACKAGES = {"clang-format": "clang-format", "clang-tidy": "clang-tidy", "cmake": "cmake", "curl": "curl",
            "gdb": "gdb", "git": "git", "pyflakes3": "pyflakes3", "python3": "python3",
            "shellcheck": "shellcheck", "unshare": "util-linux"}
# How they are asked for their options; the others keep them to themselves.
HELP = {"clang-format": ["--help"], "clang-tidy": ["--help"], "curl": ["--help", "all"], "gdb": ["--help"],
        "python3": ["--help"], "unshare": ["--help"]}
OF_CMAKE = {"--build", "--preset", "--target"}
OF_GOOGLETEST = {"--gtest_filter", "--gtest_break_on_failure", "--gtest_brief", "--gtest_repeat"}
SWITCHES = {"CONNWATCH_TESTS": "ON", "CONNWATCH_BENCH": "OFF", "CONNWATCH_FUZZ": "OFF"}  # by default


def read(name):
    return (ROOT / name).read_text()


@functools.cache
def help_of(*command):
    """What it prints; None where it is not installed."""
    if "/" not in command[0] and not shutil.which(command[0]):
        return None
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def options(words):
    return [word.split("=")[0] for word in words if word.startswith("-")]


def unknown_options(words, text):
    return [f"no option {option}" for option in options(words)
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w.-])", text)]


def presets():
    """{name: its switches} of those that are not hidden."""
    entries = {entry["name"]: entry for entry in json.loads(read("CMakePresets.json"))["configurePresets"]}

    def switches(entry):
        inherited = switches(entries[entry["inherits"]]) if "inherits" in entry else SWITCHES
        return {**inherited, **entry.get("cacheVariables", {})}

    return {name: switches(entry) for name, entry in entries.items() if not entry.get("hidden")}


def targets():
    """{program: the switch without which it is not built, or None}"""
    made = {name: "CONNWATCH_BENCH" for name in re.findall(r"add_executable\((\w+)",
                                                           read("bench/CMakeLists.txt"))}
    for file in ROOT.glob("*/CMakeLists.txt"):
        made.update({name: None for name in re.findall(r"add_executable\((\w+)", file.read_text())
                     if name not in made})
    for file in ROOT.glob("tests/*/CMakeLists.txt"):
        for kind, switch in (("test", "CONNWATCH_TESTS"), ("fuzz", "CONNWATCH_FUZZ")):
            made.update({f"{name}_{kind}": switch for name in
                         re.findall(rf"^connwatch_{kind}\((\w+)", file.read_text(), re.MULTILINE)})
    return made


class Commands:
    def __init__(self):
        self._presets, self._targets = presets(), targets()
        self._catalogue = Catalogue(ROOT)
        self._install_deps = read("tools/install-deps")

    def problems(self, line):
        """What is wrong with a command, a text each."""
        words = shlex.split(line)
        found = []
        while re.match(r"[A-Z_]+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            found += self._of_variable(name) + self._of_file(value)
        return found + self._of_program(words)

    def _of_program(self, words):
        program, *arguments = words
        if program == "sudo":
            return self._of_program(arguments)
        if program.startswith("build/"):
            return self._of_file(program) + self._of_built(program, arguments)
        if "/" in program:
            return self._of_own(program, arguments)
        if program not in PACKAGES or not re.search(rf"[ \"]{PACKAGES[program]}[ |\"\n]", self._install_deps):
            return [f"tools/install-deps does not install {program}"]
        special = {"cmake": self._of_cmake, "gdb": self._of_gdb, "python3": self._of_python,
                   "curl": self._of_curl, "unshare": self._of_unshare}.get(program)
        return special(arguments) if special else self._of_debian(program, arguments)

    def _of_debian(self, program, arguments):
        text = help_of(program, *HELP[program]) if program in HELP else None
        return (unknown_options(arguments, text) if text else []) + self._of_files(arguments)

    def _of_files(self, words):
        return [problem for word in words for problem in self._of_file(word)]

    def _of_file(self, word):
        """A path exists, or is of a preset and a program that there are."""
        if "/" not in word or word.startswith("-"):
            return []
        if not word.startswith("build/"):
            return [] if (ROOT / word).exists() else [f"no file {word}"]
        preset, _, target = word.removeprefix("build/").partition("/")
        return self._of_target(preset, target)

    def _of_target(self, preset, target):
        if preset not in self._presets:
            return [f"no preset {preset}"]
        if not target:
            return []
        if target not in self._targets:
            return [f"no program {target}"]
        switch = self._targets[target]
        return [] if not switch or self._presets[preset][switch] == "ON" else [f"{preset} has no {target}"]

    @staticmethod
    def _of_variable(name):
        files = [file for suffix in ("py", "cc", "h") for file in ROOT.glob(f"tests/**/*.{suffix}")]
        if any(f'"{name}"' in file.read_text() for file in files):
            return []
        return [f"nothing reads {name}"]

    def _of_built(self, program, arguments):
        name = pathlib.Path(program).name
        if name == "connwatchd":
            return unknown_options(arguments, read("daemon/process/options.cc")) + self._of_files(arguments)
        if not name.endswith("_test"):
            return self._of_files(arguments)
        found = [f"no option {option}" for option in options(arguments) if option not in OF_GOOGLETEST]
        cases = [case for file in (ROOT / "tests" / name.removesuffix("_test")).rglob("*_test.cc")
                 for case in googletest_cases(file)]
        for word in arguments:
            if word.startswith("--gtest_filter="):
                found += [f"no test {pattern}" for pattern in word.partition("=")[2].split(":")
                          if not fnmatch.filter(cases, pattern)]
        return found

    def _of_own(self, program, arguments):
        """A program of the tree."""
        file = ROOT / program
        if not file.is_file() or not file.stat().st_mode & 0o100:
            return [f"no program {program}"]
        if program == "tools/build":
            return [f"no preset {word}" for word in arguments if word not in self._presets]
        if program == "tools/install-deps":
            return [f"no purpose {word}" for word in arguments
                    if f"  [{word}]=" not in self._install_deps]
        if program == "tools/fuzz":
            return [f"{word} is no number of seconds" for word in arguments[:1] if not word.isdigit()] + [
                f"no fuzz target {word}" for word in arguments[1:] if f"{word}_fuzz" not in self._targets]
        if program == "tools/run":
            return unknown_options(arguments, read("daemon/process/options.cc"))
        if "python3" in file.read_text().splitlines()[0]:
            return unknown_options(arguments, help_of(program, "--help") if arguments else "") + (
                self._of_tests(arguments) if program == "tools/test" else [])
        return [f"{program} takes no arguments"] if arguments else []

    def _of_tests(self, arguments):
        suites = re.findall(r"tools/test (\w+)", help_of("tools/test", "--help"))
        names = [word for word in arguments if not word.startswith("-") and word not in suites]
        try:
            self._catalogue.find(names)
        except UnknownName as error:
            return [str(error)]
        return []

    def _of_cmake(self, arguments):
        given = dict(zip(arguments[1::2], arguments[2::2]))
        if arguments[0] != "--build" or not set(given) <= OF_CMAKE or "--preset" not in given:
            return ["not a known form of cmake"]
        return self._of_target(given["--preset"], given.get("--target", ""))

    def _of_gdb(self, arguments):
        if arguments[0] == "--args":
            return self._of_program(arguments[1:])
        running = re.fullmatch(r"\$\(pidof (\w+)\)", arguments[-1])
        if arguments[0] != "--pid" or not running:
            return ["not a known form of gdb"]
        return [] if running[1] in self._targets else [f"no program {running[1]}"]

    def _of_unshare(self, arguments):
        flags = [word for word in arguments if word.startswith("--")][:1]
        return self._of_debian("unshare", flags) + self._of_program(arguments[len(flags):])

    def _of_python(self, arguments):
        script, *names = [word for word in arguments if word != "-B"]
        file = ROOT / script
        if not file.is_file():
            return [f"no file {script}"]
        if file.name == "record.py":
            return [f"no fixture {name}" for name in names if not (file.parent / f"{name}.hex").exists()]
        cases = unittest_cases(file)
        known = {*cases, *(case.split(".")[0] for case in cases)}
        return [f"{script} has no {name}" for name in names if name not in known]

    @staticmethod
    def _of_curl(arguments):
        *flags, url = arguments
        place, _, path = url.partition("/")
        found = unknown_options(flags, help_of("curl", "--help", "all") or " ".join(flags))
        if f'"{place.removeprefix("localhost")}"' not in read("daemon/process/options.cc"):
            found.append(f"connwatchd does not listen on {place}")
        return found + ([] if f'"/{path}"' in read("exporters/routes/routes.cc") else [f"no page /{path}"])
