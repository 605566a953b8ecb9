// What the API tells of traced handshakes. json_api_test.cc is about the pending ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "exporters/json/json_api.h"
#include "tests/support/reports.h"

namespace connwatch::json_handshakes_test {
namespace {

nlohmann::json Parse(const std::optional<std::string>& text) {
  return nlohmann::json::parse(text.value_or("null"));
}

nlohmann::json TracingOf(const Snapshot& snapshot) {
  return Parse(RenderHandshakes(snapshot, {})).at("tracing");
}

nlohmann::json StatusOf(Snapshot snapshot) {
  return Parse(RenderStatus(ReportOf(std::move(snapshot)), TestInstant(60)))
      .at("handshake_tracing");
}

std::vector<std::string> NamesIn(const nlohmann::json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(JsonHandshakesTest, WhatIsNotTracedIsNullAndNotEmpty) {
  const auto answer = Parse(RenderHandshakes(UntracedSnapshot(), {}));
  EXPECT_TRUE(answer.at("tracing").is_null());
  EXPECT_EQ(answer.at("pending_total"), 6) << "pending handshakes do not depend on the tracing";
}

TEST(JsonHandshakesTest, EachGroupAndDirectionThatIsShownHasItsCounts) {
  const auto groups = TracingOf(FullSnapshot()).at("groups");
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].at("direction"), "inbound");
  EXPECT_EQ(groups[0].at("outcomes").at("ok"), 0);
  EXPECT_EQ(groups[1].at("direction"), "outbound");
  EXPECT_EQ(groups[1].at("outcomes").at("no_route"), 7);
  EXPECT_EQ(groups[1].at("outcomes").size(), kHandshakeOutcomeCount);
  EXPECT_EQ(groups[1].at("latency").at("count"), 5);
  EXPECT_EQ(groups[2].at("group"), "443");
  EXPECT_THAT(NamesIn(groups[2].at("outcomes")), testing::ElementsAre("ok"))
      << "inbound handshakes have no other outcome";
}

TEST(JsonHandshakesTest, LatencyThatNobodyMeasuredIsNull) {
  const auto tracing = TracingOf(FullSnapshot());
  const auto latency = tracing.at("groups").at(0).at("latency");
  EXPECT_EQ(latency.at("count"), 0);
  const auto silent = tracing.at("destinations").at(1);
  for (const auto& object : {latency, silent}) {
    EXPECT_TRUE(object.at("median_seconds").is_null());
    EXPECT_TRUE(object.at("p99_seconds").is_null());
  }
  EXPECT_TRUE(latency.at("mean_seconds").is_null());
}

TEST(JsonHandshakesTest, TheMeanIsThatOfTheExactSum) {
  using namespace std::chrono_literals;
  Handshakes handshakes;
  handshakes.totals[kInbound443].latency = LatencyOf({1ms, 2ms, 6ms, 7ms});
  Snapshot snapshot = FullSnapshot();
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
  EXPECT_EQ(TracingOf(snapshot).at("groups").at(2).at("latency").at("mean_seconds"), 0.004);
}

TEST(JsonHandshakesTest, AnOutcomeThatThisHostCannotSeeIsNull) {
  Snapshot snapshot = FullSnapshot();
  snapshot.tracing.sees_no_route = false;
  const auto tracing = TracingOf(snapshot);
  EXPECT_TRUE(tracing.at("groups").at(1).at("outcomes").at("no_route").is_null());
  EXPECT_TRUE(tracing.at("destinations").at(0).at("outcomes").at("no_route").is_null());
  EXPECT_EQ(tracing.at("groups").at(1).at("outcomes").at("no_port"), 1);
}

TEST(JsonHandshakesTest, ADestinationTellsWhoConnectsThereAndHowItWent) {
  const auto destinations = TracingOf(FullSnapshot()).at("destinations");
  ASSERT_EQ(destinations.size(), 2U);
  const auto& database = destinations[0];
  EXPECT_TRUE(database.at("netns").is_null()) << "the host's own";
  EXPECT_EQ(database.at("address"), "192.0.2.80");
  EXPECT_EQ(database.at("port"), 5'432);
  EXPECT_EQ(database.at("unit"), "backup.service");
  EXPECT_EQ(database.at("connects"), 204);
  EXPECT_EQ(database.at("failed"), 3) << "an abandoned one has not failed";
  EXPECT_EQ(database.at("latest_age_seconds"), 1);
  EXPECT_EQ(destinations[1].at("netns"), "web");
  EXPECT_EQ(destinations[1].at("address"), "2001:db8::7");
  EXPECT_TRUE(destinations[1].at("unit").is_null());
}

TEST(JsonHandshakesTest, TheOrdersAreIndicesOfDestinations) {
  const auto tracing = TracingOf(FullSnapshot());
  EXPECT_EQ(tracing.at("by_count"), nlohmann::json({0, 1}));
  EXPECT_EQ(tracing.at("by_failures"), nlohmann::json({1, 0}));
  EXPECT_EQ(tracing.at("by_latency"), nlohmann::json::array({0}));
  EXPECT_EQ(tracing.at("recent_seconds"), 420);
  EXPECT_EQ(tracing.at("folded"), 6);
}

TEST(JsonHandshakesTest, NoConnectYetIsAnEmptyList) {
  Snapshot snapshot = FullSnapshot();
  snapshot.handshakes = std::make_shared<const Handshakes>();
  const auto tracing = TracingOf(snapshot);
  for (const char* name : {"destinations", "by_count", "by_failures", "by_latency"}) {
    EXPECT_EQ(tracing.at(name), nlohmann::json::array()) << name;
  }
  EXPECT_EQ(tracing.at("groups").size(), 3U);
}

TEST(JsonHandshakesTest, StatusSaysWhyHandshakesAreNotTraced) {
  EXPECT_EQ(StatusOf(UntracedSnapshot()).at("is_in_use"), false);
  EXPECT_EQ(StatusOf(UntracedSnapshot()).at("reason"), UntracedSnapshot().tracing.reason);
  const auto traced = StatusOf(FullSnapshot());
  EXPECT_EQ(traced.at("is_in_use"), true);
  EXPECT_TRUE(traced.at("reason").is_null());
  EXPECT_EQ(traced.at("sees_no_route"), true);
  EXPECT_EQ(traced.at("handshakes_without_port_total"), 8);
  EXPECT_EQ(traced.at("keys"), 17);
}

}  // namespace
}  // namespace connwatch::json_handshakes_test
