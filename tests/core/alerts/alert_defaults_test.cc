// The default rules against what hosts go through: what must be raised, and what must not.
#include "core/alerts/alert_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/connections/totals_audit.h"
#include "core/listeners/diagnose.h"
#include "tests/support/alert_world.h"

namespace connwatch::alert_defaults_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

class AlertDefaultsTest : public testing::Test {
 protected:
  AlertDefaultsTest() {
    status().accept_queue = OneQueue(0, 4'096);
    world_.snapshot.kernel.sockets->time_wait = 100;
    world_.snapshot.kernel.limits->time_wait_limit = 262'144;
    world_.snapshot.kernel.limits->ephemeral_ports_available = 28'232;
    Seconds(30);
    EXPECT_THAT(fired_, IsEmpty());
  }

  ListenerStatus& status() { return world_.ListenerOn(443); }
  std::uint64_t& Counter(KernelCounterId id) { return *(*world_.snapshot.kernel.counters)[id]; }

  // The SYN queue of this second, of many sources: judged as the listener tracker does.
  void SetSynQueue(std::uint64_t length, std::uint64_t retransmitting, std::uint64_t settled = 0) {
    ListenerStatus& seen = status();
    seen.signs.syn_queue_growth_per_second =
        static_cast<double>(length) - static_cast<double>(seen.syn_queue.length);
    seen.signs.settled = settled;
    seen.signs.source_prefixes = std::min<std::uint64_t>(length, 250);
    seen.signs.top_source_ratio = 0.01;
    seen.syn_queue = {.length = length, .peak = length, .retransmitting = retransmitting};
  }

  void Second() {
    status().diagnosis = Diagnose(status(), {});
    world_.Tick();
    for (const AlertTransition& one : world_.transitions) {
      if (one.to == AlertState::kFiring) fired_.insert(one.alert.rule->name);
      if (one.to == AlertState::kResolved) fired_.erase(one.alert.rule->name);
    }
  }

  void Seconds(int count) {
    for (int i = 0; i < count; ++i) Second();
  }

  AlertWorld world_{DefaultAlertRules()};
  std::set<std::string> fired_;  // firing now
};

TEST_F(AlertDefaultsTest, AQuietHostRaisesNothing) {
  Seconds(600);
  EXPECT_THAT(fired_, IsEmpty());
  EXPECT_THAT(world_.engine.alerts(), IsEmpty());
}

TEST_F(AlertDefaultsTest, AFloodIsRaisedWithinForAndThreeSeconds) {
  for (std::uint64_t i = 1; i <= 13; ++i) {
    SetSynQueue(100 * i, i > 1 ? 100 * (i - 1) : 0);
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynRecvBacklogGrowth"));
  const Alert alert = world_.engine.alerts().front();
  EXPECT_EQ(alert.subject, "0.0.0.0:443");
  EXPECT_EQ(alert.cause, "syn_flood");
  // It ends, and so does the alert.
  for (int i = 0; i < 100; ++i) {
    SetSynQueue(0, 0);
    Second();
  }
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, AFloodOfTwoSecondsThatStaysBelowTheLimitIsRaised) {
  SetSynQueue(1'500, 0);
  Second();
  SetSynQueue(3'000, 800);
  Second();
  for (int i = 0; i < 11; ++i) {
    SetSynQueue(3'000, 2'900);
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynRecvBacklogGrowth"));
}

TEST_F(AlertDefaultsTest, AFloodBehindCookiesIsRaisedAlthoughTheQueueIsFlat) {
  status().accept_queue = OneQueue(0, 128);
  status().signs.host.syn_cookies_per_second = 900;
  for (int i = 0; i < 18; ++i) {
    SetSynQueue(129, 120);
    Counter(KernelCounterId::kSyncookiesSent) += 900;
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynCookiesActive"));
  EXPECT_THAT(fired_, Contains("SynQueueNearlyFull"));
  for (const Alert& alert : world_.engine.alerts()) {
    if (alert.rule->name != "SynCookiesActive") continue;
    EXPECT_THAT(alert.evidence->text, testing::StartsWith("0.0.0.0:443: SYN queue 129"));
  }
}

TEST_F(AlertDefaultsTest, AQueueAtItsLimitWithoutCookiesIsRaised) {
  status().accept_queue = OneQueue(0, 5);
  for (int i = 0; i < 18; ++i) {
    SetSynQueue(5, 0);
    status().drops += 20;
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynQueueNearlyFull"));
  EXPECT_THAT(fired_, Contains("ListenerDropping"));
}

TEST_F(AlertDefaultsTest, AFullAcceptQueueIsRaisedAlthoughSynRecvIsNearZero) {
  status().accept_queue = OneQueue(129, 128);
  SetSynQueue(1, 1);
  Seconds(11);
  EXPECT_THAT(fired_, Contains("AcceptQueueNearlyFull"));
  EXPECT_EQ(world_.engine.alerts().front().cause, "accept_queue_full");
}

TEST_F(AlertDefaultsTest, ADeferringListenerRaisesNothing) {
  // Clients that connect and say nothing: 25 a second, and then the queue stands.
  for (std::uint64_t i = 1; i <= 60; ++i) {
    SetSynQueue(25 * i, 0, i > 3 ? 25 * (i - 3) : 0);
    Second();
    EXPECT_THAT(fired_, IsEmpty()) << i;
  }
  status().accept_queue = OneQueue(0, 1'500);
  for (int i = 0; i < 60; ++i) {
    SetSynQueue(1'500, 0, 1'400);
    Second();
  }
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, BurstsAndAWaveOfClientsRaiseNothing) {
  for (int i = 0; i < 120; ++i) {
    // 500 connects at once every 20 s, accepted within a second or two.
    const bool is_burst = i % 20 == 0;
    status().accept_queue = OneQueue(is_burst ? 500 : 0, 4'096, 500);
    SetSynQueue(is_burst ? 300 : 0, 0);
    Second();
  }
  EXPECT_THAT(fired_, IsEmpty());
  // 3,000 new connections a second from 100 ms away, from one second to the next.
  for (int i = 0; i < 120; ++i) {
    SetSynQueue(300, 5);
    Second();
    EXPECT_THAT(fired_, IsEmpty()) << i;
  }
}

TEST_F(AlertDefaultsTest, OneBurstBeyondTheBacklogRaisesNothing) {
  status().accept_queue = OneQueue(0, 128);
  status().drops += 372;
  Counter(KernelCounterId::kSyncookiesSent) += 372;
  Seconds(120);
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, ConnectsWithoutAnAnswerAreRaisedWithTheirDestinations) {
  PendingConnects& pending = *world_.snapshot.pending_connects;
  pending.by_group[kOtherGroup] = {.sockets = 12, .retransmitting = 11, .oldest_age = 7s};
  for (int i = 0; i < 12; ++i) {
    pending.oldest.push_back(
        {.remote = {Ipv4({192, 0, 2, i < 8 ? 1 : 2}), 443}, .retransmissions = i == 11 ? 0U : 2U});
  }
  Seconds(31);
  EXPECT_THAT(fired_, Contains("ConnectsPending"));
  EXPECT_THAT(
      world_.engine.alerts().front().evidence->top_destinations,
      testing::ElementsAre(testing::Pair("192.0.2.1:443", 8), testing::Pair("192.0.2.2:443", 3)));
}

using Outcomes = std::map<HandshakeOutcome, std::uint64_t>;

// Connects that go to 192.0.2.9:5432.
class TracedConnectsTest : public AlertDefaultsTest {
 protected:
  TracedConnectsTest() {
    Destination& destination = handshakes_.destinations.emplace_back();
    destination.remote = {Ipv4({192, 0, 2, 9}), 5'432};
    destination.group = "other";
    ConnectSecond({});
  }

  // A second with these connects, whose SYNs were sent again that often.
  void ConnectSecond(const Outcomes& outcomes, std::uint64_t syn_retransmissions = 0) {
    for (HandshakeCounts* counts :
         {&handshakes_.totals[kKey], &handshakes_.destinations.front().recent}) {
      for (const auto& [outcome, count] : outcomes) counts->outcomes.at(IndexOf(outcome)) += count;
      counts->syn_retransmissions += syn_retransmissions;
    }
    world_.snapshot.handshakes = std::make_shared<const Handshakes>(handshakes_);
    Second();
  }

  void ConnectSeconds(int seconds, const Outcomes& outcomes, std::uint64_t again = 0) {
    for (int i = 0; i < seconds; ++i) ConnectSecond(outcomes, again);
  }

  static constexpr GroupKey kKey{Direction::kOutbound, kOtherGroup};
  Handshakes handshakes_;
};

TEST_F(TracedConnectsTest, OutcomesAreRaisedWithTheirDestinationsAndEnd) {
  struct Case {
    HandshakeOutcome outcome;
    const char* rule;
    std::uint64_t failed;  // of 20 a second
  };
  for (const auto& [outcome, rule, failed] :
       {Case{HandshakeOutcome::kRefused, "ConnectsRefused", 11},
        Case{HandshakeOutcome::kTimedOut, "ConnectsTimingOut", 5},
        Case{HandshakeOutcome::kUnreachable, "ConnectsUnreachable", 5}}) {
    const Outcomes bad = {{HandshakeOutcome::kEstablished, 20 - failed}, {outcome, failed}};
    ConnectSeconds(90, bad);
    EXPECT_THAT(fired_, IsEmpty()) << rule;
    ConnectSeconds(65, bad);
    EXPECT_THAT(fired_, testing::ElementsAre(rule));
    const Alert alert = world_.engine.alerts().front();
    EXPECT_EQ(alert.subject, "other");
    EXPECT_THAT(alert.evidence->text, testing::HasSubstr("192.0.2.9:5432: "));
    EXPECT_EQ(alert.evidence->destinations.front().remote.port, 5'432);
    ConnectSeconds(130, {{HandshakeOutcome::kEstablished, 20}});
    EXPECT_THAT(fired_, IsEmpty()) << rule;
  }
}

TEST_F(TracedConnectsTest, ARestartOfAServiceRaisesNothing) {
  ConnectSeconds(60, {{HandshakeOutcome::kEstablished, 1}});
  ConnectSeconds(25, {{HandshakeOutcome::kRefused, 20}});
  ConnectSeconds(300, {});  // the clients have kept their connections
  ConnectSeconds(25, {{HandshakeOutcome::kRefused, 20}});
  ConnectSeconds(300, {{HandshakeOutcome::kEstablished, 1}});
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(TracedConnectsTest, AFewConnectsRaiseNothing) {
  for (int i = 0; i < 60; ++i) {  // 9 a minute, all of which fail
    ConnectSecond({{i % 2 == 0 ? HandshakeOutcome::kRefused : HandshakeOutcome::kTimedOut, 1}}, 1);
    ConnectSeconds(6, {});
  }
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(TracedConnectsTest, RepeatedSynsAreRaised) {
  ConnectSeconds(180, {{HandshakeOutcome::kEstablished, 19}},
                 1);  // 1 of 20, which is not above 5 %
  EXPECT_THAT(fired_, IsEmpty());
  ConnectSeconds(185, {{HandshakeOutcome::kEstablished, 19}}, 2);
  EXPECT_THAT(fired_, testing::ElementsAre("SynRetransmissionsHigh"));
  ConnectSeconds(185, {{HandshakeOutcome::kEstablished, 19}}, 0);
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(TracedConnectsTest, LatencyThatDoubledIsRaised) {
  const auto minutes = [this](int count, std::chrono::duration<double> median) {
    handshakes_.trends[kKey] = {.now = median, .before = 4ms};
    ConnectSeconds(count * 60, {{HandshakeOutcome::kEstablished, 5}});
  };
  minutes(3, 8ms);  // not above 2
  EXPECT_THAT(fired_, IsEmpty());
  minutes(3, 9ms);
  EXPECT_THAT(fired_, testing::ElementsAre("HandshakeLatencyDoubled"));
  minutes(3, 5ms);
  EXPECT_THAT(fired_, IsEmpty());
  handshakes_.trends[kKey] = {.now = 1900us, .before = 30us};
  ConnectSeconds(180, {{HandshakeOutcome::kEstablished, 5}});
  EXPECT_THAT(fired_, IsEmpty()) << "less than 2 ms";
}

TEST_F(TracedConnectsTest, TheHostsCounterRaisesNothingMore) {
  const Outcomes refused = {{HandshakeOutcome::kRefused, 20}};
  for (int i = 0; i < 160; ++i) {
    Counter(KernelCounterId::kAttemptFails) += 20;
    ConnectSecond(refused);
  }
  EXPECT_THAT(fired_, testing::ElementsAre("ConnectsRefused"));
}

TEST_F(AlertDefaultsTest, WithoutTracingTheHostsCounterIsRaised) {
  world_.snapshot.pending_connects->by_group[kOtherGroup].sockets = 1;
  world_.snapshot.pending_connects->oldest.push_back({.remote = {Ipv4({192, 0, 2, 9}), 5'432}});
  for (int i = 0; i < 75; ++i) {
    Counter(KernelCounterId::kAttemptFails) += 20;
    Second();
  }
  EXPECT_THAT(fired_, testing::ElementsAre("ConnectFailures"));
  EXPECT_THAT(world_.engine.alerts().front().evidence->top_destinations,
              testing::ElementsAre(testing::Pair("192.0.2.9:5432", 1)));
}

TEST_F(AlertDefaultsTest, TotalsThatMissConnectionsAreRaisedOnceWithTheReason) {
  DestroyEventStats& events = world_.snapshot.destroy_events;
  events.is_wanted = true;
  TotalsAudit audit;
  const auto second = [&] {
    world_.snapshot.totals_gaps = audit.Observe(events, {}, world_.Now().monotonic);
    Second();
  };
  // They are read for 5 s in 65: the alert stays.
  for (int i = 0; i < 195; ++i) {
    if (i % 65 < 60) events.absent += 1s;
    second();
    EXPECT_THAT(fired_, testing::ElementsAre("TotalsNotExact"));
  }
  EXPECT_THAT(world_.engine.alerts().front().evidence->text,
              testing::StartsWith("connwatch was not told which connections ended"));
  for (int i = 0; i < 61; ++i) second();
  EXPECT_THAT(fired_, IsEmpty());
  ++events.overruns;
  second();
  EXPECT_THAT(fired_, testing::ElementsAre("TotalsNotExact"));
  EXPECT_THAT(world_.engine.alerts().front().evidence->text,
              testing::HasSubstr("destroy_event_buffer was full"));
  for (int i = 0; i < 61; ++i) second();
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, OutboundConnectionsOnADeadPathAreRaised) {
  PerGroup<GroupLevels>& groups = world_.snapshot.sockets->groups;
  groups[{Direction::kInbound, kOtherGroup}].retransmitting = 50;  // clients that vanished
  groups[{Direction::kOutbound, kOtherGroup}].retransmitting = 2;
  Seconds(60);
  EXPECT_THAT(fired_, IsEmpty());
  groups[{Direction::kOutbound, kOtherGroup}] = {.retransmitting = 3,
                                                 .retransmitting_oldest_age = 12'530ms};
  CulpritLists& culprits = world_.snapshot.culprits.Of(Trouble::kRetransmittingSockets);
  for (const int host : {1, 2}) {
    culprits.places.push_back({.key = {.group = {Direction::kOutbound, kOtherGroup},
                                       .place = {Ipv4({192, 0, 2, host}), 5'432}},
                               .count = static_cast<std::uint64_t>(host)});
  }
  culprits.places.push_back({.key = {.group = {.group = {.place = 7}}}, .count = 9});
  culprits.owners.push_back({.key = {.cgroup_id = 5}, .count = 3, .unit = "app.service"});
  Seconds(31);
  EXPECT_THAT(fired_, testing::ElementsAre("ConnectionsStalled"));
  const AlertEvidence& evidence = *world_.engine.alerts().front().evidence;
  EXPECT_EQ(
      evidence.text,
      "3 connections get no ACK for what they have sent, the oldest for 12.5 s; 2 of them are "
      "connections to 192.0.2.2:5432; most of them belong to app.service");
  EXPECT_THAT(evidence.top_destinations, testing::ElementsAre(testing::Pair("192.0.2.2:5432", 2),
                                                              testing::Pair("192.0.2.1:5432", 1)));
  EXPECT_THAT(evidence.top_units, testing::ElementsAre(testing::Pair("app.service", 3)));
  groups[{Direction::kOutbound, kOtherGroup}].retransmitting = 1;
  Seconds(120);
  EXPECT_THAT(fired_, testing::ElementsAre("ConnectionsStalled"));
  groups[{Direction::kOutbound, kOtherGroup}].retransmitting = 0;
  Seconds(151);
  EXPECT_THAT(fired_, IsEmpty());
}

// As the inhibition rules of dashboards/prometheus/alertmanager.yml need it.
TEST(AlertDefaultRules, WhatExplainsOthersEndsAfterThem) {
  const std::vector<AlertRule> rules = DefaultAlertRules();
  const auto lasts = [&rules](std::string_view name) {
    const auto rule = std::ranges::find(rules, name, &AlertRule::name);
    EXPECT_NE(rule, rules.end()) << name;
    return SpecOf(rule->signal).window + rule->clear.hold;
  };
  const std::multimap<std::string, std::string> explains = {
      {"SynRecvBacklogGrowth", "ListenerDropping"},
      {"SynRecvBacklogGrowth", "SynCookiesActive"},
      {"SynQueueNearlyFull", "ListenerDropping"},
      {"SynQueueNearlyFull", "SynCookiesActive"},
      {"AcceptQueueNearlyFull", "ListenerDropping"},
      {"AcceptQueueNearlyFull", "ReuseportImbalance"},
      {"ConnectsPending", "ConnectsTimingOut"},
      {"ConnectsPending", "SynRetransmissionsHigh"},
      {"ConnectsPending", "RetransmitRateHigh"},
      {"ConnectsTimingOut", "SynRetransmissionsHigh"},
      {"ConnectionsStalled", "RetransmitRateHigh"}};
  for (const auto& [cause, effect] : explains) {
    EXPECT_GT(lasts(cause), lasts(effect)) << cause << " and " << effect;
  }
}

TEST_F(AlertDefaultsTest, OneOfFourSocketsThatAcceptsTooSlowlyIsRaised) {
  status().accept_queue = FourQueues(7);
  Seconds(60);
  EXPECT_THAT(fired_, IsEmpty());
  status().accept_queue = FourQueues(8);  // the others hold two each
  Seconds(31);
  EXPECT_THAT(fired_, testing::ElementsAre("ReuseportImbalance"));
  status().accept_queue = FourQueues(3);
  Seconds(61);
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, LimitsOfTheHostAreRaised) {
  KernelStats& kernel = world_.snapshot.kernel;
  kernel.limits->memory_pages_pressure = 1'000;
  kernel.limits->orphan_limit = 1'000;
  kernel.conntrack.entries_limit = 1'000;
  const auto use = [&](std::uint64_t memory, std::uint64_t orphans, std::uint64_t entries) {
    kernel.sockets->memory_pages = memory;
    kernel.sockets->orphans = orphans;
    kernel.conntrack.entries = entries;
    Seconds(62);
  };
  use(900, 800, 750);
  EXPECT_THAT(fired_, IsEmpty()) << "at the threshold";
  use(901, 801, 751);
  EXPECT_THAT(fired_, testing::UnorderedElementsAre("TcpMemoryPressure", "OrphansNearLimit",
                                                    "ConntrackNearlyFull"));
  use(750, 700, 700);
  EXPECT_EQ(fired_.size(), 3U) << "at the level that clears";
  use(749, 699, 699);
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, EntriesOfConnectionTrackingThatFailAreRaised) {
  std::optional<std::uint64_t>& failed = world_.snapshot.kernel.conntrack.insert_failed;
  failed = 0;
  Seconds(20);
  *failed += 100;  // one burst
  Seconds(60);
  EXPECT_THAT(fired_, IsEmpty());
  for (int i = 0; i < 30; ++i) {
    *failed += 2;
    Second();
  }
  EXPECT_THAT(fired_, testing::ElementsAre("ConntrackInsertFailed"));
}

TEST_F(AlertDefaultsTest, AMonitorThatCannotReadIsRaisedAndNothingElseChanges) {
  status().accept_queue = OneQueue(129, 128);
  Seconds(11);
  EXPECT_THAT(fired_, Contains("AcceptQueueNearlyFull"));
  world_.is_failing = true;
  status().accept_queue = OneQueue(0, 128);
  Seconds(30);
  EXPECT_THAT(fired_, Not(Contains("MonitorStale")));
  Second();
  EXPECT_THAT(fired_, Contains("MonitorStale"));
  EXPECT_THAT(fired_, Contains("AcceptQueueNearlyFull"));
  for (const Alert& alert : world_.engine.alerts()) {
    if (alert.rule->name != "MonitorStale") continue;
    EXPECT_THAT(alert.evidence->text, testing::StartsWith("listeners polls: lost"));
  }
  world_.is_failing = false;
  Second();
  EXPECT_THAT(fired_, Not(Contains("MonitorStale")));
}

}  // namespace
}  // namespace connwatch::alert_defaults_test
