// A moment on both clocks. Only the event loop reads the clocks; everything else is given an
// Instant.
#pragma once

#include <chrono>

namespace connwatch {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

struct Instant {
  MonotonicTime monotonic;  // for intervals and deadlines
  WallTime wall;            // for people and Prometheus
};

}  // namespace connwatch
