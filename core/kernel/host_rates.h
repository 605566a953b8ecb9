// Rates of the whole network namespace, computed from two readings of the kernel's counters. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Rates between two readings of the counters. The kernel does not count these per listener.
struct HostRates {
  double syn_cookies_per_second = 0;
  double defer_accept_drops_per_second = 0;
  std::optional<double> completed_per_second;
};

/// Returns the rates between two readings that are `elapsed` apart. If a rate cannot be computed,
/// for example because a reading lacks its counter, the rate is absent, or 0 if its type is not
/// optional.
HostRates RatesBetween(const KernelCounters& before, const KernelCounters& after,
                       std::chrono::duration<double> elapsed);

}  // namespace connwatch
