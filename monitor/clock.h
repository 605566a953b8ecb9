// The clocks. Whatever is below monitor/ is given the time, except the HTTP server, which looks at
// the clock itself to close connections that take too long.
#pragma once

#include <chrono>

#include "core/base/instant.h"

namespace connwatch {

Instant Now();

/// CPU time of the calling thread, with what the kernel spent on its behalf.
std::chrono::nanoseconds ThreadCpuTime();

}  // namespace connwatch
