// Metric families -> the Prometheus text exposition format 0.0.4, or OpenMetrics 1.0.0
// (https://prometheus.io/docs/specs/om/open_metrics_spec/).
//
// Not prometheus-cpp's TextSerializer, which writes the same through a std::ostream: see
// docs/decisions/0004-text-format.md.
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>

#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// Gauges, counters and histograms; families of other types have no lines but the first two. For
/// OpenMetrics the names of counters must end in _total. Units follow from the names: seconds,
/// bytes, ratio.
std::string ToTextFormat(std::span<const prometheus::MetricFamily> families,
                         MetricsFormat format = MetricsFormat::kText);

}  // namespace connwatch
