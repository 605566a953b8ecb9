// Names for the owners of listeners: cgroup ids from the kernel, units, containers and pods from
// the host's file system.
#pragma once

#include "containers/owner_names.h"
#include "core/base/instant.h"
#include "core/listeners/listener.h"

namespace connwatch {

/// Fills in the unit of each listener whose cgroup is known and has a name.
void NameOwners(ListenerList& list, OwnerNames& names, MonotonicTime now);

}  // namespace connwatch
