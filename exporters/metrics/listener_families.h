// The families of the metrics page by listener: queues, drops, diagnosis, owner.
#pragma once

#include "core/snapshot.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// Adds no family before the first complete poll of the listeners tier.
void AddListeners(MetricFamilies& families, const Snapshot& snapshot);

}  // namespace connwatch
