#include "exporters/metrics/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/reports.h"
#include "tests/support/text_files.h"

namespace connwatch::metrics_page_test {
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

// The lines of `page` without those that are about other network namespaces or the walk.
std::string OfTheOwnNamespace(const std::string& page) {
  std::istringstream lines(page);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const bool is_other = line.find("netns") != std::string::npos ||
                          line.find("network_namespaces") != std::string::npos ||
                          line.find("kernel_walk") != std::string::npos;
    if (!is_other) kept += line + "\n";
  }
  return kept;
}

TEST(MetricsPageTest, OtherNamespacesChangeNoSeriesOfTheHostsOwn) {
  for (const MetricsFormat format : {MetricsFormat::kText, MetricsFormat::kOpenMetrics}) {
    const std::string without = RenderMetricsPage(FullReport(OwnNamespaceSnapshot()), format);
    EXPECT_THAT(without, Not(HasSubstr("netns")));
    EXPECT_THAT(without, Not(HasSubstr("network_namespaces")));
    EXPECT_THAT(without, HasSubstr("connwatch_kernel_walk_in_use 0\n"));
    EXPECT_THAT(without, Not(HasSubstr("connwatch_kernel_walk_r")));
    EXPECT_EQ(OfTheOwnNamespace(without),
              OfTheOwnNamespace(RenderMetricsPage(FullReport(), format)));
  }
}

std::size_t SeriesOf(const std::string& page, const std::string& netns) {
  const std::string label = "netns=\"" + netns + "\"";
  std::istringstream lines(page);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(label) != std::string::npos) ++count;
  }
  return count;
}

TEST(MetricsPageTest, ANamespaceHasFewSeries) {
  const std::string page = RenderMetricsPage(FullReport());
  EXPECT_EQ(SeriesOf(page, "web"), 35U) << "three outcomes have occurred";
  EXPECT_EQ(SeriesOf(page, "unnamed-1"), 25U) << "it has no listener, and nothing has occurred";
  EXPECT_EQ(SeriesOf(page, "other"), 27U) << "diagnoses and numbers are not known";
  const std::string untraced = RenderMetricsPage(FullReport(UntracedSnapshot()));
  EXPECT_EQ(SeriesOf(untraced, "web"), 32U);
  EXPECT_EQ(SeriesOf(untraced, "unnamed-1"), 25U);
}

TEST(MetricsPageTest, NamespacesAreSummedUpOnlyIfThereIsSomethingToSumUp) {
  Snapshot snapshot = FullSnapshot();
  NetworkNamespaces& namespaces = snapshot.namespaces.value();
  namespaces.folded = 0;
  EXPECT_EQ(SeriesOf(RenderMetricsPage(ReportOf(snapshot)), "other"), 27U) << "counters stay";
  namespaces.other = {};
  EXPECT_EQ(SeriesOf(RenderMetricsPage(ReportOf(snapshot)), "other"), 0U);
  namespaces.folded = 1;
  EXPECT_GT(SeriesOf(RenderMetricsPage(ReportOf(snapshot)), "other"), 0U);
}

TEST(MetricsPageTest, NamesOfNamespacesAreEscaped) {
  Snapshot snapshot = FullSnapshot();
  snapshot.namespaces->shown.back().identity.name = "a\\b\"c\nd";
  EXPECT_THAT(RenderMetricsPage(ReportOf(snapshot)),
              HasSubstr(R"(connwatch_netns_syn_queue_peak{netns="a\\b\"c\nd"} 40)"));
}

TEST(MetricsPageTest, BeforeTheFirstFullPollANamespaceHasNoStates) {
  Snapshot snapshot = FullSnapshot();
  for (NetworkNamespace& netns : snapshot.namespaces->shown) netns.counts.states.reset();
  snapshot.namespaces->other.states.reset();
  const std::string page = RenderMetricsPage(ReportOf(snapshot));
  EXPECT_THAT(page, Not(HasSubstr("connwatch_netns_tcp_sockets{")));
  EXPECT_THAT(page, HasSubstr("connwatch_netns_info{"));
}

TEST(MetricsPageTest, AWalkThatIsGivenUpKeepsItsCounters) {
  Snapshot snapshot = OwnNamespaceSnapshot();
  snapshot.walk.stats.runs = 7;
  const std::string page = RenderMetricsPage(ReportOf(snapshot));
  EXPECT_THAT(page, HasSubstr("connwatch_kernel_walk_in_use 0\n"));
  EXPECT_THAT(page, HasSubstr("connwatch_kernel_walk_runs_total 7\n"));
}

}  // namespace
}  // namespace connwatch::metrics_page_test
