"""docs/images/architecture.svg is what docs/source/architecture.py draws from docs/architecture.md."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docs/source"))

import architecture  # noqa: E402


class ArchitecturePictureTest(unittest.TestCase):
    def test_the_picture_is_that_of_the_page(self):
        self.assertEqual(architecture.PICTURE.read_text(encoding="utf-8"), architecture.draw(),
                         "run python3 docs/source/architecture.py")


if __name__ == "__main__":
    unittest.main()
