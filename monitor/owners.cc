#include "monitor/owners.h"

namespace connwatch {

void NameOwners(ListenerList& list, OwnerNames& names, MonotonicTime now) {
  for (Listener& listener : list.listeners) {
    if (listener.status.cgroup_id) listener.unit = names.UnitOf(*listener.status.cgroup_id, now);
  }
}

}  // namespace connwatch
