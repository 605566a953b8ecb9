"""What is true of the watched host's connections, as those who make them know it."""
import collections
import dataclasses

DIRECTIONS = {"client": "outbound", "server": "inbound"}


@dataclasses.dataclass
class Truth:
    """Each is counted by (direction, port of the service); `held` by (direction, port, state).
    `may_be_named`: ports of the ephemeral range that have been in use for long, or often, so that they may
    have a group of their own. `users`: {port: what used it last}."""
    closed: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    sent: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    received: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    held: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    may_be_named: set = dataclasses.field(default_factory=set)
    users: dict = dataclasses.field(default_factory=dict)

    def __iadd__(self, other):
        for field in dataclasses.fields(self):
            getattr(self, field.name).update(getattr(other, field.name))
        return self

    def users_of(self, group):
        """For people: what made the connections of a group that is named after a port"""
        user = self.users.get(int(group)) if group.isdigit() else None
        return f" ({user})" if user else ""


def sum_of(truths):
    total = Truth()
    for truth in truths:
        total += truth
    return total
