// Whether and how the kernel's own socket table is walked, for people and for the metrics page.
// Values; bpf/ makes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace connwatch {

/// What the walks of this process met so far. Only grows.
struct WalkStats {
  std::uint64_t runs = 0;               // of a BPF program
  std::uint64_t restarted_buckets = 0;  // read again, because a socket had moved meanwhile
  std::uint64_t overrun_buckets = 0;    // not read to their end
  std::uint64_t faulted_records = 0;    // thrown away, because their memory could not be read
  std::uint64_t cookies_given = 0;      // sockets that had none until inet_diag was asked for them
  std::chrono::nanoseconds longest_run{0};
};

struct WalkStatus {
  /// True iff sockets come from the walk; else they come from inet_diag.
  bool is_in_use = false;
  /// Why it is not in use, as a whole sentence that says what to do about it, if anything can be
  /// done. Empty if it is in use.
  std::string reason;
  WalkStats stats;
};

}  // namespace connwatch
