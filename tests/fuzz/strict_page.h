// Reads a metrics page strictly, so that a fuzz target can compare it with what was written.
// Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and
// https://prometheus.io/docs/specs/om/open_metrics_spec/
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/metrics/metrics_format.h"

namespace connwatch {

struct PageSeries {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  // in the order of the page
  double value = 0;
};

struct PageFamily {
  std::string name;  // of a counter in OpenMetrics: without "_total"
  std::string type;
  std::string help;
  std::vector<PageSeries> series;
};

/// Requires that each line of `page` is as the format wants it and that no family is there twice.
std::vector<PageFamily> ReadStrictPage(std::string_view page, MetricsFormat format);

/// Requires that `text` is a number of either format, and returns it.
double ReadPageNumber(std::string_view text);

}  // namespace connwatch
