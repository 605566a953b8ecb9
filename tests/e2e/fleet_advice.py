"""The examples of docs/fleet.md."""
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/fleet.md"


def examples():
    """{name: configuration of Prometheus}: the blocks of YAML, whose first line is # NAME: what it is for."""
    blocks = re.findall(r"^```yaml\n(# ([a-z-]+): .*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return {name: text for text, name in blocks}
