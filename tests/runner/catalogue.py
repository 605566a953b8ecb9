"""The tests by name, read from their sources: nothing needs to be built to list them.

A program is what ctest runs: unit.FOLDER with googletest's cases; repo.NAME, e2e.NAME and soak.NAME
with unittest's. Within a program a test is named as googletest and unittest name it. (What runs under other
kernels is one suite, tools/test kernels.)
"""
import ast
import collections
import dataclasses
import difflib
import re

GOOGLETEST_CASE = re.compile(r"^(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
PYTHON_FOLDERS = ("repo", "e2e", "soak")
# {beginning of a program's name: purposes of tools/install-deps}
PURPOSES = {"e2e.package": ("package", "systemd"), "e2e.image": ("package", "systemd", "image"),
            "e2e.containers_page": ("package", "systemd", "image"), "e2e.podman_names": ("image",),
            "e2e.kubernetes": ("deploy",), "repo.chart": ("deploy",), "repo.mixin": ("deploy",)}
NEAR = 5  # names that are offered for one that is not known


class UnknownName(Exception):
    """Says which, and what it could have meant."""


@dataclasses.dataclass(frozen=True)
class Selection:
    """Programs, and which of their cases: all where there is none."""
    programs: tuple
    cases: tuple = ()

    @property
    def programs_regex(self):
        return "^(" + "|".join(re.escape(program) for program in self.programs) + ")$"

    @property
    def environment(self):
        """How the programs are told."""
        if not self.cases:
            return {}
        # A case with parameters is PREFIX/SUITE.CASE/PARAMETER.
        patterns = [f"{case}:*/{case}/*" for case in self.cases]
        return {"GTEST_FILTER": ":".join(patterns), "CONNWATCH_TEST_NAMES": " ".join(self.cases)}

    @property
    def purposes(self):
        """What tools/install-deps has to install, beside what every test needs."""
        return {purpose for program in self.programs for begin, purposes in PURPOSES.items()
                if program.startswith(begin) for purpose in purposes}


def googletest_cases(path):
    """["Suite.Case"]"""
    return [".".join(names) for names in GOOGLETEST_CASE.findall(path.read_text())]


def unittest_cases(path):
    """["Class.test_name"]: those that the class itself has; a class inherits few."""
    return [f"{thing.name}.{method.name}"
            for thing in ast.parse(path.read_text()).body if isinstance(thing, ast.ClassDef)
            for method in thing.body
            if isinstance(method, ast.FunctionDef) and method.name.startswith("test")]


def python_tests(root):
    """The files of the programs with unittest's cases"""
    return sorted(path for folder in PYTHON_FOLDERS
                  for path in root.glob(f"tests/{folder}/*_test.py"))


class Catalogue:
    def __init__(self, root):
        self._cases = collections.defaultdict(list)  # {program: [case]}
        self._meanings = collections.defaultdict(set)  # {name: {(program, case or None for all)}}
        for path in sorted(root.glob("tests/**/*_test.cc")):
            folder = path.relative_to(root / "tests").parts[0]
            self._add(root, path, f"unit.{folder}", googletest_cases(path))
        for path in python_tests(root):
            program = f"{path.parent.name}.{path.stem.removesuffix('_test')}"
            self._add(root, path, program, unittest_cases(path))

    def _add(self, root, path, program, cases):
        self._cases[program] += cases
        for name in (program, program.split(".")[-1]):
            self._meanings[name].add((program, None))
        for case in cases:
            suite, name = case.split(".")
            file = (path.relative_to(root), path.name, path.stem)
            room = path.parent.relative_to(root / "tests")
            rooms = [str(room)] if len(room.parts) > 1 else []
            for alias in (*map(str, file), *rooms, suite, case, name, f"{path.stem}.{case}",
                          f"{program}.{case}"):
                self._meanings[alias].add((program, case))

    def lines(self):
        """The programs, and below each its tests."""
        for program, cases in sorted(self._cases.items()):
            yield program
            yield from (f"  {case}" for case in cases)

    def find(self, words):
        """The Selections that `words` mean. Raises UnknownName."""
        wanted = collections.defaultdict(set)  # {program: {case or None}}
        for word in words:
            if word not in self._meanings:
                raise UnknownName(f"there is no test {word!r}{self._offer(word)}")
            for program, case in self._meanings[word]:
                wanted[program].add(case)
        whole = tuple(sorted(program for program, cases in wanted.items() if None in cases))
        parts = [Selection((program,), tuple(sorted(cases)))
                 for program, cases in sorted(wanted.items()) if None not in cases]
        return ([Selection(whole)] if whole else []) + parts

    def _offer(self, word):
        near = (difflib.get_close_matches(word, self._meanings, n=NEAR)
                or [name for name in sorted(self._meanings) if word.lower() in name.lower()][:NEAR])
        return f"; near it: {', '.join(near)}" if near else "; tools/test --list has them all"
