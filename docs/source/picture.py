"""What the pictures of docs/images are drawn with: boxes, texts and arrows, as SVG."""
import html

MARGIN, LINE = 20, 18
STYLE = """
  text { font-family: Inter, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 13px; fill: #1c2733; }
  .name { font-weight: 600; }
  .what { font-size: 11px; fill: #51606f; }
  .folder { fill: #f4f7fa; stroke: #b9c5d0; }
  .room { fill: #ffffff; stroke: #8ea2b5; }
  .value { fill: #e4f1ec; stroke: #5f9c86; }
  .arrow { stroke: #51606f; stroke-width: 1.5; fill: none; marker-end: url(#head); }
"""


class Picture:
    def __init__(self, width, label, style=""):
        """`label` says in words what is drawn. `style` is added to STYLE."""
        self._width, self._label, self._style = width, label, STYLE + style
        self._parts = []

    def box(self, kind, left, top, width, height):
        self._parts.append(f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" '
                           f'height="{height}" rx="6"/>')

    def text(self, kind, left, top, text):
        self._parts.append(f'<text class="{kind}" x="{left}" y="{top}">{html.escape(text)}</text>')

    def line(self, kind, *points):
        path = " L ".join(f"{x} {y}" for x, y in points)
        self._parts.append(f'<path class="{kind}" d="M {path}"/>')

    def arrow(self, *points):
        self.line("arrow", *points)

    def room(self, left, top, width, name, what, kind="room"):
        """A box with a name and the text below it; returns where it ends."""
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
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {height}" '
                f'width="{self._width}" height="{height}" role="img" '
                f'aria-label="{self._label}">\n'
                f"<style>{self._style}</style>\n{marker}\n"
                f'<rect width="{self._width}" height="{height}" fill="#ffffff"/>\n'
                + "\n".join(self._parts) + "\n</svg>\n")


def wrapped(text, width):
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines
