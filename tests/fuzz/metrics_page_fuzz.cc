// Any texts and numbers on the metrics page: both formats can be read, say the same, and give the
// texts back.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exporters/metrics/metrics_page.h"
#include "tests/fuzz/any_report.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_page.h"

namespace {

using connwatch::MetricsFormat;
using connwatch::PageFamily;
using connwatch::PageSeries;
using connwatch::Require;

bool AreSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::vector<PageSeries> SeriesOf(const std::vector<PageFamily>& families) {
  std::vector<PageSeries> all;
  for (const PageFamily& family : families) {
    all.insert(all.end(), family.series.begin(), family.series.end());
  }
  return all;
}

// A bound is 1 in one format and 1.0 in the other.
void CheckSameLabels(const PageSeries& text, const PageSeries& open_metrics) {
  Require(text.labels.size() == open_metrics.labels.size());
  for (std::size_t i = 0; i < text.labels.size(); ++i) {
    const auto& [name, value] = text.labels[i];
    const auto& [other_name, other_value] = open_metrics.labels[i];
    Require(name == other_name);
    Require(name == "le"
                ? connwatch::ReadPageNumber(value) == connwatch::ReadPageNumber(other_value)
                : value == other_value);
  }
}

void CheckNoneTwice(const std::vector<PageSeries>& all) {
  std::set<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> seen;
  for (const PageSeries& series : all) {
    auto labels = series.labels;
    std::ranges::sort(labels);
    Require(seen.emplace(series.name, std::move(labels)).second);
  }
}

bool IsInALabel(const std::string& text, const std::vector<PageSeries>& all) {
  return std::ranges::any_of(all, [&text](const PageSeries& series) {
    return std::ranges::any_of(series.labels, [&text](const auto& label) {
      return label.second.find(text) != std::string::npos;
    });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider input(bytes, size);
  const connwatch::AnyReport any = connwatch::ReadAnyReport(input);
  const auto read = [&any](MetricsFormat format) {
    const std::string page = connwatch::RenderMetricsPage(any.report, format);
    return SeriesOf(connwatch::ReadStrictPage(page, format));
  };
  const std::vector<PageSeries> text = read(MetricsFormat::kText);
  const std::vector<PageSeries> open_metrics = read(MetricsFormat::kOpenMetrics);
  Require(text.size() == open_metrics.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    Require(text[i].name == open_metrics[i].name);
    Require(AreSame(text[i].value, open_metrics[i].value));
    CheckSameLabels(text[i], open_metrics[i]);
  }
  CheckNoneTwice(text);
  for (const std::string& expected : any.in_labels) Require(IsInALabel(expected, text));
  return 0;
}
