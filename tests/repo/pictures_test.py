"""Each drawing in docs/images is what its script in docs/source draws: NAME.svg is the PICTURE of
NAME.py, as its draw() returns it."""
import importlib
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs/source"
DRAWINGS = sorted((ROOT / "docs/images").glob("*.svg"))

sys.path.append(str(SOURCE))


class PicturesTest(unittest.TestCase):
    def test_each_is_what_its_script_draws(self):
        self.assertGreaterEqual(len(DRAWINGS), 2)
        for drawing in DRAWINGS:
            with self.subTest(drawing.name):
                script = importlib.import_module(drawing.stem)
                self.assertEqual(script.PICTURE, drawing)
                self.assertEqual(drawing.read_text(encoding="utf-8"), script.draw(),
                                 f"run python3 docs/source/{drawing.stem}.py")

    def test_every_script_has_drawn(self):
        drawn = {drawing.stem for drawing in DRAWINGS}
        scripts = {file.stem for file in SOURCE.glob("*.py") if "PICTURE" in file.read_text()}
        self.assertEqual(scripts - drawn, set())


if __name__ == "__main__":
    unittest.main()
