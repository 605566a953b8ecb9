#include "monitor/kernel_reader.h"

#include <utility>

#include "procfs/conntrack.h"
#include "procfs/kernel_counters.h"
#include "procfs/kernel_limits.h"
#include "procfs/socket_stats.h"

namespace connwatch {

template <typename T>
std::optional<T> KernelReader::Keep(const std::string& name, Result<T> read) {
  if (!read) {
    if (failing_.insert(name).second) log_(true, name + ": " + read.error().context);
    return std::nullopt;
  }
  if (failing_.erase(name) > 0) log_(false, name + ": readable again");
  return std::move(read).value();
}

std::optional<KernelCounters> KernelReader::ReadCounters() {
  return Keep("kernel counters", ReadKernelCounters("/proc/net"));
}

std::optional<std::uint64_t> KernelReader::ReadListenDrops() {
  const std::optional<KernelCounters> counters = ReadCounters();
  return counters ? (*counters)[KernelCounterId::kListenDrops] : std::nullopt;
}

KernelStats KernelReader::Read() {
  return {
      .counters = ReadCounters(),
      .sockets = Keep("socket statistics", ReadSocketStats("/proc/net")),
      .limits = Keep("kernel limits", ReadKernelLimits("/proc/sys/net/ipv4")),
      .conntrack = Keep("connection tracking", ReadConntrack("/proc")).value_or(ConntrackStats{})};
}

}  // namespace connwatch
