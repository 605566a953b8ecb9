"""CONTRIBUTING.md: its commands can be run, its excerpts fit the sources, and what it names is there."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from commands import ROOT, Commands, targets

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROSE = BLOCK.sub("", TEXT)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
CODE_LIKE = re.compile(r"\w*_\w+|[A-Z]\w*[a-z][A-Z]\w*")  # snake_case, CamelCase: no English
PATH = re.compile(r"[\w.]+(?:/[\w.*-]+)+/?|[\w-]+\.(?:cc|hex|h|json|md|py|txt)\b")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
# The sources that the names must stand in.
FOLDERS = ("core", "netlink", "config", "procfs", "exporters", "monitor", "daemon", "dashboards", "tests", "tools",
           "bench", "cmake")
SUFFIXES = {".cc", ".h", ".py", ".txt", ".cmake", ".yml", ""}
INPUTS_OF_FUZZERS = {"seeds", "corpus"}
# What the first change adds. Once the tree has one of these, the page needs another example.
CREATED = {"connwatch_listener_waiting_sockets", "waiting_sockets", "SocketsWhereConnectionsWaitAreCounted",
           "test_a_client_waits_at_one_of_two_sockets"}
# Programs that find nothing wrong with the files they are shown with, and change nothing.
READ_ONLY = {"clang-format": ["--dry-run", "-Werror"], "pyflakes3": [], "shellcheck": []}


def blocks(language, text=TEXT):
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def commands():
    return [line for body in blocks("sh") for line in body.splitlines()]


def words_of_the_sources():
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")
             if file.is_file() and file.suffix in SUFFIXES
             and INPUTS_OF_FUZZERS.isdisjoint(file.parts)]
    files += [ROOT / "CMakePresets.json", ROOT / "CMakeLists.txt"]
    return {word for file in files if file != pathlib.Path(__file__).resolve()
            for word in re.findall(r"\w+", file.read_text(errors="replace"))}


def named_paths(text):
    """In backticks; what only a build makes is left out."""
    found = [path for code in INLINE_CODE.findall(text) for path in PATH.findall(code)]
    return [path for path in found if not path.startswith("build/")]


def exists(path):
    if "/" in path:
        return any(ROOT.glob(path.rstrip("/")))
    return (ROOT / path).exists() or any(any((ROOT / folder).rglob(path)) for folder in FOLDERS)


def headings(text):
    """The anchors that GitHub gives them."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def steps():
    """[text] of the section about the first change."""
    section = TEXT.split("\n## Your first change")[1].split("\n## ")[0]
    return re.split(r"^(?=\*\*\d+\. )", section, flags=re.MULTILINE)[1:]


def excerpts():
    """[(files named in the step, the diff's lines)]"""
    return [(sorted(set(named_paths(step))), body.splitlines())
            for step in steps() for body in blocks("diff", step)]


def code_of(line):
    """Without strings and comments."""
    return re.sub(r"//.*|#.*", "", re.sub(r'"[^"]*"', "", line))


class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = Commands()

    def test_each_can_be_run(self):
        self.assertGreater(len(commands()), 30)
        for line in commands():
            with self.subTest(line):
                self.assertEqual(self.known.problems(line), [])

    def test_those_that_only_read_find_nothing(self):
        for line in commands():
            program, *arguments = line.split()
            if program not in READ_ONLY or not shutil.which(program):
                continue
            with self.subTest(line):
                files = [word for word in arguments if not word.startswith("-")]
                done = subprocess.run([program, *READ_ONLY[program], *files], cwd=ROOT, text=True,
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_tests_can_be_listed(self):
        done = subprocess.run(["tools/test", "--list"], cwd=ROOT, capture_output=True, check=True)
        self.assertIn(b"unit.core\n", done.stdout)

    def test_a_command_that_is_wrong_is_found(self):
        for line in ("tools/biuld dev", "tools/build devel", "tools/test --lst", "tools/test no_such_test",
                     "tools/install-deps biuld", "tools/fuzz long", "tools/fuzz 60 nothing",
                     "bench/run --socket 2", "tools/lint core",
                     "cmake --build --preset dev --target cor_test",
                     "cmake --build --preset release --target core_test",
                     "build/dev/core_test --gtest_filter='NoSuchTest.*'", "build/release/core_test",
                     "build/dev/core_test --gtest_fliter='ListenerTrackerTest.*'",
                     "build/dev/connwatchd --config config/connwatch.yaml",
                     "build/dev/connwatchd --config.file config/missing.yaml",
                     "gdb --arg build/dev/core_test", 'gdb --pid "$(pidof connwatch)"',
                     "gdb --args build/dev/no_such_test", "sudo unshare --net python3 missing.py",
                     "sudo unshare --net python3 tests/testdata/netlink/record.py no_such_fixture",
                     "NO_SUCH_VARIABLE=1 build/dev/core_test", "CONNWATCHD=build/dev/x python3 -B tools/test",
                     "python3 -B tests/repo/docs_test.py NoSuchTest", "clang-format -i core/missing.cc",
                     "curl --silent localhost:10177/metric", "curl localhost:80/metrics",
                     "emacs core/alerts/alert.h"):
            with self.subTest(line):
                self.assertNotEqual(self.known.problems(line), [])


class NamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.words = words_of_the_sources() | set(targets())

    def test_files_are_there(self):
        missing = [path for path in named_paths(PROSE) if not exists(path)]
        self.assertEqual(missing, [])

    def test_links_lead_somewhere(self):
        for path, anchor in LINK.findall(PROSE):
            with self.subTest(f"{path}#{anchor}"):
                target = ROOT / (path or "CONTRIBUTING.md")
                self.assertTrue(target.exists())
                if anchor:
                    self.assertIn(anchor, headings(target.read_text()))

    def test_identifiers_are_there(self):
        named = set()
        for code in INLINE_CODE.findall(PROSE):
            text = PATH.sub("", code)
            named |= {text} if IDENTIFIER.fullmatch(text) else set(CODE_LIKE.findall(text))
        self.assertEqual(named - self.words - CREATED, set())

    def test_what_the_excerpts_add_uses_names_that_there_are(self):
        used = {name for _, lines in excerpts() for line in lines if line.startswith("+")
                and not line.startswith("+|") for name in IDENTIFIER.findall(code_of(line[1:]))}
        self.assertEqual(used - self.words - CREATED, set())

    def test_the_example_is_not_in_the_tree(self):
        self.assertEqual(CREATED & self.words, set())

    def test_excerpts_fit_their_files(self):
        """What an excerpt does not add stands in one of the files that its step names, once."""
        self.assertGreaterEqual(len(excerpts()), len(steps()) - 2)
        for files, lines in excerpts():
            old = "\n" + "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
            with self.subTest(old.strip()):
                found = [path for path in files if (ROOT / path).is_file()
                         for _ in range((ROOT / path).read_text().count(old))]
                self.assertEqual(len(found), 1, f"in {found or files}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
