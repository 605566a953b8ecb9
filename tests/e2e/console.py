"""What the documentation tells people to type, and what they then see: the blocks called console.

A command begins with "$ " or, for root, "# ". It ends with its line, unless that ends with a backslash
or begins a here-document (<<EOF). The lines up to the next command are what it prints.
"""
import os
import pathlib
import re
import subprocess

from support import CONNWATCHD, DEADLINE_S, SOURCE_DIR

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


def follow(page, shown_folder, folder):
    """Runs all commands of a page in docs/ in one shell in the root of the tree, with the daemon and what
    tools/install-deps unpacked in the PATH. The page says `shown_folder` where `folder` is used. Returns the
    lines that the page promises, those that were printed, and what went to standard error."""
    found = commands((SOURCE_DIR / "docs" / page).read_text().replace(shown_folder, str(folder)))
    promised = [line for _, lines in found for line in lines]
    script = "\n".join(["set -e", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT",
                        *(command for command, _ in found)])
    unpacked = os.path.join(os.environ.get("CONNWATCH_TESTTOOLS", ""), "usr/bin")
    path = f"{pathlib.Path(CONNWATCHD).resolve().parent}:{os.environ['PATH']}:{unpacked}"
    done = subprocess.run(["bash", "-c", script], cwd=SOURCE_DIR, env={**os.environ, "PATH": path},
                          capture_output=True, text=True, timeout=2 * DEADLINE_S, check=False)
    return promised, [line for line in done.stdout.splitlines() if line], done.stderr
