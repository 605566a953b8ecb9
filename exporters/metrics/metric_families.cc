#include "exporters/metrics/metric_families.h"

#include <limits>
#include <string>

namespace connwatch {

using prometheus::ClientMetric;
using prometheus::MetricType;

double InSeconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double InSeconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::size_t MetricFamilies::Append(std::string_view name, std::string_view help, MetricType type) {
  list_.push_back({std::string(name), std::string(help), type, {}});
  return list_.size() - 1;
}

ClientMetric& MetricFamilies::AppendSeries(std::size_t index, const Labels& labels) {
  ClientMetric& metric = list_[index].metric.emplace_back();
  metric.label.reserve(labels.size());
  for (const auto& [name, value] : labels) {
    metric.label.push_back({std::string(name), std::string(value)});
  }
  return metric;
}

MetricFamilies::Values MetricFamilies::Gauge(std::string_view name, std::string_view help) {
  return {*this, Append(name, help, MetricType::Gauge)};
}

MetricFamilies::Values MetricFamilies::Counter(std::string_view name, std::string_view help) {
  return {*this, Append(name, help, MetricType::Counter)};
}

void MetricFamilies::GaugeIfKnown(std::string_view name, std::string_view help,
                                  const std::optional<std::uint64_t>& value) {
  if (value) Gauge(name, help).Add(*value);
}

void MetricFamilies::CounterIfKnown(std::string_view name, std::string_view help,
                                    const std::optional<std::uint64_t>& value) {
  if (value) Counter(name, help).Add(*value);
}

MetricFamilies::Histograms MetricFamilies::Histogram(std::string_view name, std::string_view help) {
  return {*this, Append(name, help, MetricType::Histogram)};
}

MetricFamilies::Summaries MetricFamilies::Summary(std::string_view name, std::string_view help) {
  return {*this, Append(name, help, MetricType::Summary)};
}

MetricFamilies::Values& MetricFamilies::Values::Add(double value, const Labels& labels) {
  ClientMetric& series = list_.AppendSeries(index_, labels);
  if (list_.list_[index_].type == MetricType::Counter) {
    series.counter.value = value;
  } else {
    series.gauge.value = value;
  }
  return *this;
}

MetricFamilies::Values& MetricFamilies::Values::Add(std::uint64_t value, const Labels& labels) {
  return Add(static_cast<double>(value), labels);
}

MetricFamilies::Histograms& MetricFamilies::Histograms::Add(const DurationHistogram& histogram,
                                                            const Labels& labels) {
  ClientMetric::Histogram& series = list_.AppendSeries(index_, labels).histogram;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < histogram.bucket_counts().size(); ++i) {
    cumulative += histogram.bucket_counts()[i];
    const double upper_bound = i < histogram.upper_bounds().size()
                                   ? InSeconds(histogram.upper_bounds()[i])
                                   : std::numeric_limits<double>::infinity();
    series.bucket.push_back({cumulative, upper_bound});
  }
  series.sample_count = cumulative;
  series.sample_sum = InSeconds(histogram.sum());
  return *this;
}

MetricFamilies::Histograms& MetricFamilies::Histograms::Add(const LatencyCounts& latency,
                                                            const Labels& labels) {
  ClientMetric::Histogram& series = list_.AppendSeries(index_, labels).histogram;
  for (const std::chrono::nanoseconds bound : ShownLatencyBounds()) {
    series.bucket.push_back({latency.CountUpTo(bound), InSeconds(bound)});
  }
  series.bucket.push_back({latency.count(), std::numeric_limits<double>::infinity()});
  series.sample_count = latency.count();
  series.sample_sum = InSeconds(latency.sum());
  return *this;
}

MetricFamilies::Summaries& MetricFamilies::Summaries::Add(std::uint64_t count,
                                                          std::chrono::duration<double> sum,
                                                          const Labels& labels) {
  ClientMetric::Summary& series = list_.AppendSeries(index_, labels).summary;
  series.sample_count = count;
  series.sample_sum = sum.count();
  return *this;
}

}  // namespace connwatch
