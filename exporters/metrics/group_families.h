// The families of the metrics page by group: sockets, round-trip times, what connections moved,
// queues, pending connects.
#pragma once

#include "core/snapshot.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// Adds levels only after the first complete poll of their tier.
void AddGroups(MetricFamilies& families, const Snapshot& snapshot);

}  // namespace connwatch
