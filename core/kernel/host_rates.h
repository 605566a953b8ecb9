// What happens on the whole host in a second, between two readings of the kernel's counters. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Rates of the whole host, between two readings of its counters.
struct HostRates {
  double syn_cookies_per_second = 0;
  double defer_accept_drops_per_second = 0;
  std::optional<double> completed_per_second;
};

/// Rates between two readings of the counters, `elapsed` apart. A counter that one of them lacks
/// has no rate: 0, or absent.
HostRates RatesBetween(const KernelCounters& before, const KernelCounters& after,
                       std::chrono::duration<double> elapsed);

}  // namespace connwatch
