"""Sizes of files, and what must not stand in them."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_LINES = {".cc": 500, ".h": 150}
INPUTS_OF_FUZZERS = {"seeds", "corpus"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def tracked_files():
    try:
        listing = subprocess.run(["git", "-C", ROOT, "ls-files"], check=True, capture_output=True,
                                 text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise unittest.SkipTest("no git checkout") from None
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).is_file()]


class LimitsTest(unittest.TestCase):
    def test_files_hold_one_noun(self):
        long = {str(file.relative_to(ROOT)): lines for file in tracked_files()
                if file.suffix in MAX_LINES
                and (lines := len(file.read_text().splitlines())) > MAX_LINES[file.suffix]}
        self.assertEqual(long, {})

    def test_nothing_is_left_for_later(self):
        source = {".cc", ".h", ".py", ".cmake", ".yaml", ".md", ""}
        left = [str(file.relative_to(ROOT)) for file in tracked_files()
                if file.suffix in source and INPUTS_OF_FUZZERS.isdisjoint(file.parts)
                and UNFINISHED.search(file.read_text(errors="replace"))]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
