// --once: polls each tier once and writes the metrics page to standard output.
#pragma once

#include "config/config.h"
#include "daemon/socket_sources.h"

namespace connwatch {

/// Returns the exit code. If it is not 0, logs why.
int RunOnce(const Config& config, const SocketSources& sources);

}  // namespace connwatch
