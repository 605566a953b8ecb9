"""tools/test: its names, what it says of those that are none, and of tests that were skipped."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/runner"))

from catalogue import Catalogue, python_tests
from skipped import skipped_tests

LOG = """\
1/3 Testing: unit.procfs
1/3 Test: unit.procfs
Output:
[ RUN      ] CgroupNamesTest.IsLive
/src/tests/procfs/cgroup_names_test.cc:192: Skipped
no cgroup v2 here

[  SKIPPED ] CgroupNamesTest.IsLive (0 ms)
2/3 Testing: e2e.listeners
2/3 Test: e2e.listeners
Output:
test_flood (__main__.DiagnosisTest.test_flood)
A flood is one. ... skipped 'needs root, to make network namespaces'
test_quiet (__main__.DiagnosisTest.test_quiet) ... ok
setUpClass (__main__.PackageTest) ... skipped 'needs root'
3/3 Testing: package.root
3/3 Test: package.root
Output:
Skipped: needs root, for mmdebstrap
"""


def tools_test(*arguments):
    return subprocess.run([ROOT / "tools/test", *arguments], capture_output=True, text=True,
                          check=False)


class RunnerTest(unittest.TestCase):
    def test_an_unknown_name_is_an_error_with_the_near_ones(self):
        done = tools_test("listenrs")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"^tools/test: there is no test 'listenrs'; near it: listeners,")

    def test_nothing_is_run_where_one_of_many_names_is_unknown(self):
        done = tools_test("quick", "unit.core", "no_such_thing_at_all")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("tools/test --list", done.stderr)

    def test_the_list_has_every_kind(self):
        lines = tools_test("--list").stdout.splitlines()
        for line in ("unit.core", "  DiagnosisTest.NamesTheCauses", "e2e.listeners",
                     "  LiveStatesTest.test_every_state", "repo.runner", "soak.random_traffic"):
            self.assertTrue(any(entry.startswith(line) for entry in lines), line)

    def test_every_source_of_tests_is_registered(self):
        for path in (*ROOT.glob("tests/**/*_test.cc"), *python_tests(ROOT)):
            folder = ROOT / "tests" / path.relative_to(ROOT / "tests").parts[0]
            text = (folder / "CMakeLists.txt").read_text()
            name = (str(path.relative_to(folder)) if path.suffix == ".cc"
                    else path.stem.removesuffix("_test"))
            self.assertRegex(text, rf"(?<![\w]){name}(?![\w])", path)


class CatalogueTest(unittest.TestCase):
    def setUp(self):
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for file, text in {
                "core/queue_test.cc": "TEST(QueueTest, IsEmpty) {}\nTEST_P(QueueTest,\n  Holds) {}",
                "core/lists/table_test.cc": "TEST_F(TableTest, IsEmpty) {}",
                "e2e/queue_test.py": "class FullTest(T):\n def test_drop(self): pass\n",
        }.items():
            path = root / "tests" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.catalogue = Catalogue(root)

    def found(self, *words):
        return [(selection.programs, selection.cases) for selection in self.catalogue.find(words)]

    def test_a_program_is_run_whole(self):
        for word in ("unit.core", "core"):
            self.assertEqual(self.found(word), [(("unit.core",), ())])
        self.assertEqual(self.found("core", "e2e.queue"), [(("e2e.queue", "unit.core"), ())])

    def test_a_file_by_path_name_or_stem(self):
        for word in ("tests/core/queue_test.cc", "queue_test.cc"):
            self.assertEqual(self.found(word), [(("unit.core",), ("QueueTest.Holds",
                                                                  "QueueTest.IsEmpty"))])
        self.assertEqual(len(self.found("queue_test")), 2)  # both files of that name

    def test_a_room_of_a_folder(self):
        self.assertEqual(self.found("core/lists"), [(("unit.core",), ("TableTest.IsEmpty",))])
        self.assertEqual(self.found("tests/core/lists/table_test.cc"), self.found("core/lists"))

    def test_a_class_and_a_case(self):
        self.assertEqual(self.found("TableTest"), [(("unit.core",), ("TableTest.IsEmpty",))])
        self.assertEqual(self.found("FullTest.test_drop"),
                         [(("e2e.queue",), ("FullTest.test_drop",))])
        self.assertEqual(self.found("IsEmpty"),
                         [(("unit.core",), ("QueueTest.IsEmpty", "TableTest.IsEmpty"))])

    def test_googletest_is_told_of_parameters(self):
        self.assertEqual(self.catalogue.find(["Holds"])[0].environment["GTEST_FILTER"],
                         "QueueTest.Holds:*/QueueTest.Holds/*")


class SkippedTest(unittest.TestCase):
    def test_each_with_its_reason(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "Testing/Temporary").mkdir(parents=True)
        (folder / "Testing/Temporary/LastTest.log").write_text(LOG)
        self.assertEqual(skipped_tests(folder), [
            ("DiagnosisTest.test_flood", "needs root, to make network namespaces"),
            ("setUpClass PackageTest", "needs root"),
            ("CgroupNamesTest.IsLive", "no cgroup v2 here"),
            ("package.root", "needs root, for mmdebstrap")])

    def test_nothing_has_run(self):
        self.assertEqual(skipped_tests(pathlib.Path("/nonexistent")), [])


if __name__ == "__main__":
    unittest.main()
