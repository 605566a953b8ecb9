// The kernel's own counters and limits as metrics.
#pragma once

#include "core/kernel/kernel_stats.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// What this kernel does not have gives no family.
void AddKernelStats(MetricFamilies& families, const KernelStats& stats);

}  // namespace connwatch
