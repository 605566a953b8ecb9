"""Draws docs/images/handshakes.svg, the packets of a connect by how it ends. Call it without
arguments after a change here."""
import pathlib

from picture import MARGIN, Picture

PICTURE = pathlib.Path(__file__).resolve().parents[2] / "docs/images/handshakes.svg"

WIDTH, GAP = 1040, 14
INSET = 22  # of the lifelines, from the edge of their panel
# Of packets: where the first one leaves, how far below it the next one does, and how far each falls.
FIRST, STEP, SLOPE = 128, 62, 16
END = 332  # of the lifelines
BOTTOM = 426
STYLE = """  .life { stroke: #8ea2b5; stroke-width: 1; }
  .measured { stroke: #5f9c86; stroke-width: 4; }
  .lost { stroke: #b3564b; stroke-width: 1.5; fill: none; }
  .failed { fill: #fbecea; stroke: #b3564b; }
  .right { text-anchor: end; }
  .middle { text-anchor: middle; }
"""


class Panel:
    """One end of a connect: two lifelines, and the packets between them."""

    def __init__(self, picture, left, width, outcome, what, peer):
        self._picture, self._left, self._width = picture, left, width
        self._host, self._peer = left + INSET, left + width - INSET
        picture.box("folder", left, MARGIN, width, BOTTOM - MARGIN)
        picture.text("name", left + 12, MARGIN + 24, outcome)
        picture.text("what", left + 12, MARGIN + 42, what)
        picture.text("what", left + 12, FIRST - 32, "this host")
        picture.line("life", (self._host, FIRST - 22), (self._host, END))
        if peer:
            picture.text("what right", left + width - 12, FIRST - 32, peer)
            picture.line("life", (self._peer, FIRST - 22), (self._peer, END))

    @staticmethod
    def _top(step):
        return round(FIRST + step * STEP)

    def _label(self, top, text):
        self._picture.text("what middle", (self._host + self._peer) // 2, top - 3, text)

    def there(self, step, text):
        top = self._top(step)
        self._picture.arrow((self._host, top), (self._peer, top + SLOPE))
        self._label(top, text)

    def back(self, step, text):
        top = self._top(step)
        self._picture.arrow((self._peer, top), (self._host, top + SLOPE))
        self._label(top, text)

    def lost(self, step, text):
        """A packet that does not arrive."""
        top = self._top(step)
        end = (self._host + self._peer) // 2 + 20
        self._picture.line("lost", (self._host, top), (end, top + SLOPE * 2 // 3))
        for sign in (-1, 1):
            self._picture.line("lost", (end - 5, top + SLOPE * 2 // 3 - 5 * sign),
                               (end + 5, top + SLOPE * 2 // 3 + 5 * sign))
        self._label(top, text)

    def measured(self, at_host, begin, end, text):
        """What counts as the latency of this side: from `begin` to `end`, in packets."""
        side = self._host if at_host else self._peer
        begins, ends = self._top(begin), self._top(end) + SLOPE
        self._picture.line("measured", (side, begins), (side, ends))
        self._picture.text("what" if at_host else "what right", side + (8 if at_host else -8),
                           (begins + ends) // 2 + 2, text)

    def note(self, step, *lines):
        for index, line in enumerate(lines):
            self._picture.text("what", self._host + 10, self._top(step) + 16 * index, line)

    def result(self, name, what, kind="failed"):
        self._picture.room(self._left + 10, END + 14, self._width - 20, name, what, kind)


def draw():
    picture = Picture(WIDTH, "The packets of a connect that is answered, refused, timed out, "
                             "unreachable, or has no route", STYLE)
    width = (WIDTH - 2 * MARGIN - 4 * GAP) // 5
    lefts = [MARGIN + index * (width + GAP) for index in range(5)]

    ok = Panel(picture, lefts[0], width, "ok", "the peer answers", "peer")
    ok.measured(True, 0, 1, "latency, outbound")
    ok.measured(False, 1, 2, "latency, inbound")
    ok.there(0, "SYN")
    ok.back(1, "SYN-ACK")
    ok.there(2, "ACK")
    ok.result("connected", "after one round trip", "value")

    refused = Panel(picture, lefts[1], width, "refused", "nobody listens there", "peer")
    refused.there(0, "SYN")
    refused.back(1, "RST")
    refused.result("ECONNREFUSED", "Connection refused, after one round trip")

    silence = Panel(picture, lefts[2], width, "timed_out", "nothing comes back", "peer")
    silence.lost(0.1, "SYN")
    silence.lost(0.8, "SYN again, after 1 s")
    silence.lost(1.5, "SYN again")
    silence.note(2.4, "silence, and more SYNs,", "for two minutes")
    silence.result("ETIMEDOUT", "Connection timed out, after 127 or 131 s")

    error = Panel(picture, lefts[3], width, "unreachable", "an error comes back",
                  "router, firewall")
    error.there(0, "SYN")
    error.back(1, "ICMP unreachable")
    error.note(2.1, "or: no neighbour has", "the address, and the", "SYN does not leave")
    error.result("EHOSTUNREACH", "No route to host, which is misleading")

    nothing = Panel(picture, lefts[4], width, "no_route", "nothing is sent", "")
    nothing.note(0, "connect() asks the", "routing table, which has", "no way there")
    nothing.note(1.2, "no SYN, no packet")
    nothing.result("ENETUNREACH", "Network is unreachable, at once")
    return picture.write(BOTTOM + MARGIN)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
