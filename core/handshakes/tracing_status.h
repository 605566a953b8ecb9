// Whether and how handshakes are traced, for people and for the metrics page. Values; bpf/ makes
// them.
#pragma once

#include <cstdint>
#include <string>

namespace connwatch {

/// What the tracing of this process has met so far. Only grows, but for `keys`.
struct TracingStats {
  /// Handshakes that were counted without their addresses, because too many different ones came
  /// within half a second. Their group and outcome are right, unless a rule looks at addresses.
  std::uint64_t without_address = 0;
  /// Handshakes that were counted by direction and outcome only: they are in group "other" of the
  /// process's own network namespace, whichever they belong to, and have no duration.
  std::uint64_t without_port = 0;
  /// Connects whose beginning was not noted, because too many were pending. They count, but have no
  /// duration.
  std::uint64_t untimed = 0;
  /// Ends of connections that were lost, because there was no room for them.
  std::uint64_t ends_lost = 0;
  /// Different keys (network namespace, cgroup, addresses, ports, outcome) in the latest reading.
  std::uint64_t keys = 0;
  /// Times that the counts could not be read. Nothing is lost by that: they are read later.
  std::uint64_t read_failures = 0;
};

struct TracingStatus {
  /// True iff every handshake of the host is counted.
  bool is_in_use = false;
  /// Why it is not in use, as a whole sentence that says what to do about it, if anything can be
  /// done. Empty if it is in use.
  std::string reason;
  /// True iff connects that find no route are seen (HandshakeOutcome::kNoRoute). They change no
  /// state, so that takes a kernel that can trace the return of a function (fexit).
  bool sees_no_route = false;
  TracingStats stats;
};

}  // namespace connwatch
