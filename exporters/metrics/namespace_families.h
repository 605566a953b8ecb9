// The families of the metrics page about the other network namespaces of the host, and about the
// walk over the kernel's table that sees them. The host's own namespace is not in them.
#pragma once

#include "core/snapshot.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// Adds no family if the source of sockets does not see other namespaces.
void AddNamespaces(MetricFamilies& families, const Snapshot& snapshot);

/// Adds only connwatch_kernel_walk_in_use if no walk has run.
void AddKernelWalk(MetricFamilies& families, const WalkStatus& walk);

}  // namespace connwatch
