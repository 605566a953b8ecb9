// A moment on both clocks. core/, config/, netlink/ and procfs/ never read a clock: they are given
// an Instant, so a test can give them any.
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
