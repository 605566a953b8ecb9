"""Draws docs/images/architecture.svg from the tables of docs/architecture.md, so that the picture has
the rooms that the page has. Call it without arguments after a change of the page."""
import html
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/architecture.md"
PICTURE = ROOT / "docs/images/architecture.svg"

WIDTH, MARGIN, GAP, LINE = 1040, 20, 16, 18
BETWEEN = 44  # columns
ARROWS = 150  # from the top
STYLE = """
  text { font-family: Inter, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 13px; fill: #1c2733; }
  .name { font-weight: 600; }
  .what { font-size: 11px; fill: #51606f; }
  .folder { fill: #f4f7fa; stroke: #b9c5d0; }
  .room { fill: #ffffff; stroke: #8ea2b5; }
  .value { fill: #e4f1ec; stroke: #5f9c86; }
  .arrow { stroke: #51606f; stroke-width: 1.5; fill: none; marker-end: url(#head); }
"""


def rows(heading):
    section = re.split(r"^## ", PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1],
                       flags=re.MULTILINE)[0]
    table = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip().replace("`", "") for cell in row] for row in table[2:]]


class Picture:
    def __init__(self):
        self._parts = []

    def box(self, kind, left, top, width, height):
        self._parts.append(f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" '
                           f'height="{height}" rx="6"/>')

    def text(self, kind, left, top, text):
        self._parts.append(f'<text class="{kind}" x="{left}" y="{top}">{html.escape(text)}</text>')

    def arrow(self, *points):
        path = " L ".join(f"{x} {y}" for x, y in points)
        self._parts.append(f'<path class="arrow" d="M {path}"/>')

    def room(self, left, top, width, name, what, kind="room"):
        """A box with a name and up to two lines below it; returns where it ends."""
        lines = wrapped(what, int(width / 6.2))
        height = LINE * (1 + len(lines)) + 10
        self.box(kind, left, top, width, height)
        self.text("name", left + 10, top + 19, name)
        for index, line in enumerate(lines):
            self.text("what", left + 10, top + 19 + LINE * (index + 1) - 2, line)
        return top + height

    def column(self, left, top, width, title, rooms):
        """A folder with its rooms: (name, what it is for, kind). Returns where it ends."""
        behind = len(self._parts)  # the frame is drawn first
        self.text("name", left + 12, top + 22, title)
        bottom = top + 34
        for name, what, kind in rooms:
            bottom = self.room(left + 12, bottom, width - 24, name, what, kind) + 8
        self.box("folder", left, top, width, bottom + 4 - top)
        self._parts.insert(behind, self._parts.pop())
        return bottom + 4

    def write(self, height):
        marker = ('<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
                  'markerHeight="7" orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#51606f"/>'
                  '</marker></defs>')
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                f'width="{WIDTH}" height="{height}" role="img" '
                f'aria-label="The rooms of connwatch, and how data flows through them">\n'
                f"<style>{STYLE}</style>\n{marker}\n"
                f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
                + "\n".join(self._parts) + "\n</svg>\n")


def wrapped(text, width):
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


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
    picture = Picture()
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
