"""Follows the console blocks of a page in docs/: a command after "$ ", which may have a here-document or go on
in the next line, and below it what it prints."""
import os
import pathlib
import re
import subprocess

from support import CONNWATCHD, DEADLINE_S, SOURCE_DIR

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*<<EOF\n(?:.*\n)*?EOF|(?:.*\\\n)*.*)$", re.MULTILINE)


def follow(page, shown_folder, folder):
    """Runs all of them in one shell in the root of the tree, with the daemon and what tools/install-deps unpacked in
    the PATH. The page says `shown_folder` where `folder` is used. Returns the lines that the page promises, those
    that were printed, and what went to standard error."""
    text = "".join(BLOCK.findall((SOURCE_DIR / "docs" / page).read_text())).replace(shown_folder, str(folder))
    promised = [line for line in COMMAND.sub("", text).splitlines() if line]
    script = "\n".join(["set -e", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *COMMAND.findall(text)])
    unpacked = os.path.join(os.environ.get("CONNWATCH_TESTTOOLS", ""), "usr/bin")
    path = f"{pathlib.Path(CONNWATCHD).resolve().parent}:{os.environ['PATH']}:{unpacked}"
    done = subprocess.run(["bash", "-c", script], cwd=SOURCE_DIR, env={**os.environ, "PATH": path},
                          capture_output=True, text=True, timeout=2 * DEADLINE_S, check=False)
    return promised, [line for line in done.stdout.splitlines() if line], done.stderr
