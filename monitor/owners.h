// Names for the owners of sockets: cgroup ids from the kernel, units, containers and pods from the
// host's file system.
#pragma once

#include "containers/owner_names.h"
#include "core/base/instant.h"
#include "core/connections/culprits.h"
#include "core/listeners/listener.h"
#include "core/listeners/pending_connects.h"

namespace connwatch {

// Each fills in the unit of whatever has a known cgroup, if that has a name.
void NameOwners(ListenerList& list, OwnerNames& names, MonotonicTime now);
void NameOwners(PendingConnects& pending, OwnerNames& names, MonotonicTime now);
void NameOwners(Culprits& culprits, OwnerNames& names, MonotonicTime now);

}  // namespace connwatch
