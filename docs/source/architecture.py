"""Draws docs/images/architecture.svg from the tables of docs/architecture.md, so that the picture has
the rooms that the page has. Call it without arguments after a change of the page."""
import pathlib
import re

from picture import MARGIN, Picture

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/architecture.md"
PICTURE = ROOT / "docs/images/architecture.svg"

WIDTH, GAP = 1040, 16
BETWEEN = 44  # columns
ARROWS = 150  # from the top


def rows(heading):
    section = re.split(r"^## ", PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1],
                       flags=re.MULTILINE)[0]
    table = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip().replace("`", "") for cell in row] for row in table[2:]]


def short(folder, name):
    return name.removeprefix(folder + "/") or folder + "/"


def rooms_of_core():
    rooms = []
    for room, what, values, _ in rows("The rooms of core/"):
        is_value = values in ("snapshot", "report")
        rooms.append((values.capitalize() if is_value else short("core", room), what,
                      "value" if is_value else "room"))
    return rooms


def rooms_of(folder):
    return [(short(folder, room), what, "room") for room, what in rows(f"The rooms of {folder}/")]


def draw():
    picture = Picture(WIDTH, "The rooms of connwatch, and how data flows through them")
    width = (WIDTH - 2 * MARGIN - 2 * BETWEEN) // 3
    first, second, third = (MARGIN + index * (width + BETWEEN) for index in range(3))
    bottoms = [picture.column(second, MARGIN, width, "core/", rooms_of_core()),
               picture.column(third, MARGIN, width, "exporters/", rooms_of("exporters"))]
    bottom = MARGIN - GAP
    for title, rooms in (
            ("sources", [
                ("the kernel", "its table of TCP sockets, its counters, the cgroup hierarchy", "value"),
                ("netlink/", "bytes of inet_diag \u2192 SocketRecord", "room"),
                ("procfs/", "proc(5) and cgroups \u2192 counters, limits, names", "room"),
                ("config/", "YAML \u2192 Config, with every mistake by line and column", "room")]),
            ("monitor/", [
                ("Monitor", "polls one network namespace and makes its Snapshot", "room"),
                ("AssembleReport", "puts the Report together", "room")]),
            ("daemon/", rooms_of("daemon"))):
        bottom = picture.column(first, bottom + GAP, width, title, rooms)
    for left, label in ((first + width, "values"), (second + width, "Report")):
        picture.arrow((left, ARROWS), (left + BETWEEN, ARROWS))
        picture.text("what", left + 4, ARROWS - 8, label)
    return picture.write(max(bottom, *bottoms) + MARGIN)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
