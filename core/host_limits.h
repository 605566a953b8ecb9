// How much of the host's limits is in use: ports, TIME-WAIT sockets, orphans, memory of TCP,
// entries of the connection tracking, descriptors of the daemon. The default alerts judge the same
// numbers (core/alerts/signal_reader.h). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/process_stats.h"
#include "core/snapshot.h"

namespace connwatch {

enum class LimitUnit : std::uint8_t { kCount, kBytes };

/// "count" or "bytes".
std::string_view Name(LimitUnit unit);

struct HostLimit {
  std::string_view name;  // "time_wait"
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> limit;
  LimitUnit unit = LimitUnit::kCount;
  /// Whose use it is, if that is known and is not the whole host.
  std::string subject = {};

  /// Absent if either number is not known.
  std::optional<double> UsedRatio() const;
};

/// Returns the limits in a fixed order: ephemeral_ports (of the destination that needs most of
/// them), time_wait, orphans, tcp_memory (at which the kernel begins to save memory), conntrack,
/// descriptors (of `process`). A host without connection tracking has no conntrack.
std::vector<HostLimit> HostLimitsOf(const Snapshot& snapshot, const ProcessStats& process);

}  // namespace connwatch
