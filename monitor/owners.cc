#include "monitor/owners.h"

namespace connwatch {

void NameOwners(ListenerList& list, CgroupNames& names, MonotonicTime now) {
  for (Listener& listener : list.listeners) {
    if (listener.status.cgroup_id) listener.unit = names.NameOf(*listener.status.cgroup_id, now);
  }
}

CgroupNames HostCgroupNames() {
  // Walks are rare, because a walk over the cgroup hierarchy of a busy host takes tens of
  // milliseconds.
  constexpr std::chrono::seconds kMinRescan{30};
  return {"/proc/self/mountinfo", kMinRescan};
}

}  // namespace connwatch
