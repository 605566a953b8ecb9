// Renders a Report as the /metrics page. docs/metrics.md lists the names. Pure; may run on any
// thread.
#pragma once

#include <string>

#include "core/report.h"
#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// Returns the whole page. A value that is not in the report is left out, never shown as 0.
std::string RenderMetricsPage(const Report& report, MetricsFormat format = MetricsFormat::kText);

}  // namespace connwatch
