"""The differences between the truth and the daemon's page, while all traffic rests."""
import collections
import dataclasses

from places import CHANGING, EPHEMERAL, Groups
from truth import Truth
from watched import KernelView, WatchedDaemon

TOTALS = {"closed": "connwatch_tcp_connections_closed_total",
          "sent": "connwatch_tcp_bytes_sent_total",
          "received": "connwatch_tcp_bytes_received_total"}
SOCKETS = "connwatch_tcp_group_sockets"
DROPS = "connwatch_listener_drops_total"
EPHEMERAL_GROUP = "ephemeral"


@dataclasses.dataclass(frozen=True)
class Moment:
    """The page shows a full poll that began and ended between the two views of the kernel."""
    page: dict  # {(name, ((label, value), ...)): number}, see support.Page
    before: KernelView
    after: KernelView


def series(page, name):
    """[({label: value}, number)]"""
    return [(dict(labels), number) for (found, labels), number in page.items() if found == name]


@dataclasses.dataclass(frozen=True)
class Comparison:
    groups: Groups
    at_start: KernelView
    drops: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by listener

    def differences(self, truth: Truth, moment: Moment, left_out):
        """A text for each. `left_out`: groups in which a trouble is made meanwhile"""
        self._note_drops(moment)
        found = [text for differences in (self._of_totals, self._of_sockets, self._of_time_wait)
                 for text in differences(truth, moment, left_out)]
        found += self._of_names(truth, moment) + self._of_ephemeral(truth, moment)
        return found if left_out else found + self._of_drops(moment)

    def _on_page(self, moment, name, *more):
        """Counter by (direction, group) and the values of the labels `more`"""
        found = collections.Counter()
        for labels, number in series(moment.page, name):
            group = self.groups.of_label(labels["direction"], labels["group"])
            found[labels["direction"], group, *(labels[label] for label in more)] += int(number)
        return found

    def _in_truth(self, counter):
        """The same of a Counter of the truth, whose keys begin with direction and port"""
        found = collections.Counter()
        for (direction, port, *rest), number in counter.items():
            found[direction, self.groups.of(direction, port), *rest] += number
        return found

    @staticmethod
    def _unequal(what, truth, expected, found, left_out):
        return [f"{what} {' '.join(key)}: truth {expected[key]}, connwatch {found[key]}"
                f"{truth.users_of(key[1])}" for key in sorted(expected.keys() | found.keys())
                if key[1] not in left_out and expected[key] != found[key]]

    def _of_totals(self, truth, moment, left_out):
        return [text for field, name in TOTALS.items()
                for text in self._unequal(field, truth, self._in_truth(getattr(truth, field)),
                                          self._on_page(moment, name), left_out)]

    def _of_sockets(self, truth, moment, left_out):
        held = self._in_truth(truth.held)
        own_group = self.groups.of("inbound", WatchedDaemon.PORT)
        held["inbound", own_group, "listen"] += WatchedDaemon.LISTENERS
        found = self._on_page(moment, SOCKETS, "state")
        for key in [key for key in found if key[2] == "time_wait"]:
            del found[key]
        return self._unequal("sockets", truth, held, found, left_out)

    def _of_time_wait(self, truth, moment, left_out):
        """While all rests their number only shrinks, so the daemon's lies between the kernel's two."""
        before, after = (self._time_wait_of(view) for view in (moment.before, moment.after))
        found = collections.Counter()
        for (direction, group, state), number in self._on_page(moment, SOCKETS, "state").items():
            if state == "time_wait":
                found[self._time_wait_key(direction, group)] += number
        return [f"sockets {' '.join(key)} time_wait: the kernel had {before[key]}, then {after[key]}, "
                f"connwatch {found[key]}{truth.users_of(key[1])}"
                for key in sorted(before.keys() | found.keys())
                if key[1] not in left_out and not after[key] <= found[key] <= before[key]]

    @staticmethod
    def _time_wait_key(direction, group):
        """Between two ports of the ephemeral range nobody can tell the direction."""
        return ("either", group) if group == CHANGING else (direction, group)

    def _time_wait_of(self, view):
        found = collections.Counter()
        for (local_port, remote_port), number in view.time_wait.items():
            direction, port = (("outbound", remote_port) if local_port in EPHEMERAL
                               else ("inbound", local_port))
            found[self._time_wait_key(direction, self.groups.of(direction, port))] += number
        return found

    def _note_drops(self, moment):
        """Remembers the drops of each listener, because one that closes leaves the page. Among its drops may be some of
        another listener, if its own socket has dropped something without harm (docs/metrics.md, Drops)."""
        for labels, number in series(moment.page, DROPS):
            self.drops[labels["listener"]] = int(number)

    def _of_drops(self, moment):
        truth = moment.after.listen_drops - self.at_start.listen_drops
        found = self.drops.total()
        return [] if truth == found else [f"drops of all listeners: truth {truth}, connwatch {found}"]

    def _of_names(self, truth, moment):
        """No group is named after a port of the ephemeral range that was in use only for a moment."""
        labels = {labels["group"] for labels, _ in series(moment.page, TOTALS["sent"])}
        named = {int(label) for label in labels if label.isdigit()}
        wrong = named & set(EPHEMERAL) - truth.may_be_named
        return [f"groups named after ephemeral ports: {sorted(wrong)}"] if wrong else []

    def _of_ephemeral(self, truth, moment):
        """Connections to ports that have no group of their own are in a group together."""
        texts = []
        for field, name in TOTALS.items():
            found = sum(int(number) for labels, number in series(moment.page, name)
                        if (labels["direction"], labels["group"]) == ("inbound", EPHEMERAL_GROUP))
            counts = {port: number for (direction, port), number in getattr(truth, field).items()
                      if direction == "inbound" and port in EPHEMERAL}
            most = sum(counts.values())
            least = sum(number for port, number in counts.items() if port not in truth.may_be_named)
            if not least <= found <= most:
                texts.append(f"{field} inbound {EPHEMERAL_GROUP}: truth {least} to {most}, "
                             f"connwatch {found}")
        return texts
