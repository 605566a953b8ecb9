"""The differences between the truth and the daemon's page, while all traffic rests."""
import collections
import dataclasses

from places import EPHEMERAL, group_of, group_of_label
from truth import Truth
from watched import KernelView, WatchedDaemon, time_wait_key

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


def by_group(page, name, *more):
    """Counter by (direction, group) and the values of the labels `more`"""
    found = collections.Counter()
    for labels, number in series(page, name):
        key = (labels["direction"], group_of_label(labels["group"]), *(labels[x] for x in more))
        found[key] += int(number)
    return found


def by_group_of_port(counter):
    """The same of a Counter of the truth, whose keys begin with direction and port."""
    found = collections.Counter()
    for (direction, port, *rest), number in counter.items():
        found[direction, group_of(direction, port), *rest] += number
    return found


def _unequal(what, truth, found, left_out):
    return [f"{what} {' '.join(key)}: truth {truth[key]}, connwatch {found[key]}"
            for key in sorted(truth.keys() | found.keys())
            if key[1] not in left_out and truth[key] != found[key]]


def differences_of_totals(truth: Truth, page, left_out):
    return [text for field, name in TOTALS.items()
            for text in _unequal(field, by_group_of_port(getattr(truth, field)),
                                 by_group(page, name), left_out)]


def differences_of_sockets(truth: Truth, moment: Moment, left_out):
    """TIME-WAIT only shrinks while all rests, so it lies between the kernel's two views."""
    truth_held = by_group_of_port(truth.held)
    truth_held["inbound", group_of("inbound", EPHEMERAL[0]), "listen"] += WatchedDaemon.LISTENERS
    found = by_group(moment.page, SOCKETS, "state")
    time_wait = collections.Counter()
    for (direction, group, state), number in list(found.items()):
        if state == "time_wait":
            time_wait[time_wait_key(direction, group)] += number
            del found[direction, group, state]
    return _unequal("sockets", truth_held, found, left_out) + [
        f"sockets {' '.join(key)} time_wait: the kernel has {moment.before.time_wait[key]} to "
        f"{moment.after.time_wait[key]}, connwatch {time_wait[key]}"
        for key in sorted(moment.before.time_wait.keys() | time_wait.keys())
        if key[1] not in left_out and not (
            moment.after.time_wait[key] <= time_wait[key] <= moment.before.time_wait[key])]


def differences_of_drops(moment: Moment, at_start: KernelView):
    truth = moment.after.listen_drops - at_start.listen_drops
    found = int(sum(number for _, number in series(moment.page, DROPS)))
    return [] if truth == found else [f"drops of all listeners: truth {truth}, connwatch {found}"]


def differences_of_groups(truth: Truth, page, daemon_port):
    """No group is named after a port of the ephemeral range that was in use only for a moment."""
    named = {int(labels["group"]) for labels, _ in series(page, TOTALS["sent"])
             if labels["group"].isdigit()}
    wrong = sorted(port for port in named
                   if port in EPHEMERAL and port not in truth.may_be_named | {daemon_port})
    return [f"groups named after ephemeral ports: {wrong}"] if wrong else []


def differences_of_ephemeral(truth: Truth, page):
    """Connections to ports that have no group of their own are in the group `ephemeral`."""
    texts = []
    for field, name in TOTALS.items():
        found = sum(int(number) for labels, number in series(page, name)
                    if (labels["direction"], labels["group"]) == ("inbound", EPHEMERAL_GROUP))
        counts = {port: number for (direction, port), number in getattr(truth, field).items()
                  if direction == "inbound" and port in EPHEMERAL}
        most = sum(counts.values())
        least = sum(number for port, number in counts.items() if port not in truth.may_be_named)
        if not least <= found <= most:
            texts.append(f"{field} inbound {EPHEMERAL_GROUP}: truth {least} to {most}, connwatch {found}")
    return texts
