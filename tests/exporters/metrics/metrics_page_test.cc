#include "exporters/metrics/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/reports.h"
#include "tests/support/text_files.h"

namespace connwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

// After an intended change: CONNWATCH_UPDATE_GOLDEN=1 build/dev/exporters_test, and read the diff.
void ExpectGolden(const std::string& page, const std::filesystem::path& golden_file) {
  if (std::getenv("CONNWATCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(CONNWATCH_SOURCE_DIR / golden_file) << page;
  }
  EXPECT_EQ(page, ReadSourceFile(golden_file));
}

TEST(MetricsPageTest, IsTheGoldenFile) {
  ExpectGolden(RenderMetricsPage(FullReport()), "tests/testdata/metrics_page.txt");
}

TEST(MetricsPageTest, OpenMetricsIsTheGoldenFile) {
  ExpectGolden(RenderMetricsPage(FullReport(), MetricsFormat::kOpenMetrics),
               "tests/testdata/openmetrics_page.txt");
}

TEST(MetricsPageTest, BeforeTheFirstPollSocketsAreAbsentNotZero) {
  const std::string page = RenderMetricsPage(EmptyReport());
  EXPECT_THAT(page, Not(HasSubstr("connwatch_tcp_sockets")));
  EXPECT_THAT(page, Not(HasSubstr("connwatch_listener_")));
  EXPECT_THAT(page, Not(HasSubstr("connwatch_syn_sent_")));
  EXPECT_THAT(page, Not(HasSubstr("last_success_timestamp_seconds{")));
  EXPECT_THAT(page, HasSubstr("connwatch_polls_total{tier=\"full\",result=\"success\"} 0\n"));
}

TEST(MetricsPageTest, LargeCountsKeepEveryDigit) {
  Snapshot snapshot = FullSnapshot();
  snapshot.totals.dump_duplicates = 9'007'199'254'740'991;  // 2^53 - 1
  EXPECT_THAT(RenderMetricsPage(ReportOf(snapshot)),
              HasSubstr("connwatch_dump_duplicates_total 9007199254740991\n"));
}

}  // namespace
}  // namespace connwatch
