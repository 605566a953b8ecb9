// Snapshot -> the /metrics page. Names are listed in docs/metrics.md. Pure; may run on any thread.
#pragma once

#include <string>

#include "core/build_info.h"
#include "core/snapshot.h"
#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// The whole page. What the snapshot does not have is left out, never shown as 0.
std::string RenderMetricsPage(const Snapshot& snapshot, const BuildInfo& build,
                              MetricsFormat format = MetricsFormat::kText);

}  // namespace connwatch
