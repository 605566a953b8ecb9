// Renders metric families in the Prometheus text exposition format 0.0.4, or in OpenMetrics 1.0.0
// (https://prometheus.io/docs/specs/om/open_metrics_spec/).
//
// prometheus-cpp's TextSerializer, which writes the same through a std::ostream, was rejected: see
// docs/decisions/0004-text-format.md.
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>

#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// Writes gauges, counters, histograms, and summaries without their quantiles. For families of
/// other types it writes only the lines that begin with "#". For OpenMetrics the names of counters
/// must end in _total. Units follow from the names: seconds, bytes, ratio.
std::string ToTextFormat(std::span<const prometheus::MetricFamily> families,
                         MetricsFormat format = MetricsFormat::kText);

}  // namespace connwatch
