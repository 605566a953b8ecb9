#include "exporters/metrics/metrics_format.h"

#include <gtest/gtest.h>

namespace connwatch::metrics_format_test {
namespace {

TEST(MetricsFormatTest, OpenMetricsWhereItIsNamed) {
  for (const char* accept :
       {"application/openmetrics-text", "application/openmetrics-text; version=1.0.0",
        "Application/OpenMetrics-Text;VERSION=\"1.0.0\";charset=utf-8",
        // Prometheus 2.42
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "text/plain, application/openmetrics-text", "*/*, application/openmetrics-text",
        "text/plain;q=0.4, application/openmetrics-text;q=0.5",
        "text/plain;version=1.0.0, application/openmetrics-text;q=0.1",
        "*/*, text/plain;q=0.1, application/openmetrics-text;q=0.2"}) {
    EXPECT_EQ(ChooseFormat(accept), MetricsFormat::kOpenMetrics) << accept;
  }
}

TEST(MetricsFormatTest, TextOtherwise) {
  for (const char* accept :
       {"", "*/*", "text/html, */*;q=0.8", "application/*", "application/json",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;version=2.0.0", "application/openmetrics-textual",
        "text/plain, application/openmetrics-text;q=0.999",
        "text/*;q=0.7, application/openmetrics-text;q=0.5",
        "*/*;q=0.1, text/plain;q=0.9, application/openmetrics-text;q=0.5",
        "application/openmetrics-text;q=0.000, */*", ";;, ,=", "\"", "\"application/openmetrics"}) {
    EXPECT_EQ(ChooseFormat(accept), MetricsFormat::kText) << accept;
  }
}

}  // namespace
}  // namespace connwatch::metrics_format_test
