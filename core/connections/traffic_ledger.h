// What connections have moved since the daemon started, by direction and group: sums that only
// grow. The ConnectionTracker adds to them; the exporters show them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/base/duration_histogram.h"
#include "core/connections/connection_usage.h"
#include "core/groups/group_key.h"

namespace connwatch {

struct GroupTraffic {
  explicit GroupTraffic(std::span<const DurationHistogram::Duration> rtt_bounds)
      : closed_rtt(rtt_bounds), closed_min_rtt(rtt_bounds) {}

  ConnectionUsage usage;
  /// Restarts the histograms if `bounds` differ from theirs.
  void UseRttBounds(std::span<const DurationHistogram::Duration> bounds) {
    if (std::ranges::equal(closed_rtt.upper_bounds(), bounds)) return;
    closed_rtt = DurationHistogram(bounds);
    closed_min_rtt = DurationHistogram(bounds);
  }

  std::uint64_t closed = 0;  // connections
  /// One observation per closed connection whose final values are known.
  DurationHistogram closed_rtt;
  DurationHistogram closed_min_rtt;
};

using TrafficLedger = PerGroup<GroupTraffic>;

}  // namespace connwatch
