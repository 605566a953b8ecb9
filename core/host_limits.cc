#include "core/host_limits.h"

#include <algorithm>
#include <utility>

namespace connwatch {

namespace {

using Number = std::optional<std::uint64_t>;

// The busiest source and destination. Empty if no destination needs many ports.
std::string BusiestDestination(const Culprits& culprits) {
  const auto& places = culprits.Of(Trouble::kDestinationPorts).places;
  const auto busiest = std::ranges::max_element(places, {}, &Culprit::count);
  if (busiest == places.end()) return {};
  return "towards " + busiest->key.place.ToString() + " from " + busiest->key.source.ToString();
}

HostLimit EphemeralPorts(const Snapshot& snapshot, const KernelLimits& limits) {
  HostLimit ports{.name = "ephemeral_ports", .used = {}, .limit = limits.ephemeral_ports_available};
  if (!snapshot.sockets) return ports;
  ports.used = snapshot.sockets->ports_used_peak_destination;
  ports.subject = BusiestDestination(snapshot.culprits);
  return ports;
}

Number ToBytes(Number pages, Number page_bytes) {
  if (!pages || !page_bytes) return std::nullopt;
  return *pages * *page_bytes;
}

HostLimit TcpMemory(const SocketStats& sockets, const KernelLimits& limits) {
  return {.name = "tcp_memory",
          .used = ToBytes(sockets.memory_pages, limits.page_bytes),
          .limit = ToBytes(limits.memory_pages_pressure, limits.page_bytes),
          .unit = LimitUnit::kBytes};
}

// kernel: 0 means that there is no limit.
HostLimit Conntrack(const ConntrackStats& conntrack) {
  const Number limit = conntrack.entries_limit == Number(0) ? Number() : conntrack.entries_limit;
  return {.name = "conntrack", .used = conntrack.entries, .limit = limit};
}

}  // namespace

std::string_view Name(LimitUnit unit) { return unit == LimitUnit::kCount ? "count" : "bytes"; }

std::optional<double> HostLimit::UsedRatio() const {
  if (!used || !limit || *limit == 0) return std::nullopt;
  return static_cast<double>(*used) / static_cast<double>(*limit);
}

std::vector<HostLimit> HostLimitsOf(const Snapshot& snapshot, const ProcessStats& process) {
  const KernelStats& kernel = snapshot.kernel;
  const SocketStats sockets = kernel.sockets.value_or(SocketStats{});
  const KernelLimits limits = kernel.limits.value_or(KernelLimits{});
  std::vector<HostLimit> list = {
      EphemeralPorts(snapshot, limits),
      {.name = "time_wait", .used = sockets.time_wait, .limit = limits.time_wait_limit},
      {.name = "orphans", .used = sockets.orphans, .limit = limits.orphan_limit},
      TcpMemory(sockets, limits)};
  const bool has_conntrack = kernel.conntrack.entries || kernel.conntrack.entries_limit;
  if (has_conntrack) list.push_back(Conntrack(kernel.conntrack));
  list.push_back({.name = "descriptors", .used = process.open_fds, .limit = process.max_fds});
  return list;
}

}  // namespace connwatch
