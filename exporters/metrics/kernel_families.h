// The kernel's own counters and limits as metrics.
#pragma once

#include "core/kernel/kernel_stats.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// Adds no family for what this kernel does not have.
void AddKernelStats(MetricFamilies& families, const KernelStats& stats);

}  // namespace connwatch
