// The metric families of one page while it is made, built on prometheus-cpp's MetricFamily. With
// it, the code of a page reads as a list of metrics. Values come in the project's own units and are
// converted to base units: seconds and bytes.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/duration_histogram.h"
#include "core/base/instant.h"
#include "core/handshakes/latency_counts.h"

namespace connwatch {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

/// The only conversion of durations for the page.
double InSeconds(std::chrono::nanoseconds duration);
/// Seconds since 1970-01-01 UTC.
double InSeconds(WallTime time);

class MetricFamilies {
 public:
  /// A family of gauges or counters in the list; valid as long as the list.
  class Values {
   public:
    Values& Add(double value, const Labels& labels = {});
    Values& Add(std::uint64_t value, const Labels& labels = {});

   private:
    friend class MetricFamilies;
    Values(MetricFamilies& list, std::size_t index) : list_(list), index_(index) {}
    MetricFamilies& list_;
    std::size_t index_;
  };

  /// A family of histograms in the list; valid as long as the list.
  class Histograms {
   public:
    Histograms& Add(const DurationHistogram& histogram, const Labels& labels = {});
    /// With the bounds ShownLatencyBounds().
    Histograms& Add(const LatencyCounts& latency, const Labels& labels = {});

   private:
    friend class MetricFamilies;
    Histograms(MetricFamilies& list, std::size_t index) : list_(list), index_(index) {}
    MetricFamilies& list_;
    std::size_t index_;
  };

  /// A family of summaries without quantiles in the list: `rate(sum) / rate(count)` is the mean.
  /// Valid as long as the list.
  class Summaries {
   public:
    Summaries& Add(std::uint64_t count, std::chrono::duration<double> sum,
                   const Labels& labels = {});

   private:
    friend class MetricFamilies;
    Summaries(MetricFamilies& list, std::size_t index) : list_(list), index_(index) {}
    MetricFamilies& list_;
    std::size_t index_;
  };

  Values Gauge(std::string_view name, std::string_view help);
  Values Counter(std::string_view name, std::string_view help);
  // These add one series without labels, or no family if there is no value.
  void GaugeIfKnown(std::string_view name, std::string_view help,
                    const std::optional<std::uint64_t>& value);
  void CounterIfKnown(std::string_view name, std::string_view help,
                      const std::optional<std::uint64_t>& value);
  Histograms Histogram(std::string_view name, std::string_view help);
  Summaries Summary(std::string_view name, std::string_view help);

  const std::vector<prometheus::MetricFamily>& list() const { return list_; }

 private:
  std::size_t Append(std::string_view name, std::string_view help, prometheus::MetricType type);
  prometheus::ClientMetric& AppendSeries(std::size_t index, const Labels& labels);

  std::vector<prometheus::MetricFamily> list_;
};

}  // namespace connwatch
