#include "exporters/metrics/text_format.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/metrics/metric_families.h"

namespace connwatch::text_format_test {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Gauges(const std::vector<double>& values) {
  MetricFamily family{"g", "help", MetricType::Gauge, {}};
  for (const double value : values) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"a", "b"}, {"c", "d"}};
    metric.gauge.value = value;
  }
  return family;
}

TEST(TextFormatTest, NumbersKeepTheirValueAndWholeOnesEveryDigit) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector families = {
      Gauges({0, -3, 0.1, 1e-9, 9'007'199'254'740'991, 1'700'000'021, 1e300, kInfinity, -kInfinity,
              std::numeric_limits<double>::quiet_NaN()})};
  EXPECT_EQ(ToTextFormat(families),
            "# HELP g help\n# TYPE g gauge\n"
            "g{a=\"b\",c=\"d\"} 0\n"
            "g{a=\"b\",c=\"d\"} -3\n"
            "g{a=\"b\",c=\"d\"} 0.1\n"
            "g{a=\"b\",c=\"d\"} 1e-09\n"
            "g{a=\"b\",c=\"d\"} 9007199254740991\n"
            "g{a=\"b\",c=\"d\"} 1700000021\n"
            "g{a=\"b\",c=\"d\"} 1e+300\n"
            "g{a=\"b\",c=\"d\"} +Inf\n"
            "g{a=\"b\",c=\"d\"} -Inf\n"
            "g{a=\"b\",c=\"d\"} NaN\n");
}

TEST(TextFormatTest, EscapesLabelsAndHelp) {
  MetricFamily family{"c", "a \"b\" \\ \n c", MetricType::Counter, {}};
  family.metric.emplace_back().label = {{"l", "a \"b\" \\ \n c"}};
  EXPECT_EQ(ToTextFormat(std::vector{family}),
            "# HELP c a \"b\" \\\\ \\n c\n# TYPE c counter\n"
            "c{l=\"a \\\"b\\\" \\\\ \\n c\"} 0\n");
}

// The lines that prometheus-cpp writes, in the same order, but for how a number is written.
TEST(TextFormatTest, IsWhatPrometheusCppWrites) {
  MetricFamily histogram{"h_seconds", "help", MetricType::Histogram, {}};
  for (const std::vector<ClientMetric::Label>& labels :
       {std::vector<ClientMetric::Label>{}, {{"a", "x\\y"}, {"b", "\"\n"}}}) {
    ClientMetric& metric = histogram.metric.emplace_back();
    metric.label = labels;
    metric.histogram.sample_count = 7;
    metric.histogram.sample_sum = 12.5;
    metric.histogram.bucket = {{3, 0.5}, {7, std::numeric_limits<double>::infinity()}};
  }
  MetricFamily empty{"e", "nothing", MetricType::Gauge, {}};
  const std::vector families = {Gauges({1, 2.25, -4}), histogram, empty};
  EXPECT_EQ(ToTextFormat(families), prometheus::TextSerializer().Serialize(families));
}

TEST(TextFormatTest, OpenMetricsNamesCountersUnitsAndTheEnd) {
  MetricFamily counter{"a_seconds_total", "say \"a\"\n\\", MetricType::Counter, {}};
  counter.metric.emplace_back().counter.value = 2;
  MetricFamily histogram{"h_bytes", "h", MetricType::Histogram, {}};
  ClientMetric& metric = histogram.metric.emplace_back();
  metric.histogram.sample_count = 7;
  metric.histogram.sample_sum = 12.5;
  metric.histogram.bucket = {{3, 0.0005}, {4, 2}, {7, std::numeric_limits<double>::infinity()}};
  const MetricFamily gauge{"g_bytes_max", "no unit", MetricType::Gauge, {}};
  const std::vector families = {counter, histogram, gauge};
  EXPECT_EQ(ToTextFormat(families, MetricsFormat::kOpenMetrics),
            "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n"
            "# HELP a_seconds say \\\"a\\\"\\n\\\\\n"
            "a_seconds_total 2\n"
            "# TYPE h_bytes histogram\n# UNIT h_bytes bytes\n# HELP h_bytes h\n"
            "h_bytes_count 7\nh_bytes_sum 12.5\n"
            "h_bytes_bucket{le=\"0.0005\"} 3\n"
            "h_bytes_bucket{le=\"2.0\"} 4\n"
            "h_bytes_bucket{le=\"+Inf\"} 7\n"
            "# TYPE g_bytes_max gauge\n# HELP g_bytes_max no unit\n"
            "# EOF\n");
}

TEST(TextFormatTest, OpenMetricsHasCanonicalBounds) {
  MetricFamily family{"h", "help", MetricType::Histogram, {}};
  auto& buckets = family.metric.emplace_back().histogram.bucket;
  for (const double bound : {-1.0, 0.0, 1e15, 1e300, -std::numeric_limits<double>::infinity()}) {
    buckets.push_back({0, bound});
  }
  const std::string page = ToTextFormat(std::vector{family}, MetricsFormat::kOpenMetrics);
  for (const std::string_view bound : {"-1.0", "0.0", "1000000000000000.0", "1e+300", "-Inf"}) {
    const std::string label = "le=\"" + std::string(bound) + "\"";
    EXPECT_NE(page.find(label), std::string::npos) << bound << " in " << page;
  }
}

TEST(TextFormatTest, OpenMetricsOfNothingIsItsEnd) {
  EXPECT_EQ(ToTextFormat({}, MetricsFormat::kOpenMetrics), "# EOF\n");
}

TEST(TextFormatTest, SummariesHaveACountAndASum) {
  MetricFamilies families;
  families.Summary("a_seconds", "Help.").Add(3, std::chrono::microseconds(1'500), {{"b", "c"}});
  EXPECT_EQ(ToTextFormat(families.list()),
            "# HELP a_seconds Help.\n# TYPE a_seconds summary\n"
            "a_seconds_count{b=\"c\"} 3\na_seconds_sum{b=\"c\"} 0.0015\n");
}

}  // namespace
}  // namespace connwatch::text_format_test
