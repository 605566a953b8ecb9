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
  families.GaugeIfKnown("connwatch_tcp_memory_pages_limit", "Limit of TCP's memory.",
                        limits.memory_pages_limit);
  families.GaugeIfKnown("connwatch_ephemeral_ports_available",
                        "Local ports for outbound connections: the range less the reserved ones.",
                        limits.ephemeral_ports_available);
}

}  // namespace

void AddKernelStats(MetricFamilies& families, const KernelStats& stats) {
  if (stats.counters) AddCounters(families, *stats.counters);
  if (stats.sockets) AddSocketStats(families, *stats.sockets);
  if (stats.limits) AddLimits(families, *stats.limits);
}

}  // namespace connwatch
