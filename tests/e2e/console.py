"""What the documentation tells people to type, and what they then see: the blocks called console.

A command begins with "$ " or, for root, "# ". It ends with its line, unless that ends with a backslash
or begins a here-document (<<EOF). The lines up to the next command are what it prints.
"""
import re

from support import SOURCE_DIR

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^[$#] (.*<<EOF\n(?:.*\n)*?EOF|(?:.*\\\n)*.*)$", re.MULTILINE)


def section(page, heading):
    """The text below a heading of the second level."""
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", (SOURCE_DIR / page).read_text(),
                     re.MULTILINE | re.DOTALL).group(1)


def blocks(text, kind):
    """The blocks of that kind: console, yaml and so on."""
    return [block for name, block in BLOCK.findall(text) if name == kind]


def commands(text):
    """[(command, the lines that it prints)]"""
    shown = "".join(blocks(text, "console"))
    found = list(COMMAND.finditer(shown))
    ends = [match.start() for match in found[1:]] + [len(shown)]
    return [(match[1], [line for line in shown[match.end():end].splitlines() if line])
            for match, end in zip(found, ends)]
