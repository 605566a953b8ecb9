// What the kernel says of TCP as a whole, for snapshots of tests.
#pragma once

#include "core/kernel/kernel_rates.h"

namespace connwatch {

inline KernelStats TestKernelStats() {
  KernelStats kernel{
      .counters = KernelCounters{}, .sockets = SocketStats{}, .limits = KernelLimits{}};
  for (std::size_t i = 0; i < kKernelCounterCount; ++i) kernel.counters->values.at(i) = 1'000 + i;
  kernel.sockets->orphans = 3;
  kernel.sockets->time_wait = 55;
  kernel.sockets->memory_pages = 44;
  kernel.limits = {.time_wait_limit = 65'536,
                   .orphan_limit = 65'537,
                   .memory_pages_pressure = 381'704,
                   .memory_pages_limit = 572'556,
                   .page_bytes = 4'096,
                   .ephemeral_ports = std::nullopt,
                   .reserved_ports = {},
                   .ephemeral_ports_available = 28'232,
                   .syn_linear_timeouts = 4};
  kernel.conntrack = {
      .entries = 65'536, .entries_limit = 262'144, .insert_failed = 6, .drop = 7, .early_drop = 8};
  return kernel;
}

inline KernelRates TestKernelRates() {
  KernelRates rates{.span = std::chrono::seconds(10), .per_second = {}};
  const auto set = [&](KernelCounterId id, double rate) {
    rates.per_second.at(static_cast<std::size_t>(id)) = rate;
  };
  set(KernelCounterId::kOutSegs, 1'500);
  set(KernelCounterId::kRetransSegs, 100);
  set(KernelCounterId::kActiveOpens, 12.5);
  set(KernelCounterId::kPassiveOpens, 40);
  set(KernelCounterId::kAttemptFails, 0.5);
  set(KernelCounterId::kOutRsts, 0.25);
  set(KernelCounterId::kEstabResets, 0.125);
  set(KernelCounterId::kListenDrops, 2);
  return rates;
}

}  // namespace connwatch
