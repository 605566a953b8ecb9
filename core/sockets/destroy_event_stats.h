// Whether destroy events come, and how many. Part of a Snapshot.
#pragma once

#include <chrono>
#include <cstdint>

namespace connwatch {

/// Destroy events make the totals of connections exact.
struct DestroyEventStats {
  bool is_wanted = false;             // the configuration asks for them
  bool is_active = false;             // the kernel reports every connection that ends
  bool is_of_all_namespaces = false;  // also those in other network namespaces
  std::uint64_t events = 0;           // received
  std::uint64_t overruns = 0;         // times that events were lost because there was no room
  std::chrono::nanoseconds cpu{0};    // CPU time spent on the events
  // How long they did not come although the configuration asks for them. Connections that ended
  // then may be missing from the totals.
  std::chrono::nanoseconds absent{0};
};

}  // namespace connwatch
