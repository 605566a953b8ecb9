// The families of the metrics page about all sockets together.
#pragma once

#include "core/snapshot.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// Adds no family before the first complete full poll.
void AddSockets(MetricFamilies& families, const Snapshot& snapshot);

}  // namespace connwatch
