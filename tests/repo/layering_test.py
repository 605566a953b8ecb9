"""Includes follow the map of rooms in docs/architecture.md, and a third-party library is used only in
the folder it belongs to."""
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAP = "docs/architecture.md"
# Where an include of this form may stand.
THIRD_PARTY = {r"tsl/": "core", r"libmnl/": "netlink", r"linux/(inet|sock)_diag": "netlink",
               r"bpf/(libbpf|btf|bpf|bpf_\w+)\.h": "bpf",
               r"sqlite3": "store", r"yaml-cpp/": "config", r"prometheus/": "exporters", r"microhttpd": "exporters",
               r"gnutls/": "exporters", r"crypt\.h": "exporters",
               r"zlib": "exporters", r"nlohmann/": ("containers", "exporters"), r"curl/": "exporters",
               r"spdlog/": "daemon", r"systemd/": "daemon", r"CLI/": "daemon"}
# These see the values of core/ only.
VALUES_ONLY = ("config", "exporters")
# These read a clock. Everything else is given the time, or asks monitor/clock.h, which the map puts out of
# reach of the folders below.
CLOCK_READERS = {"monitor/clock.cc", "exporters/server/http_server.cc"}
CLOCK = re.compile(r"_clock::now\b|\bclock_gettime\b|\bgettimeofday\b|[^_.\w]time\((nullptr|NULL|0)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def table_rows(text, heading):
    """The rows of the first table below that heading, as lists of cells."""
    section = re.split(r"^## ", text.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def ticked(cell):
    return re.findall(r"`([^`]+)`", cell)


class Map:
    """What docs/architecture.md says."""

    def __init__(self, root):
        text = (root / MAP).read_text(encoding="utf-8")
        # {folder: rank}; folders of one row have the same.
        self.folders = {folder.strip("/"): rank for rank, row in enumerate(table_rows(text, "Folders"))
                        for folder in ticked(row[0])}
        self.values, self.machines, self.ranks = set(), set(), {}  # headers of core/; {header: rank}
        for rank, (room, _, values, machines) in enumerate(table_rows(text, "The rooms of core/")):
            for cell, into in ((values, self.values), (machines, self.machines)):
                headers = [f"{ticked(room)[0]}{name}.h" for name in ticked(cell)]
                into.update(headers)
                self.ranks.update(dict.fromkeys(headers, rank))
        self.rooms = {}  # {"exporters/http": rank}
        for folder in ("exporters", "daemon"):
            for rank, row in enumerate(table_rows(text, f"The rooms of {folder}/")):
                self.rooms[ticked(row[0])[0].strip("/")] = rank


class Checker:
    def __init__(self, root):
        self._root, self._map = root, Map(root)

    def sources(self):
        for folder in self._map.folders:
            yield from sorted((self._root / folder).glob("**/*.[ch]*"))

    def violations(self):
        found = []
        for file in self.sources():
            name = str(file.relative_to(self._root))
            for header in INCLUDE.findall(file.read_text(encoding="utf-8")):
                if problem := self._problem(name, header):
                    found.append(f"{name} includes {header}: {problem}")
        return found

    def clock_readers(self):
        return {str(file.relative_to(self._root)) for file in self.sources()
                if CLOCK.search(file.read_text(encoding="utf-8"))}

    def unmapped(self):
        """Headers of core/ that the map does not name exactly once, and rooms that it does not name."""
        named = self._map.values | self._map.machines
        there = {str(file.relative_to(self._root)) for file in (self._root / "core").glob("**/*.h")}
        rooms = {str(file.parent.relative_to(self._root)) for folder in ("exporters", "daemon")
                 for file in (self._root / folder).glob("**/*.[ch]*")}
        return sorted(named ^ there | self._map.values & self._map.machines
                      | rooms ^ set(self._map.rooms) - {"exporters"})

    def _problem(self, name, header):
        folder, other = name.split("/")[0], header.split("/")[0]
        for pattern, owner in THIRD_PARTY.items():
            owners = (owner,) if isinstance(owner, str) else owner
            if re.match(pattern, header) and folder not in owners:
                return f"it belongs to {'/, '.join(owners)}/"
        if other in ("tests", "bench"):
            return "the product must not use it"
        if other not in self._map.folders:
            return None
        if folder != other:
            if self._map.folders[other] >= self._map.folders[folder]:
                return f"{folder}/ must not use {other}/"
            if folder in VALUES_ONLY and header in self._map.machines:
                return f"{folder}/ must not use a machine"
            return None
        return self._problem_within(name, header)

    def _problem_within(self, name, header):
        if name.startswith("core/"):
            own = re.sub(r"\.cc$", ".h", name)
            if header != own and self._map.ranks.get(header, 0) > self._map.ranks.get(own, 99):
                return "it is in a later room"
            if own == name and own in self._map.values and header in self._map.machines:
                return "a header of values includes a machine"
            return None
        ranks = [self._map.rooms.get(str(pathlib.PurePath(path).parent)) for path in (name, header)]
        return "it is in a later room" if None not in ranks and ranks[0] < ranks[1] else None


class LayeringTest(unittest.TestCase):
    def test_includes_follow_the_map(self):
        self.assertEqual(Checker(ROOT).violations(), [])

    def test_the_map_is_whole(self):
        self.assertEqual(Checker(ROOT).unmapped(), [])

    def test_nothing_lies_flat(self):
        limits = {"core": 12, "exporters": 8, "daemon": 30}
        flat = {folder: len([f for f in (ROOT / folder).iterdir() if f.is_file()]) for folder in limits}
        self.assertEqual({f: n for f, n in flat.items() if n > limits[f]}, {})

    def test_few_read_a_clock(self):
        self.assertEqual(Checker(ROOT).clock_readers(), CLOCK_READERS)

    def test_the_configuration_reaches_few_values(self):
        reached, todo = set(), ["config/config.h"]
        while todo:
            for header in INCLUDE.findall((ROOT / todo.pop()).read_text(encoding="utf-8")):
                if header.startswith(("core/", "config/")) and header not in reached:
                    reached.add(header)
                    todo.append(header)
        core = {header for header in reached if header.startswith("core/")}
        self.assertLessEqual(len(core), 20, core)
        self.assertEqual(core & Map(ROOT).machines, set())

    def test_a_violation_is_found(self):
        cases = {
            "netlink/a.cc": '#include "config/config.h"',
            "core/base/result.h": '#include "core/polling/tier.h"',
            "core/listeners/listener.h": '#include "core/groups/group_book.h"',
            "config/a.h": '#include "core/alerts/alert_engine.h"',
            "exporters/http/a.cc": '#include "exporters/json/json_api.h"',
            "exporters/json/a.cc": "#include <libmnl/libmnl.h>",
            "monitor/a.cc": '#include "daemon/daemon.h"',
            "daemon/loop/a.cc": '#include "daemon/web/web_front.h"',
            "procfs/a.cc": '#  include <spdlog/spdlog.h>',
        }
        good = {"daemon/a.cc": '#include "config/config.h"',
                "core/alerts/alert_engine.h": '#include "core/snapshot.h"',
                "monitor/b.cc": '#include "core/connections/connection_tracker.h"',
                "exporters/routes/a.cc": '#include "exporters/json/json_api.h"'}
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, line in {MAP: (ROOT / MAP).read_text(encoding="utf-8"), **cases, **good}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(line + "\n", encoding="utf-8")
            self.assertEqual({line.split(" ")[0] for line in Checker(root).violations()}, set(cases))


if __name__ == "__main__":
    unittest.main()
