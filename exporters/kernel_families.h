// The kernel's own counters and limits as metrics.
#pragma once

#include "core/kernel_stats.h"
#include "exporters/metric_families.h"

namespace connwatch {

/// What this kernel does not have gives no family.
void AddKernelStats(MetricFamilies& families, const KernelStats& stats);

}  // namespace connwatch
