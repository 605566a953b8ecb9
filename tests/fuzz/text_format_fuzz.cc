// Any families, with any help, values of labels and numbers: what is written reads as it was given.
#include <fuzzer/FuzzedDataProvider.h>
#include <prometheus/metric_family.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exporters/metrics/text_format.h"
#include "tests/fuzz/any_report.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_page.h"

namespace {

using connwatch::MetricsFormat;
using connwatch::PageSeries;
using connwatch::ReadAnyNumber;
using connwatch::Require;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t kLongest = 200;

ClientMetric::Histogram ReadHistogram(FuzzedDataProvider& input) {
  ClientMetric::Histogram histogram;
  histogram.sample_count = input.ConsumeIntegral<std::uint64_t>();
  histogram.sample_sum = ReadAnyNumber(input);
  for (unsigned left = input.ConsumeIntegralInRange(0U, 3U); left > 0; --left) {
    histogram.bucket.push_back({input.ConsumeIntegral<std::uint64_t>(), ReadAnyNumber(input)});
  }
  return histogram;
}

ClientMetric ReadMetric(FuzzedDataProvider& input) {
  constexpr std::array<const char*, 3> kNames = {"listener", "group", "_x9"};
  ClientMetric metric;
  const std::size_t labels = input.ConsumeIntegralInRange<std::size_t>(0, kNames.size());
  for (std::size_t i = 0; i < labels; ++i) {
    metric.label.push_back({kNames.at(i), input.ConsumeRandomLengthString(kLongest)});
  }
  metric.gauge.value = ReadAnyNumber(input);
  metric.counter.value = ReadAnyNumber(input);
  metric.histogram = ReadHistogram(input);
  return metric;
}

std::vector<MetricFamily> ReadFamilies(FuzzedDataProvider& input) {
  constexpr std::array<std::pair<const char*, MetricType>, 4> kKinds = {
      {{"connwatch_up", MetricType::Gauge},
       {"connwatch_age_seconds", MetricType::Gauge},
       {"connwatch_sent_bytes_total", MetricType::Counter},
       {"connwatch_rtt_seconds", MetricType::Histogram}}};
  std::vector<MetricFamily> families;
  for (const auto& [name, type] : kKinds) {
    MetricFamily& family = families.emplace_back();
    family.name = name;
    family.type = type;
    family.help = input.ConsumeRandomLengthString(kLongest);
    for (unsigned left = input.ConsumeIntegralInRange(0U, 3U); left > 0; --left) {
      family.metric.push_back(ReadMetric(input));
    }
  }
  return families;
}

void CheckSeries(const PageSeries& series, const ClientMetric& metric, double value) {
  Require(series.value == value || (std::isnan(series.value) && std::isnan(value)));
  Require(series.labels.size() >= metric.label.size());
  for (std::size_t i = 0; i < metric.label.size(); ++i) {
    Require(series.labels[i].first == metric.label[i].name);
    Require(series.labels[i].second == metric.label[i].value);
  }
}

void CheckHistogram(const PageSeries* series, const ClientMetric& metric) {
  const ClientMetric::Histogram& histogram = metric.histogram;
  CheckSeries(series[0], metric, static_cast<double>(histogram.sample_count));
  CheckSeries(series[1], metric, histogram.sample_sum);
  for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
    const PageSeries& bucket = series[2 + i];
    CheckSeries(bucket, metric, static_cast<double>(histogram.bucket[i].cumulative_count));
    Require(bucket.labels.back().first == "le");
    const double bound = connwatch::ReadPageNumber(bucket.labels.back().second);
    const double expected = histogram.bucket[i].upper_bound;
    Require(bound == expected || (std::isnan(bound) && std::isnan(expected)));
  }
}

void CheckFamily(const connwatch::PageFamily& read, const MetricFamily& family) {
  Require(read.help == family.help);
  std::size_t next = 0;
  for (const ClientMetric& metric : family.metric) {
    const bool is_histogram = family.type == MetricType::Histogram;
    const std::size_t lines = is_histogram ? 2 + metric.histogram.bucket.size() : 1;
    Require(next + lines <= read.series.size());
    if (is_histogram) {
      CheckHistogram(&read.series[next], metric);
    } else {
      const bool is_gauge = family.type == MetricType::Gauge;
      CheckSeries(read.series[next], metric, is_gauge ? metric.gauge.value : metric.counter.value);
    }
    next += lines;
  }
  Require(next == read.series.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider input(bytes, size);
  const std::vector<MetricFamily> families = ReadFamilies(input);
  for (const MetricsFormat format : {MetricsFormat::kText, MetricsFormat::kOpenMetrics}) {
    const auto read = connwatch::ReadStrictPage(connwatch::ToTextFormat(families, format), format);
    Require(read.size() == families.size());
    for (std::size_t i = 0; i < read.size(); ++i) CheckFamily(read[i], families[i]);
  }
  return 0;
}
