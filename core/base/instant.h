// A moment on both clocks. core/, config/, netlink/ and procfs/ never read a clock: they are given
// an Instant, so a test can give them any.
#pragma once

#include <chrono>

namespace connwatch {

/// Linux's CLOCK_BOOTTIME: it never goes back, whatever the administrator does to the time of day,
/// and it goes on while the host is suspended. steady_clock (CLOCK_MONOTONIC) stands still then, so
/// that data would look fresh that is hours old. There is no now(): only monitor/clock.h reads it.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
};

using MonotonicTime = BootClock::time_point;
using WallTime = std::chrono::system_clock::time_point;

struct Instant {
  MonotonicTime monotonic;  // for intervals and deadlines
  WallTime wall;            // for people and Prometheus

  /// The time of day of another moment, by the clock as it is set now. So times of day have the
  /// right distance and order even if the clock was set in between.
  WallTime WallOf(MonotonicTime other) const {
    return wall - std::chrono::duration_cast<WallTime::duration>(monotonic - other);
  }
};

}  // namespace connwatch
