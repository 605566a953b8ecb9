"""The page at /runbook is docs/runbook.md, every default rule has a section, and every alert of the shipped
alertmanager.yml is a rule."""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs/runbook.md"
PAGE = ROOT / "exporters/status_page/runbook.html"
PARTS = ["What it means.", "Look first.", "What to do.", "When it is harmless."]
# Debian's, which has python3-markdown.
PYTHON = "/usr/bin/python3"


def sections():
    """{name: its text}"""
    return {text.split("\n", 1)[0]: text for text in SOURCE.read_text().split("\n## ")[1:]}


def default_rules():
    """By docs/alerts.md, which a unit test compares with the code."""
    text = (ROOT / "docs/alerts.md").read_text().split("\n## Default rules\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


class RunbookTest(unittest.TestCase):
    def test_the_page_is_up_to_date(self):
        written = subprocess.run([PYTHON, "-B", PAGE.with_suffix(".py"), "--print"], check=False,
                                 capture_output=True, text=True)
        if "No module named 'markdown'" in written.stderr and not os.environ.get("CI"):
            raise unittest.SkipTest("python3-markdown is not installed")
        self.assertEqual((written.returncode, written.stderr), (0, ""))
        self.assertEqual(written.stdout, PAGE.read_text(), "run exporters/status_page/runbook.py")

    def test_every_default_rule_has_a_section(self):
        self.assertGreater(len(default_rules()), 20)
        self.assertEqual(default_rules() - set(sections()), set())

    def test_every_section_has_its_parts_in_order(self):
        for name, text in sections().items():
            with self.subTest(name):
                found = re.findall(r"^\*\*([^*]+)\*\*", text, re.MULTILINE)
                # Those that say the same as another section lead there.
                self.assertTrue(found == PARTS or (found == PARTS[:1] and "](#" in text), found)

    def test_the_status_page_knows_the_sections(self):
        script = (PAGE.parent / "runbook_links.js").read_text()
        known, causes = re.search(r"new Set\(\[(.*?)\]\).*CAUSE_SECTIONS = \{(.*?)\}", script,
                                  re.DOTALL).groups()
        self.assertEqual(set(re.findall(r'"(\w+)"', known)), set(sections()))
        self.assertLessEqual(set(re.findall(r'"(\w+)"', causes)), set(sections()))

    def test_links_lead_to_sections(self):
        names = {name.lower() for name in sections()}
        links = re.findall(r"\]\(#([\w-]+)\)", SOURCE.read_text())
        links += re.findall(r"runbook\.md#([\w-]+)", "".join(
            file.read_text() for file in (ROOT / "docs").glob("*.md")))
        self.assertGreater(len(links), 10)
        self.assertEqual(set(links) - names, set())


class AlertmanagerTest(unittest.TestCase):
    def test_what_is_named_is_a_rule(self):
        text = (ROOT / "dashboards/prometheus/alertmanager.yml").read_text()
        named = {name for names in re.findall(r'alertname !?=~? "([^"]+)"', text)
                 for name in names.split("|")}
        self.assertGreater(len(named), 10)
        self.assertEqual(named - set(sections()), set())


if __name__ == "__main__":
    unittest.main()
