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

/// Returns the rates between two readings that are `elapsed` apart. If one of the readings lacks a
/// counter, the rate of that counter is 0, or absent if it can be.
HostRates RatesBetween(const KernelCounters& before, const KernelCounters& after,
                       std::chrono::duration<double> elapsed);

}  // namespace connwatch
