// Metric families -> the Prometheus text exposition format 0.0.4.
//
// Not prometheus-cpp's TextSerializer, which writes the same through a std::ostream: see
// docs/decisions/0004-text-format.md.
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>

namespace connwatch {

/// Gauges, counters and histograms; families of other types have no lines but the first two.
std::string ToTextFormat(std::span<const prometheus::MetricFamily> families);

}  // namespace connwatch
