#include "core/kernel/host_rates.h"

namespace connwatch {

HostRates RatesBetween(const KernelCounters& before, const KernelCounters& after,
                       std::chrono::duration<double> elapsed) {
  const auto rate = [&](KernelCounterId id) -> std::optional<double> {
    if (!before[id] || !after[id] || *after[id] < *before[id] || elapsed.count() <= 0) {
      return std::nullopt;
    }
    return static_cast<double>(*after[id] - *before[id]) / elapsed.count();
  };
  return {.syn_cookies_per_second = rate(KernelCounterId::kSyncookiesSent).value_or(0),
          .defer_accept_drops_per_second = rate(KernelCounterId::kDeferAcceptDrop).value_or(0),
          .completed_per_second = rate(KernelCounterId::kPassiveOpens)};
}

}  // namespace connwatch
