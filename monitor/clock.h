// Reads the clocks. The folders that monitor/ may include do not: they are given the time. Only the
// HTTP server reads a clock itself, to close connections that take too long.
#pragma once

#include <chrono>

#include "core/base/instant.h"

namespace connwatch {

Instant Now();

/// CPU time of the calling thread, including what the kernel spent for it.
std::chrono::nanoseconds ThreadCpuTime();

}  // namespace connwatch
