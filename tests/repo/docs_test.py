"""docs/metrics.md and the page name the same metrics, with the same kinds and labels."""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONNWATCHD = os.environ.get("CONNWATCHD", "build/release/connwatchd")
# | `name{label,label}` | G | ...
DOCUMENTED = re.compile(r"^\| `(\w+)(?:\{([\w,]+)\})?` \| ([GCH]) \|", re.MULTILINE)
KINDS = {"G": "gauge", "C": "counter", "H": "histogram"}


def documented():
    text = (ROOT / "docs/metrics.md").read_text()
    return {name: (KINDS[kind], set(labels.split(",")) - {""})
            for name, labels, kind in DOCUMENTED.findall(text)}


def exported(page):
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    labels = {name: set() for name in kinds}
    for series, text in re.findall(r"^(\w+)\{(.*)\} ", page, re.MULTILINE):
        name = series if series in kinds else re.sub(r"_(bucket|sum|count)$", "", series)
        labels[name] |= set(re.findall(r'(\w+)="', text)) - {"le"}
    return {name: (kind, labels[name]) for name, kind in kinds.items()}


class DocsTest(unittest.TestCase):
    def test_metrics_md_is_the_golden_page(self):
        page = (ROOT / "tests/testdata/metrics_page.txt").read_text()
        self.assertEqual(documented(), exported(page))

    def test_a_real_page_has_no_other_metric(self):
        page = subprocess.run([CONNWATCHD, "--once"], check=True, capture_output=True,
                              text=True).stdout
        self.assertEqual(set(exported(page)) - set(documented()), set())


if __name__ == "__main__":
    unittest.main()
