#include "monitor/owners.h"

namespace connwatch {

void NameOwners(ListenerList& list, OwnerNames& names, MonotonicTime now) {
  for (Listener& listener : list.listeners) {
    if (listener.status.cgroup_id) listener.unit = names.UnitOf(*listener.status.cgroup_id, now);
  }
}

void NameOwners(PendingConnects& pending, OwnerNames& names, MonotonicTime now) {
  const PendingConnect* named = nullptr;  // most are of the same unit as the one before
  for (PendingConnect& connect : pending.oldest) {
    if (!connect.cgroup_id) continue;
    const bool is_same = named != nullptr && named->cgroup_id == connect.cgroup_id;
    connect.unit = is_same ? named->unit : names.UnitOf(*connect.cgroup_id, now);
    named = &connect;
  }
  for (PendingDestination& destination : pending.destinations) {
    if (destination.cgroup_id) destination.unit = names.UnitOf(*destination.cgroup_id, now);
  }
}

void NameOwners(Culprits& culprits, OwnerNames& names, MonotonicTime now) {
  for (CulpritLists& lists : culprits.by_trouble) {
    for (Culprit& owner : lists.owners) {
      if (owner.key.cgroup_id != 0) owner.unit = names.UnitOf(owner.key.cgroup_id, now);
    }
  }
}

}  // namespace connwatch
