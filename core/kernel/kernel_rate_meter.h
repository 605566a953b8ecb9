// Remembers the readings of the kernel's counters of the last seconds, and computes KernelRates
// from them. Pure; time is passed in.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "core/base/instant.h"
#include "core/kernel/kernel_rates.h"

namespace connwatch {

class KernelRateMeter {
 public:
  /// Rates are over this time, or over the time between two readings if that is longer. After the
  /// start they are over the time since the first reading.
  static constexpr std::chrono::seconds kSpan{10};
  /// Rates over a shorter time are not computed: a single event would look like many per second.
  static constexpr std::chrono::milliseconds kMinSpan{900};
  /// Readings that come sooner after the one before are not remembered.
  static constexpr std::chrono::milliseconds kMinDistance{500};

  /// Takes a reading that was made `now`. Times must not go back. Returns the rates up to it;
  /// nullopt if it is absent, or if there is no other reading at least kMinSpan before it.
  std::optional<KernelRates> Observe(const std::optional<KernelCounters>& counters,
                                     MonotonicTime now);

 private:
  struct Reading {
    MonotonicTime at;
    KernelCounters counters;
  };

  // The oldest first. Only the first may be older than kSpan.
  std::deque<Reading> readings_;
};

}  // namespace connwatch
