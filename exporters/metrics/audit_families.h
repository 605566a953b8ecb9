// The families of the metrics page that show how far the others can be trusted: polls, destroy
// events, tracking, folding.
#pragma once

#include "core/snapshot.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

void AddPolls(MetricFamilies& families, const Snapshot& snapshot);
void AddTracking(MetricFamilies& families, const Snapshot& snapshot);
void AddFolded(MetricFamilies& families, const Snapshot& snapshot);
/// The discrepancy is left out if the kernel's own count is unknown.
void AddSelfAudit(MetricFamilies& families, const Snapshot& snapshot);

}  // namespace connwatch
