"""What it takes to compile and to lint many files as one (a unity build)."""
import pathlib
import re
import unittest

from layering_test import Map

ROOT = pathlib.Path(__file__).resolve().parents[2]


class UnityTest(unittest.TestCase):
    def test_the_helpers_of_each_test_have_a_namespace_of_their_own(self):
        """Its name is the file's, so two tests may each have a helper of the same name."""
        without = [str(file.relative_to(ROOT)) for file in sorted((ROOT / "tests").glob("**/*_test.cc"))
                   if f"\nnamespace connwatch::{file.stem} {{\nnamespace {{\n" not in file.read_text("utf-8")]
        self.assertEqual(without, [])

    def test_no_two_tests_of_a_program_share_that_namespace(self):
        seen, twice = set(), set()
        for file in sorted((ROOT / "tests").glob("**/*_test.cc")):
            name = (file.relative_to(ROOT).parts[1], file.stem)
            (twice if name in seen else seen).add(name)
        self.assertEqual(twice, set())

    def test_findings_in_any_folder_are_reported(self):
        """In a unity build all findings are in files that the large one includes: clang-tidy drops those
        whose path the filter does not match."""
        text = (ROOT / ".clang-tidy").read_text(encoding="utf-8")
        filtered = set(re.search(r"HeaderFilterRegex: '/\((.*)\)/'", text)[1].split("|"))
        self.assertEqual(filtered, set(Map(ROOT).folders) | {"tests", "bench"})


if __name__ == "__main__":
    unittest.main()
