// Reads the clocks. The folders that monitor/ may include do not: they are given the time. Only the
// HTTP server reads a clock itself, to close connections that take too long.
#pragma once

#include <chrono>

#include "core/base/instant.h"

namespace connwatch {

Instant Now();

/// The time since the host's start without that in which it was suspended: CLOCK_MONOTONIC, which
/// systemd wants to be told.
std::chrono::nanoseconds TimeAwake();

/// CPU time of the calling thread, including what the kernel spent for it.
std::chrono::nanoseconds ThreadCpuTime();

}  // namespace connwatch
