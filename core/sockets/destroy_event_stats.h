// How the stream of destroy events stands. Part of a Snapshot.
#pragma once

#include <chrono>
#include <cstdint>

namespace connwatch {

/// The destroy events, by which totals are exact.
struct DestroyEventStats {
  bool is_active = false;           // the kernel tells of every connection that ends
  std::uint64_t events = 0;         // received
  std::uint64_t overruns = 0;       // times that events were lost, for want of room
  std::chrono::nanoseconds cpu{0};  // spent on them
};

}  // namespace connwatch
