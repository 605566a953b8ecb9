// The clocks. The folders that monitor/ may include are given the time, except the HTTP server,
// which reads the clock itself to close connections that take too long.
#pragma once

#include <chrono>

#include "core/base/instant.h"

namespace connwatch {

Instant Now();

/// CPU time of the calling thread, including what the kernel spent for it.
std::chrono::nanoseconds ThreadCpuTime();

}  // namespace connwatch
