// Names for the owners of listeners: cgroup ids from the kernel, units from the cgroup hierarchy.
#pragma once

#include "core/base/instant.h"
#include "core/listeners/listener.h"
#include "procfs/cgroup_names.h"

namespace connwatch {

/// Fills in the unit of each listener whose cgroup is known and has a name.
void NameOwners(ListenerList& list, CgroupNames& names, MonotonicTime now);

/// The names as this host shows them.
CgroupNames HostCgroupNames();

}  // namespace connwatch
