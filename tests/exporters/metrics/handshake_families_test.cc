#include "exporters/metrics/handshake_families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "exporters/metrics/metrics_page.h"
#include "tests/support/reports.h"

namespace connwatch::handshake_families_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string PageOf(Snapshot snapshot) { return RenderMetricsPage(ReportOf(std::move(snapshot))); }

// The samples of the page whose name and labels begin with this.
std::vector<std::string> Samples(const std::string& page, const std::string& beginning) {
  std::istringstream lines(page);
  std::vector<std::string> samples;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(beginning)) samples.push_back(line);
  }
  return samples;
}

TEST(HandshakeFamiliesTest, OutcomesOfAGroupAreShownWithZeros) {
  Snapshot snapshot = FullSnapshot();
  snapshot.handshakes = std::make_shared<const Handshakes>();
  snapshot.groups = {{kOtherGroup, "other", {true, true}}};
  const std::string page = PageOf(std::move(snapshot));
  const std::string name = "connwatch_handshakes_total";
  const std::string outbound = name + R"({direction="outbound",group="other",outcome=)";
  EXPECT_THAT(Samples(page, name + "{"),
              ElementsAre(name + R"({direction="inbound",group="other",outcome="ok"} 0)",
                          outbound + "\"ok\"} 0", outbound + "\"refused\"} 0",
                          outbound + "\"timed_out\"} 0", outbound + "\"unreachable\"} 0",
                          outbound + "\"no_route\"} 0", outbound + "\"no_port\"} 0",
                          outbound + "\"abandoned\"} 0", outbound + "\"reset\"} 0",
                          outbound + "\"other\"} 0"));
  EXPECT_THAT(page, HasSubstr("connwatch_handshake_duration_seconds_count{direction=\"inbound\","
                              "group=\"other\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("connwatch_handshake_syn_retransmissions_total{direction=\"outbound\""
                              ",group=\"other\"} 0\n"));
}

TEST(HandshakeFamiliesTest, AGroupHasSeriesOnlyInTheDirectionsThatAreShown) {
  const std::string page = PageOf(FullSnapshot());
  EXPECT_THAT(Samples(page, R"(connwatch_handshakes_total{direction="inbound",group="443")"),
              ElementsAre(testing::EndsWith(R"(outcome="ok"} 40)")));
  EXPECT_TRUE(
      Samples(page, R"(connwatch_handshakes_total{direction="outbound",group="443")").empty());
}

TEST(HandshakeFamiliesTest, WhatIsNotTracedIsAbsent) {
  const std::string page = PageOf(UntracedSnapshot());
  EXPECT_THAT(page, Not(HasSubstr("connwatch_handshakes_total")));
  EXPECT_THAT(page, Not(HasSubstr("connwatch_handshake_duration_seconds")));
  EXPECT_THAT(page, Not(HasSubstr("connwatch_handshake_syn_retransmissions_total")));
  EXPECT_THAT(page, Not(HasSubstr("connwatch_netns_handshakes_total")));
  EXPECT_THAT(page, HasSubstr("connwatch_netns_tcp_sockets{"));
  EXPECT_THAT(page, HasSubstr("connwatch_handshake_tracing_in_use 0\n"));
  EXPECT_EQ(Samples(page, "connwatch_handshake_tracing_").size(), 1U);
}

TEST(HandshakeFamiliesTest, ConnectsWithoutARouteAreAbsentWhereTheyAreNotSeen) {
  Snapshot snapshot = FullSnapshot();
  EXPECT_THAT(PageOf(snapshot), HasSubstr(R"(outcome="no_route"} 7)"));
  snapshot.tracing.sees_no_route = false;
  const std::string page = PageOf(std::move(snapshot));
  EXPECT_THAT(page, Not(HasSubstr("\"no_route\"")));
  EXPECT_THAT(page, HasSubstr(R"(outcome="no_port"} 1)"));
}

TEST(HandshakeFamiliesTest, NamespacesAreCountedByDirection) {
  const std::string page = PageOf(FullSnapshot());
  const std::string web = R"(connwatch_netns_handshakes_total{netns="web",)";
  EXPECT_THAT(Samples(page, web + R"(direction="inbound")"),
              ElementsAre(web + R"(direction="inbound",outcome="ok"} 70)"));
  EXPECT_THAT(Samples(page, web + R"(direction="outbound")"),
              ElementsAre(web + R"(direction="outbound",outcome="ok"} 11)",
                          web + R"(direction="outbound",outcome="timed_out"} 45)"));
  EXPECT_THAT(page, HasSubstr(R"(netns_handshakes_total{netns="other",direction="outbound",)"
                              R"(outcome="refused"} 5)"));
  EXPECT_THAT(page, Not(HasSubstr(R"(netns_handshakes_total{netns="unnamed-1",)")));
}

TEST(HandshakeFamiliesTest, AHistogramCountsEveryHandshakeOnce) {
  using namespace std::chrono_literals;
  const LatencyCounts latency = LatencyOf({60us, 100us, 101us, 1ms, 1ms, 100s, 150s, 300s});
  MetricFamilies families;
  families.Histogram("h", "h").Add(latency);
  const auto& histogram = families.list().front().metric.front().histogram;
  const auto bounds = ShownLatencyBounds();
  ASSERT_EQ(histogram.bucket.size(), bounds.size() + 1);
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    EXPECT_EQ(histogram.bucket[i].upper_bound, InSeconds(bounds[i]));
    EXPECT_EQ(histogram.bucket[i].cumulative_count, latency.CountUpTo(bounds[i])) << i;
  }
  EXPECT_EQ(histogram.bucket.front().cumulative_count, 2U) << "a bound belongs to its bucket";
  EXPECT_EQ(histogram.bucket[1].cumulative_count, 3U);
  EXPECT_EQ(histogram.bucket[bounds.size() - 1].cumulative_count, 6U);
  EXPECT_EQ(histogram.bucket.back().upper_bound, std::numeric_limits<double>::infinity());
  EXPECT_EQ(histogram.bucket.back().cumulative_count, 8U);
  EXPECT_EQ(histogram.sample_count, 8U);
  EXPECT_EQ(histogram.sample_sum, 550.002261);
}

