// What this host is called, and its time zone. Sources: gethostname(2), localtime(3).
#pragma once

#include <string>

#include "core/base/instant.h"
#include "core/host_identity.h"

namespace connwatch {

/// Returns the host's name as the kernel has it; "unknown" if it has none.
std::string HostName();

/// Returns the host's name, and the time zone that is in force at the time of day `now`.
HostIdentity ReadHostIdentity(WallTime now);

}  // namespace connwatch
