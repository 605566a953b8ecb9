"""docs/metrics.md and the page name the same metrics, with the same kinds and labels; docs/api.md
explains each field of its examples."""
import json
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONNWATCHD = os.environ.get("CONNWATCHD", "build/release/connwatchd")
# | `name{label,label}` | G | ...
DOCUMENTED = re.compile(r"^\| `(\w+)(?:\{([\w,]+)\})?` \| ([GCHS]) \|", re.MULTILINE)
KINDS = {"G": "gauge", "C": "counter", "H": "histogram", "S": "summary"}


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


def fields(answer):
    """Names of fields at any depth."""
    entries = answer if isinstance(answer, list) else []
    if isinstance(answer, dict):
        yield from answer
        entries = answer.values()
    for entry in entries:
        yield from fields(entry)


class DocsTest(unittest.TestCase):
    def test_api_md_explains_every_field(self):
        sections = (ROOT / "docs/api.md").read_text().split("\n## ")
        explained = set(re.findall(r"`(\w+)`", sections[0] + sections[1]))  # lists, and states
        for section in sections:
            title = section.splitlines()[0]
            examples = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
            shown = {name for example in examples for name in fields(json.loads(example))
                     if re.fullmatch(r"\w+", name)}  # others are networks
            here = explained | set(re.findall(r"`(\w+)`", section))
            self.assertEqual(shown - here, set(), title)

    def test_metrics_md_is_the_golden_page(self):
        page = (ROOT / "tests/testdata/metrics_page.txt").read_text()
        self.assertEqual(set(documented()), set(exported(page)))  # says which
        self.assertEqual(documented(), exported(page))

    def test_a_real_page_has_no_other_metric(self):
        page = subprocess.run([CONNWATCHD, "--once"], check=True, capture_output=True,
                              text=True).stdout
        self.assertEqual(set(exported(page)) - set(documented()), set())


if __name__ == "__main__":
    unittest.main()
