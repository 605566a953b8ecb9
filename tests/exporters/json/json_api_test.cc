#include "exporters/json/json_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "exporters/json/json_incidents.h"
#include "tests/support/alerts.h"
#include "tests/support/api_examples.h"
#include "tests/support/history.h"
#include "tests/support/reports.h"

namespace connwatch::json_api_test {
namespace {

using testing::HasSubstr;

const Paging kDefault = {};
const Paging kOne = {.limit = 1, .offset = 0};

// One that was at its worst after it had fired, as the answer to its id.
std::string TestIncidents() {
  Alert alert = TestAlerts()->alerts.front();
  AlertEvidence worst;
  worst.text = "SYN queue 3200 of 4096";
  worst.numbers = {{"syn_queue_length", 3'200}};
  alert.worst_at = TestInstant(22);
  alert.worst_evidence = std::make_shared<const AlertEvidence>(std::move(worst));
  const Incident incident{.id = "a1b2c3d4e5f60718",
                          .alert = alert.rule->name,
                          .subject = alert.subject,
                          .severity = alert.rule->severity,
                          .fired_at = alert.fired_at->wall,
                          .end = IncidentEnd::kDaemonEnded,
                          .ended_at = TestInstant(80).wall,
                          .document = DescribeIncident(alert, std::nullopt)};
  const HistorySample sample = TestHistory()->samples.front();
  return RenderIncidents({.total = 1,
                          .incidents = {incident},
                          .samples = {{sample.at, DescribeSample(sample)}},
                          .is_persistent = true},
                         {.id = incident.id});
}

// For people to read; the answer has each incident in one line.
std::string Indented(const std::string& json) {
  return nlohmann::ordered_json::parse(json).dump(2) + "\n";
}

nlohmann::json Parse(const std::optional<std::string>& text) {
  return nlohmann::json::parse(text.value_or("null"));
}

TEST(JsonApiTest, AnswersAreTheDocumentedExamples) {
  const Snapshot snapshot = FullSnapshot();
  ExpectDocumented(
      {{"/api/v1/states", RenderStates(snapshot)},
       {"/api/v1/listeners?limit=1", RenderListeners(snapshot, kOne)},
       {"/api/v1/namespaces?limit=1&offset=2",
        RenderNamespaces(snapshot, {.limit = 1, .offset = 2})},
       {"/api/v1/handshakes", RenderHandshakes(snapshot, kDefault)},
       {"/api/v1/groups?limit=1&offset=2", RenderGroups(snapshot, {.limit = 1, .offset = 2})},
       {"/api/v1/alerts", RenderAlerts(FullReport(), kDefault)},
       {"/api/v1/history", RenderHistory(FullReport())},
       {"/api/v1/incidents?id=a1b2c3d4e5f60718", Indented(TestIncidents())},
       {"/api/v1/status", RenderStatus(FullReport(), TestInstant(60))},
       {"/api/v1/listeners?limit=0",
        RenderError("limit must be a whole number from 1 to 1000, not \"0\"", 7)}});
}

TEST(JsonApiTest, AnIncidentWhoseDocumentIsDamagedIsStillListed) {
  for (const std::string& document :
       std::vector<std::string>{"", "{", "{}", "[]", "7", "{\"text\": \"\xff\"}", "{\"a\": 1}}",
                                "{\"a\": 1", "{\"a\": 1}\n", std::string("{\"a\": 1}\0}", 10)}) {
    const auto answer = Parse(RenderIncidents(
        {.total = 1, .incidents = {{.id = "a", .document = document}}, .samples = {}}, {}));
    const auto& incident = answer.at("incidents").at(0);
    EXPECT_EQ(incident.at("id"), "a") << document;
    EXPECT_TRUE(incident.at("end").is_null()) << document;
    EXPECT_EQ(incident.size(), 5U) << document;
  }
}

TEST(JsonApiTest, EachIncidentIsInALineOfItsOwn) {
  const IncidentPage page{.total = 2,
                          .incidents = {{.id = "a", .document = "{\"unit\":\"x\"}"}, {.id = "b"}},
                          .samples = {}};
  const std::string answer = RenderIncidents(page, {});
  EXPECT_EQ(std::ranges::count(answer, '\n'), 3) << answer;
  EXPECT_EQ(Parse(answer).at("incidents").at(0).at("unit"), "x");
  EXPECT_EQ(Parse(answer).at("incidents").at(1).at("id"), "b");
}

TEST(JsonApiTest, ListsArePaged) {
  const auto page = [](std::size_t limit, std::size_t offset) {
    return Parse(RenderListeners(FullSnapshot(), {.limit = limit, .offset = offset}));
  };
  EXPECT_EQ(page(100, 0).at("listeners").size(), 2U);
  EXPECT_EQ(page(1, 1).at("listeners").at(0).at("address"), "[::1%eth0]:22");
  EXPECT_EQ(page(1, 1).at("total"), 2);
  EXPECT_EQ(page(7, 1).at("limit"), 7);
  EXPECT_EQ(page(7, 1).at("offset"), 1);
  for (const std::size_t beyond : {std::size_t{2}, std::size_t{3}, Paging::kMaxOffset}) {
    EXPECT_TRUE(page(1'000, beyond).at("listeners").empty());
  }
}

TEST(JsonApiTest, NothingPendingIsAnEmptyList) {
  Snapshot snapshot = FullSnapshot();
  snapshot.pending_connects = PendingConnects{};
  const auto json = RenderHandshakes(snapshot, kDefault);
  ASSERT_TRUE(json);
  EXPECT_THAT(*json, HasSubstr(R"("pending_total": 0,)"));
  EXPECT_THAT(*json, HasSubstr(R"("pending": [])"));
}

TEST(JsonApiTest, PendingTotalCountsThoseThatAreNotListed) {
  const auto answer = Parse(RenderHandshakes(FullSnapshot(), kDefault));
  EXPECT_EQ(answer.at("pending_total"), 6);
  EXPECT_EQ(answer.at("total"), 1);
}

TEST(JsonApiTest, PendingConnectsAreSummedUpByDestination) {
  const auto answer = Parse(RenderHandshakes(FullSnapshot(), kOne));
  ASSERT_EQ(answer.at("pending_destinations").size(), 1U);
  EXPECT_EQ(answer.at("pending_destinations").at(0).at("remote"), "[::1]:443");
  EXPECT_EQ(answer.at("pending_destinations").at(0).at("next_try_seconds"), 0.5);
  EXPECT_EQ(answer.at("pending_destinations_folded"), 1);
  ExpectExplained(answer);
  ExpectExplained(answer.at("pending_destinations").at(0));
}

TEST(JsonApiTest, UnknownIsNotEmpty) {
  EXPECT_FALSE(RenderStates(EmptySnapshot()));
  EXPECT_FALSE(RenderListeners(EmptySnapshot(), kDefault));
  EXPECT_FALSE(RenderHandshakes(EmptySnapshot(), kDefault));
  EXPECT_FALSE(RenderGroups(EmptySnapshot(), kDefault));
  EXPECT_FALSE(RenderAlerts(EmptyReport(), kDefault));
  EXPECT_FALSE(RenderHistory(EmptyReport()));
}

TEST(JsonApiTest, NamespacesThatAreNotSeenAreNotNone) {
  const auto answer = Parse(RenderNamespaces(OwnNamespaceSnapshot(), kDefault));
  EXPECT_EQ(answer.at("are_seen"), false);
  EXPECT_EQ(answer.at("reason"), OwnNamespaceSnapshot().walk.reason);
  for (const char* name : {"seen", "unnamed", "left_out", "namespaces", "folded"}) {
    EXPECT_TRUE(answer.at(name).is_null()) << name;
  }
  Snapshot waiting = OwnNamespaceSnapshot();
  waiting.walk = {.is_in_use = true};
  EXPECT_FALSE(RenderNamespaces(waiting, kDefault)) << "the first full poll is still to come";
}

TEST(JsonApiTest, NamespacesArePaged) {
  const auto answer = Parse(RenderNamespaces(FullSnapshot(), {.limit = 1, .offset = 1}));
  EXPECT_EQ(answer.at("total"), 3);
  ASSERT_EQ(answer.at("namespaces").size(), 1U);
  const auto& client = answer.at("namespaces").at(0);
  EXPECT_EQ(client.at("netns"), "unnamed-1");
  EXPECT_TRUE(client.at("accept_queue_utilization_ratio").is_null()) << "it has no listener";
  EXPECT_EQ(client.at("pending").at("retransmitting"), 2);
}

TEST(JsonApiTest, ANamespaceNamesItsPod) {
  const auto answer = Parse(RenderNamespaces(FullSnapshot(), kOne));
  const auto& netns = answer.at("namespaces").at(0);
  EXPECT_EQ(netns.at("netns"), "shop/cart-7c9");
  EXPECT_EQ(netns.at("unit"), "shop/cart-7c9/redis");
  EXPECT_EQ(netns.at("namespace"), "shop");
  EXPECT_EQ(netns.at("pod"), "cart-7c9");
}

TEST(JsonApiTest, OtherNamespacesChangeNoOtherAnswer) {
  const Snapshot full = FullSnapshot();
  const Snapshot own = OwnNamespaceSnapshot();
  EXPECT_EQ(RenderStates(full), RenderStates(own));
  EXPECT_EQ(RenderListeners(full, kDefault), RenderListeners(own, kDefault));
  EXPECT_EQ(RenderHandshakes(full, kDefault), RenderHandshakes(own, kDefault));
  EXPECT_EQ(RenderGroups(full, kDefault), RenderGroups(own, kDefault));
}

TEST(JsonApiTest, StatusSaysWhyTheWalkIsNotInUse) {
  const auto walk_of = [](Snapshot snapshot) {
    return Parse(RenderStatus(ReportOf(std::move(snapshot)), TestInstant(60))).at("kernel_walk");
  };
  EXPECT_EQ(walk_of(OwnNamespaceSnapshot()).at("reason"), OwnNamespaceSnapshot().walk.reason);
  EXPECT_TRUE(walk_of(FullSnapshot()).at("reason").is_null());
  EXPECT_EQ(walk_of(FullSnapshot()).at("longest_run_seconds"), 0.00075);
}

TEST(JsonApiTest, AnAlertOfAnotherNamespaceNamesIt) {
  Report report = FullReport();
  AlertList alerts = *report.alerts;
  alerts.alerts.front().subject = "web/0.0.0.0:443";
  alerts.alerts.front().netns = "web";
  alerts.alerts.front().pod_namespace = "shop";
  alerts.alerts.front().pod = "cart-7c9";
  report.alerts = std::make_shared<const AlertList>(std::move(alerts));
  const auto answer = Parse(RenderAlerts(report, kDefault));
  EXPECT_EQ(answer.at("alerts").at(0).at("netns"), "web");
  EXPECT_EQ(answer.at("alerts").at(0).at("namespace"), "shop");
  EXPECT_EQ(answer.at("alerts").at(0).at("pod"), "cart-7c9");
  for (const char* name : {"netns", "namespace", "pod"})
    EXPECT_FALSE(answer.at("alerts").at(1).contains(name)) << name;
}

TEST(JsonApiTest, AnAlertOnConnectsNamesTheirDestinations) {
  Destination destination;
  destination.remote = {Ipv6Loopback(), 443};
  destination.group = "web";
  HandshakeCounts& recent = destination.recent;
  recent.outcomes.at(IndexOf(HandshakeOutcome::kEstablished)) = 4;
  recent.outcomes.at(IndexOf(HandshakeOutcome::kTimedOut)) = 6;
  recent.outcomes.at(IndexOf(HandshakeOutcome::kAbandoned)) = 1;
  recent.syn_retransmissions = 36;
  Report report = FullReport();
  const auto answer = [&] {
    AlertList alerts = *report.alerts;
    AlertEvidence evidence = *alerts.alerts.front().evidence;
    evidence.destinations = {destination};
    alerts.alerts.front().evidence = std::make_shared<const AlertEvidence>(std::move(evidence));
    report.alerts = std::make_shared<const AlertList>(std::move(alerts));
    return Parse(RenderAlerts(report, kDefault))
        .at("alerts")
        .at(0)
        .at("evidence")
        .at("destinations")
        .at(0);
  };
  EXPECT_EQ(answer(), nlohmann::json::parse(R"({
    "netns": null, "address": "::1", "port": 443, "unit": null, "group": "web",
    "connects": 11, "failed": 6,
    "outcomes": {"ok": 4, "timed_out": 6, "abandoned": 1}, "syn_retransmissions": 36,
    "median_seconds": null, "p99_seconds": null})"));
  recent.latency.AddBucket(0, 4);
  recent.latency.AddSum(std::chrono::microseconds(160));
  EXPECT_EQ(answer().at("median_seconds"), 0.00004);
  ExpectExplained(answer());
}

TEST(JsonApiTest, RatesThatAreNotKnownAreNull) {
  Snapshot snapshot = FullSnapshot();
  EXPECT_EQ(Parse(RenderGroups(snapshot, kDefault))
                .at("groups")
                .at(0)
                .at("rates")
                .at("retransmitted_ratio"),
            nullptr);
  snapshot.group_rates.reset();
  EXPECT_TRUE(Parse(RenderGroups(snapshot, kDefault)).at("groups").at(2).at("rates").is_null());
}

TEST(JsonApiTest, StatusSaysWhyAReceiverIsNotTold) {
  Report report = FullReport();
  report.notifications.front().failure = Error{0, "answered with 503"};
  const auto receiver = Parse(RenderStatus(report, TestInstant(60))).at("notifications").at(0);
  EXPECT_EQ(receiver.at("is_failing"), true);
  EXPECT_EQ(receiver.at("failure"), "answered with 503");
  ExpectExplained(receiver);
}

TEST(JsonApiTest, AgesDoNotFollowTheTimeOfDay) {
  const Instant later{TestInstant(60).monotonic, TestInstant(60).wall - std::chrono::hours(24)};
  const auto status = Parse(RenderStatus(FullReport(), later));
  EXPECT_EQ(status.at("uptime_seconds"), 60);
  EXPECT_EQ(status.at("tiers").at(0).at("age_seconds"), 50);
  EXPECT_EQ(status.at("tiers").at(0).at("last_success_timestamp_seconds"),
            status.at("timestamp_seconds").get<double>() - 50);
}

TEST(JsonApiTest, StatusIsThereFromTheStart) {
  const auto status = Parse(RenderStatus(EmptyReport(), TestInstant(60)));
  EXPECT_EQ(status.at("is_ready"), false);
  const auto& tier = status.at("tiers").at(0);
  EXPECT_EQ(tier.at("tier"), "full");
  EXPECT_TRUE(tier.at("age_seconds").is_null());
  EXPECT_EQ(tier.at("is_stale"), true);
  EXPECT_TRUE(status.at("sockstat_discrepancy_ratio").is_null());
  EXPECT_TRUE(status.at("uptime_seconds").is_null());
}

TEST(JsonApiTest, ATierIsStaleAfterThreeIntervalsAndTwoSeconds) {
  Snapshot snapshot = FullSnapshot();
  snapshot.polls = {PollHealth(Tier::kHandshakes, std::chrono::milliseconds(1'000))};
  snapshot.polls.front().RecordSuccess(TestInstant(0), {});
  const auto is_stale = [&](int second) -> bool {
    return Parse(RenderStatus(ReportOf(snapshot), TestInstant(second)))
        .at("tiers")
        .at(0)
        .at("is_stale");
  };
  EXPECT_FALSE(is_stale(5));
  EXPECT_TRUE(is_stale(6));
  EXPECT_FALSE(is_stale(-3)) << "the clock was set back";
}

// The name of a cgroup can hold any bytes.
TEST(JsonApiTest, BytesThatAreNoUtf8AreReplaced) {
  Snapshot snapshot = FullSnapshot();
  snapshot.listeners->listeners.front().unit = "a\xff\"<b>\n.service";
  const auto answer = Parse(RenderListeners(snapshot, kDefault));
  EXPECT_EQ(answer.at("listeners").at(0).at("unit"), "a\xef\xbf\xbd\"<b>\n.service");
  EXPECT_FALSE(Parse(RenderError("\xff", std::nullopt)).empty());
}

}  // namespace
}  // namespace connwatch::json_api_test
