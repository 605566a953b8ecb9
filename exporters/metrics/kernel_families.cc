#include "exporters/metrics/kernel_families.h"

#include <string>

namespace connwatch {

namespace {

void AddCounters(MetricFamilies& families, const KernelCounters& counters) {
  for (const KernelCounterSource& source : kKernelCounterSources) {
    const auto& value = counters[source.id];
    if (!value) continue;
    families
        .Counter(
            "connwatch_kernel_" + std::string(source.name) + "_total",
            "The kernel's " + std::string(source.group) + " " + std::string(source.column) + ".")
        .Add(*value);
  }
}

void AddSocketStats(MetricFamilies& families, const SocketStats& stats) {
  families.GaugeIfKnown("connwatch_tcp_orphans", "Sockets that no process holds any more.",
                        stats.orphans);
  families.GaugeIfKnown("connwatch_tcp_time_wait",
                        "TIME-WAIT sockets as the kernel counts them against the limit.",
                        stats.time_wait);
  families.GaugeIfKnown("connwatch_tcp_memory_pages", "Memory of all TCP sockets of the host.",
                        stats.memory_pages);
}

void AddLimits(MetricFamilies& families, const KernelLimits& limits) {
  families.GaugeIfKnown("connwatch_tcp_time_wait_limit", "Limit of TIME-WAIT sockets.",
                        limits.time_wait_limit);
  families.GaugeIfKnown("connwatch_tcp_orphan_limit", "Limit of orphans.", limits.orphan_limit);
  families.GaugeIfKnown("connwatch_tcp_memory_pages_pressure",
                        "Memory at which the kernel begins to save memory of TCP.",
                        limits.memory_pages_pressure);
  families.GaugeIfKnown("connwatch_tcp_memory_pages_limit", "Limit of TCP's memory.",
                        limits.memory_pages_limit);
  families.GaugeIfKnown("connwatch_ephemeral_ports_available",
                        "Local ports for outbound connections: the range less the reserved ones.",
                        limits.ephemeral_ports_available);
}

void AddConntrack(MetricFamilies& families, const ConntrackStats& conntrack) {
  families.GaugeIfKnown("connwatch_kernel_conntrack_entries",
                        "Entries of the packet filter's connection tracking table.",
                        conntrack.entries);
  families.GaugeIfKnown("connwatch_kernel_conntrack_entries_limit", "Limit of these entries.",
                        conntrack.entries_limit);
  families.CounterIfKnown("connwatch_kernel_conntrack_insert_failed_total",
                          "Packets dropped because their entry could not be inserted.",
                          conntrack.insert_failed);
  families.CounterIfKnown(
      "connwatch_kernel_conntrack_drop_total",
      "Packets dropped for lack of room for an entry, or because inserting it failed.",
      conntrack.drop);
  families.CounterIfKnown("connwatch_kernel_conntrack_early_drop_total",
                          "Entries removed early to make room in a full table.",
                          conntrack.early_drop);
}

}  // namespace

void AddKernelStats(MetricFamilies& families, const KernelStats& stats) {
  if (stats.counters) AddCounters(families, *stats.counters);
  if (stats.sockets) AddSocketStats(families, *stats.sockets);
  if (stats.limits) AddLimits(families, *stats.limits);
  AddConntrack(families, stats.conntrack);
}

}  // namespace connwatch