TEST(HandshakeFamiliesTest, AHistogramOfNothingHasAllItsBuckets) {
  MetricFamilies families;
  families.Histogram("h", "h").Add(LatencyCounts());
  const auto& histogram = families.list().front().metric.front().histogram;
  EXPECT_EQ(histogram.bucket.size(), ShownLatencyBounds().size() + 1);
  EXPECT_EQ(histogram.bucket.back().cumulative_count, 0U);
  EXPECT_EQ(histogram.sample_sum, 0.0);
}

TEST(HandshakeFamiliesTest, LargeCountsKeepEveryDigit) {
  Handshakes handshakes;
  LatencyCounts& latency = handshakes.totals[kInbound443].latency;
  latency.AddBucket(0, std::uint64_t{1} << 53U);
  latency.AddBucket(0, 1);
  Snapshot snapshot = FullSnapshot();
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
  EXPECT_THAT(PageOf(std::move(snapshot)),
              HasSubstr("connwatch_handshake_duration_seconds_count{direction=\"inbound\","
                        "group=\"443\"} 9007199254740993\n"));
}

TEST(HandshakeFamiliesTest, TheTracingAuditsItself) {
  EXPECT_THAT(Samples(PageOf(FullSnapshot()), "connwatch_handshake_tracing_"),
              ElementsAre("connwatch_handshake_tracing_in_use 1",
                          "connwatch_handshake_tracing_handshakes_without_address_total 9",
                          "connwatch_handshake_tracing_handshakes_without_port_total 8",
                          "connwatch_handshake_tracing_handshakes_untimed_total 3",
                          "connwatch_handshake_tracing_ends_lost_total 2",
                          "connwatch_handshake_tracing_keys 17",
                          "connwatch_handshake_tracing_read_failures_total 1"));
}

TEST(HandshakeFamiliesTest, EachGroupAndDirectionCostsAFixedNumberOfSeries) {
  const std::string page = PageOf(FullSnapshot());
  const auto series_of = [&](const std::string& direction) {
    std::size_t count = 0;
    for (const std::string& sample : Samples(page, "connwatch_handshake")) {
      count += sample.find("direction=\"" + direction + "\",group=\"other\"") != std::string::npos;
    }
    return count;
  };
  EXPECT_EQ(series_of("inbound"), 24U);
  EXPECT_EQ(series_of("outbound"), 32U);
}

}  // namespace
}  // namespace connwatch::handshake_families_test
