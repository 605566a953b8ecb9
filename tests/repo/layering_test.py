"""The folders are a star: each may include core/, daemon/ may include all, siblings never each
other; a third-party library is included in one folder only."""
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("core", "netlink", "config", "procfs", "exporters", "daemon")
# Where an include of this form may stand.
THIRD_PARTY = {r"tsl/": "core", r"libmnl/": "netlink", r"linux/(inet|sock)_diag": "netlink",
               r"yaml-cpp/": "config", r"prometheus/": "exporters", r"microhttpd": "exporters",
               r"gnutls/": "exporters", r"crypt\.h": "exporters",
               r"zlib": "exporters", r"nlohmann/": "exporters", r"curl/": "exporters",
               r"spdlog/": "daemon", r"systemd/": "daemon", r"CLI/": "daemon"}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def violations(root):
    found = []
    for folder in FOLDERS:
        for file in sorted((root / folder).glob("**/*.[ch]*")):
            for header in INCLUDE.findall(file.read_text()):
                problem = problem_with(folder, header)
                if problem:
                    found.append(f"{file.relative_to(root)} includes {header}: {problem}")
    return found


def problem_with(folder, header):
    other = header.split("/")[0]
    if other in FOLDERS and other not in (folder, "core") and folder != "daemon":
        return f"{folder}/ must not use {other}/"
    if other in ("tests", "bench"):
        return "the product must not use it"
    for pattern, owner in THIRD_PARTY.items():
        if re.match(pattern, header) and folder != owner:
            return f"it belongs to {owner}/"
    return None


class LayeringTest(unittest.TestCase):
    def test_includes_follow_the_star(self):
        self.assertEqual(violations(ROOT), [])

    def test_every_folder_has_sources(self):
        for folder in FOLDERS:
            self.assertTrue(list((ROOT / folder).glob("*.cc")), folder)

    def test_a_violation_is_found(self):
        cases = {"netlink": '#include "config/config.h"', "core": '#include "daemon/daemon.h"',
                 "exporters": "#include <libmnl/libmnl.h>", "config": "#  include <spdlog/spdlog.h>"}
        good = {"daemon": '#include "config/config.h"', "procfs": '#include "core/base/result.h"'}
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, line in {**cases, **good}.items():
                (root / name).mkdir()
                (root / name / "a.cc").write_text(line + "\n")
            self.assertEqual([line.split("/")[0] for line in violations(root)],
                             [name for name in FOLDERS if name in cases])


if __name__ == "__main__":
    unittest.main()
