// What an alert keeps of the moment it fired.
#include "core/alerts/alert_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "tests/support/alert_world.h"
#include "tests/support/text_files.h"

namespace connwatch::alert_evidence_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Pair;

AlertRule Rule(AlertSignal signal, double above) {
  return {
      .name = "Rule", .signal = signal, .threshold = AlertThreshold{ThresholdSide::kAbove, above}};
}

// Of the only alert, which fires at the next tick.
AlertEvidence Fired(AlertWorld& world) {
  world.Tick();
  const std::vector<Alert> alerts = world.engine.alerts();
  if (alerts.size() == 1 && alerts[0].evidence) return *alerts[0].evidence;
  ADD_FAILURE() << alerts.size() << " alerts";
  return {};
}

// 3,000 handshakes of which 2,000 repeated the SYN-ACK.
AlertWorld HalfOpen(const AlertRule& rule) {
  AlertWorld world({rule});
  ListenerStatus& status = world.ListenerOn(443);
  status.accept_queue.limit = 4'096;
  status.syn_queue = {.length = 3'000, .peak = 3'100, .retransmitting = 2'000};
  status.signs.source_prefixes = 7;
  status.signs.ages = {.counts = {1'000, 1'500, 497, 0, 3}, .oldest = 16'243ms};
  status.top_sources = {{Ipv4({198, 51, 100, 7}).SourcePrefix(), 40},
                        {IpAddress::Parse("2001:db8:1::9")->SourcePrefix(), 9}};
  const auto at = [&world](std::chrono::seconds ago) { return world.Now().monotonic - ago; };
  status.recent_syn_queue = {{at(2s), 0}, {at(1s), 1'500}, {at(0s), 3'000}};
  return world;
}

TEST(AlertEvidence, OfASynQueueHasItsHistorySharesAgesAndSources) {
  AlertWorld world = HalfOpen(Rule(AlertSignal::kListenerSynQueueUtilization, 0.5));
  const AlertEvidence evidence = Fired(world);
  EXPECT_THAT(evidence.recent, ElementsAre(Pair(2, 0), Pair(1, 1'500), Pair(0, 3'000)));
  EXPECT_THAT(evidence.numbers,
              IsSupersetOf({Pair("syn_queue_length", 3'000.0), Pair("syn_queue_peak", 3'100.0),
                            Pair("syn_queue_retransmitting", 2'000.0),
                            Pair("syn_queue_retransmitting_share", 2.0 / 3),
                            Pair("syn_queue_younger_than_1s", 1'000.0),
                            Pair("syn_queue_from_1s", 1'500.0), Pair("syn_queue_from_3s", 497.0),
                            Pair("syn_queue_from_7s", 0.0), Pair("syn_queue_from_15s", 3.0),
                            Pair("syn_queue_oldest_age_seconds", 16.243)}));
  EXPECT_THAT(evidence.top_sources,
              ElementsAre(Pair("198.51.100.0/24", 40), Pair("2001:db8:1::/48", 9)));
  EXPECT_EQ(evidence.text,
            "SYN queue 3000 (peak 3100), accept queue 0 (peak 0), limit 4096; 66.67 % "
            "repeated the SYN-ACK; ages: 1000 below 1 s, 1500 from 1 s, 497 from 3 s, 3 from 15 s, "
            "the oldest 16.2 s");
}

TEST(AlertEvidence, OfADiagnosedFloodHasTheSame) {
  AlertWorld world = HalfOpen(Rule(AlertSignal::kListenerSynQueue, 64));
  world.SetCause(443, DiagnosisCause::kSynFlood);
  const AlertEvidence evidence = Fired(world);
  EXPECT_THAT(evidence.text, HasSubstr("SYNs from many sources that never complete; ages: "
                                       "1000 below 1 s"));
  EXPECT_EQ(evidence.recent.size(), 3U);
}

TEST(AlertEvidence, OfAListenerWithoutHandshakesSaysNothingAboutThem) {
  AlertWorld world({Rule(AlertSignal::kListenerAcceptQueueUtilization, 0.5)});
  world.ListenerOn(443).accept_queue = OneQueue(3, 2);
  const AlertEvidence evidence = Fired(world);
  EXPECT_EQ(evidence.text, "SYN queue 0 (peak 0), accept queue 3 (peak 3), limit 2");
  EXPECT_THAT(evidence.numbers, IsSupersetOf({Pair("syn_queue_retransmitting_share", 0.0),
                                              Pair("syn_queue_oldest_age_seconds", 0.0)}));
  EXPECT_THAT(evidence.recent, IsEmpty());
}

// Clients that are refused repeat their SYNs after 1, 3 and 7 s, so most seconds are quiet.
TEST(AlertEvidence, OfDropsTellsOfTheWindowOfTheSignal) {
  AlertRule rule = Rule(AlertSignal::kListenerDrops, 1);
  rule.hold = 3s;
  AlertWorld world({rule});
  ListenerStatus& status = world.ListenerOn(443);
  status.accept_queue = OneQueue(9, 8);
  world.Tick();
  status.drops = 100;
  status.signs.drops_per_second = 100;
  world.SetCause(443, DiagnosisCause::kAcceptQueueFull);
  world.Tick();
  status.signs.drops_per_second = 0;
  status.diagnosis = {};
  status.accept_queue = OneQueue(0, 8);
  world.Ticks(2);
  const AlertEvidence evidence = Fired(world);
  EXPECT_EQ(evidence.text,
            "25/s SYNs or final ACKs refused over the last 10 s; 3 s before: accept queue 9 (peak "
            "9, limit 8), 100.0 drops/s: the application accepts too slowly");
  EXPECT_THAT(evidence.numbers, IsSupersetOf({Pair("drops_per_second", 25.0)}));
  EXPECT_EQ(world.engine.alerts().front().cause, "accept_queue_full");
}

TEST(AlertEvidence, ACauseFromBeforeTheWindowIsNotTheCause) {
  AlertRule rule = Rule(AlertSignal::kListenerDrops, 1);
  AlertWorld world({rule});
  ListenerStatus& status = world.ListenerOn(443);
  world.SetCause(443, DiagnosisCause::kAcceptQueueFull);
  world.Tick();
  status.diagnosis = {};
  world.Ticks(11);
  status.drops = 100;
  EXPECT_THAT(Fired(world).text, testing::Not(HasSubstr("accepts too slowly")));
  EXPECT_EQ(world.engine.alerts().front().cause, "");
}

TEST(AlertEvidence, OfGrowthHasTheSignalInItsWindow) {
  AlertRule rule = Rule(AlertSignal::kListenerSynQueue, 64);
  rule.growth = AlertGrowth{.per_second = 20, .over = 10s};
  AlertWorld world = HalfOpen(rule);
  world.SynQueue() = 0;
  world.Ticks(10);
  world.SynQueue() = 500;
  world.Tick();
  world.SynQueue() = 1'000;
  const AlertEvidence evidence = Fired(world);
  EXPECT_THAT(evidence.recent.front(), Pair(10, 0));
  EXPECT_THAT(evidence.recent.back(), Pair(0, 1'000));
  EXPECT_EQ(evidence.recent.size(), 11U);
}

TEST(AlertEvidence, OfCookiesNamesTheListenersThatCanHaveSentThem) {
  AlertWorld world({Rule(AlertSignal::kSynCookiesSent, 1)});
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{80, 81, 82, 83, 84}) {
    world.ListenerOn(port).syn_queue.length = 17;
    if (port != 80) world.SetCause(port, DiagnosisCause::kSynCookies);
  }
  world.ListenerOn(81).top_sources = {{Ipv4({198, 51, 100, 7}).SourcePrefix(), 3}};
  world.Tick();
  (*world.snapshot.kernel.counters)[KernelCounterId::kSyncookiesSent] = 1'000;
  const AlertEvidence evidence = Fired(world);
  EXPECT_THAT(
      evidence.text,
      testing::StartsWith(
          "0.0.0.0:81: the host sends SYN cookies: the SYN queue is at its limit (17 of 128)"));
  EXPECT_THAT(evidence.text, HasSubstr("0.0.0.0:83: "));
  EXPECT_THAT(evidence.text, testing::Not(HasSubstr("0.0.0.0:84: ")));
  EXPECT_THAT(evidence.top_sources, ElementsAre(Pair("198.51.100.0/24", 3)));
}

TEST(AlertEvidence, OfTheMonitorIsWhatFails) {
  AlertWorld world({Rule(AlertSignal::kMonitorAgeSeconds, 30)});
  world.Tick();
  world.is_failing = true;
  world.Tick(40s);
  EXPECT_EQ(Fired(world).text, "listeners polls: lost; handshakes polls: lost; full polls: lost");
}

TEST(AlertEvidence, EveryNumberIsDocumented) {
  AlertWorld world = HalfOpen(Rule(AlertSignal::kListenerSynQueue, 64));
  const std::string api = ReadSourceFile("docs/api.md");
  for (const auto& [name, value] : Fired(world).numbers) {
    EXPECT_THAT(api, HasSubstr("`" + name + "`"));
  }
}

TEST(HandshakeAges, AreCountedByTheRepetitionsThatWereDue) {
  HandshakeAges ages;
  for (const auto age : {0ms, 999ms, 1'000ms, 2'999ms, 3'000ms, 7'000ms, 15'000ms, 63'000ms, 5ms}) {
    ages.Add(age);
  }
  EXPECT_THAT(ages.counts, ElementsAre(3, 2, 1, 1, 2));
  EXPECT_EQ(ages.oldest, 63s);
}

}  // namespace
}  // namespace connwatch::alert_evidence_test
