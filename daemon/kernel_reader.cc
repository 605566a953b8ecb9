#include "daemon/kernel_reader.h"

#include <utility>

#include "daemon/logging.h"
#include "procfs/kernel_counters.h"
#include "procfs/kernel_limits.h"
#include "procfs/socket_stats.h"

namespace connwatch {

template <typename T>
std::optional<T> KernelReader::Keep(const std::string& name, Result<T> read) {
  if (!read) {
    if (failing_.insert(name).second) LogWarning(name + ": " + read.error().context);
    return std::nullopt;
  }
  if (failing_.erase(name) > 0) LogInfo(name + ": readable again");
  return std::move(read).value();
}

KernelStats KernelReader::Read() {
  return {.counters = Keep("kernel counters", ReadKernelCounters("/proc/net")),
          .sockets = Keep("socket statistics", ReadSocketStats("/proc/net")),
          .limits = Keep("kernel limits", ReadKernelLimits("/proc/sys/net/ipv4"))};
}

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
