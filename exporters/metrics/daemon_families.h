// The families of the metrics page about the daemon itself: configuration, log, build, process,
// refused HTTP clients.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/report.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

void AddWebRefusals(MetricFamilies& families, const WebRefusalCounts& counts);
void AddHttpHeldBytes(MetricFamilies& families, std::size_t bytes);
void AddLog(MetricFamilies& families, std::uint64_t lines_lost);
void AddIncidentStore(MetricFamilies& families, const IncidentStoreStatus& store);
void AddConfig(MetricFamilies& families, const ConfigStatus& config);
void AddBuild(MetricFamilies& families, const BuildInfo& build);
/// Adds no family for what could not be read.
void AddProcess(MetricFamilies& families, const ProcessStats& process);

}  // namespace connwatch
