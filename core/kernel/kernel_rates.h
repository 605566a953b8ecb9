// How fast the kernel's counters grow, for people who look at the whole host. Values, part of a
// Snapshot. kernel_rate_meter.h makes them from the readings of the last seconds.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "core/kernel/kernel_stats.h"

namespace connwatch {

struct KernelRates {
  /// The time over which the counters were compared.
  std::chrono::duration<double> span{0};
  /// Indexed as kKernelCounterSources is. Absent if either reading lacks the counter, or if the
  /// counter went back.
  std::array<std::optional<double>, kKernelCounterCount> per_second;

  const std::optional<double>& operator[](KernelCounterId id) const {
    return per_second.at(static_cast<std::size_t>(id));
  }

  /// All segments sent, those that were sent again included.
  // kernel: __tcp_transmit_skb() counts a segment as OutSegs only if it has new data or none, so
  // OutSegs lacks what RetransSegs counts.
  std::optional<double> SegmentsSentPerSecond() const;

  /// The share of the segments sent that were sent again; absent if none was sent.
  std::optional<double> RetransmittedRatio() const;
};

/// Returns the rates between two readings that are `span` apart, which must be more than 0.
KernelRates KernelRatesBetween(const KernelCounters& before, const KernelCounters& after,
                               std::chrono::duration<double> span);

}  // namespace connwatch
