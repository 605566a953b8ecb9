"""Which tests were skipped in the last run of ctest, and why."""
import re

# unittest: "test_x (__main__.XTest.test_x) ... skipped 'needs root'", or with the docstring's first line
# in a line of its own. A whole class is "setUpClass (__main__.XTest)".
UNITTEST = re.compile(
    r"^(\w+) \((?:__main__\.)?([\w.]+)\)(?:\n.*)? \.\.\. skipped ['\"](.*)['\"]$", re.MULTILINE)
# googletest: the place, "Skipped", the reason, and an end that names the test.
GOOGLETEST = re.compile(r"^\S+: Skipped\n(.*?)\n\n?\[  SKIPPED \] (\S+) \(", re.MULTILINE | re.DOTALL)
# What a program says that ends with ctest's exit code for "skipped".
PROGRAM = re.compile(r"^\d+/\d+ Test: (\S+)\n(?:(?!^\d+/\d+ Test: ).*\n)*?Skipped: (.*)$", re.MULTILINE)


def skipped_tests(build_folder):
    """[(test, reason)]; nothing where ctest has not run."""
    try:
        log = (build_folder / "Testing/Temporary/LastTest.log").read_text(errors="replace")
    except FileNotFoundError:
        return []
    by_unittest = [(owner if owner.endswith(name) else f"{name} {owner}", reason)
                   for name, owner, reason in UNITTEST.findall(log)]
    by_googletest = [(name, reason.strip()) for reason, name in GOOGLETEST.findall(log)]
    return by_unittest + by_googletest + PROGRAM.findall(log)
