// --once: one poll of each tier, the page to standard output.
#pragma once

#include "config/config.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

/// Returns the exit code. Logs why, where it is not 0.
int RunOnce(const Config& config, SocketSource& source);

}  // namespace connwatch
