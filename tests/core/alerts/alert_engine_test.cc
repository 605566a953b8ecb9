#include "core/alerts/alert_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "core/listeners/diagnose.h"
#include "tests/support/alert_world.h"

namespace connwatch::alert_engine_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kPending = "Queue 0.0.0.0:443 pending";
const std::string kFiring = "Queue 0.0.0.0:443 firing";
const std::string kResolved = "Queue 0.0.0.0:443 resolved";
const std::string kInactive = "Queue 0.0.0.0:443 inactive";

// A level of a listener, above 10 for 5 s.
AlertRule QueueRule() {
  return {.name = "Queue",
          .signal = AlertSignal::kListenerSynQueue,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 10},
          .hold = 5s};
}

AlertRule With(AlertRule rule, void (*change)(AlertRule&)) {
  change(rule);
  return rule;
}

// With the alert already pending or firing.
AlertWorld Pending(const AlertRule& rule) {
  AlertWorld world({rule});
  world.SynQueue() = 11;
  EXPECT_THAT(world.Tick(), ElementsAre(kPending));
  return world;
}

AlertWorld Firing(const AlertRule& rule) {
  AlertWorld world = Pending(rule);
  EXPECT_THAT(world.Ticks(5), ElementsAre(kFiring));
  return world;
}

TEST(AlertEngine, FiresWhenTheConditionHasHeldForLongEnough) {
  AlertWorld world = Pending(QueueRule());
  EXPECT_THAT(world.Ticks(4), IsEmpty());
  EXPECT_EQ(world.engine.alerts().front().state, AlertState::kPending);
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
  EXPECT_THAT(world.Ticks(100), IsEmpty());

  const std::vector<Alert> alerts = world.engine.alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].state, AlertState::kFiring);
  EXPECT_EQ(alerts[0].rule->name, "Queue");
  EXPECT_EQ(alerts[0].subject, "0.0.0.0:443");
  EXPECT_EQ(alerts[0].value, 11);
  EXPECT_EQ(alerts[0].threshold, 10);
  EXPECT_EQ(alerts[0].since.monotonic, MonotonicTime(1h + 1s));
  EXPECT_EQ(alerts[0].fired_at.value().monotonic, MonotonicTime(1h + 6s));
  EXPECT_NE(alerts[0].evidence, nullptr);
}

TEST(AlertEngine, FiresAtOnceWithoutFor) {
  AlertWorld world({With(QueueRule(), [](AlertRule& rule) { rule.hold = 0s; })});
  world.SynQueue() = 11;
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
  EXPECT_EQ(world.transitions.front().from, AlertState::kInactive);
}

TEST(AlertEngine, AValueAtTheThresholdIsNotAboveIt) {
  AlertWorld world({QueueRule()});
  world.SynQueue() = 10;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
}

TEST(AlertEngine, AValueAtTheThresholdIsNotBelowIt) {
  AlertWorld world({With(QueueRule(), [](AlertRule& rule) {
    rule.threshold->side = ThresholdSide::kBelow;
    rule.clear.level = 20;
  })});
  world.SynQueue() = 10;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  world.SynQueue() = 9;
  EXPECT_THAT(world.Ticks(6), ElementsAre(kPending, kFiring));
  world.SynQueue() = 20;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  world.SynQueue() = 21;
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngine, PendingEndsWithTheConditionAndBeginsAnew) {
  AlertWorld world = Pending(QueueRule());
  world.Ticks(4);
  world.SynQueue() = 10;
  EXPECT_THAT(world.Tick(), ElementsAre(kInactive));
  EXPECT_THAT(world.engine.alerts(), IsEmpty());
  world.SynQueue() = 11;
  EXPECT_THAT(world.Ticks(5), ElementsAre(kPending));
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
}

TEST(AlertEngine, ResolvesAtOnceWithoutClear) {
  AlertWorld world = Firing(QueueRule());
  world.SynQueue() = 10;
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
  EXPECT_EQ(world.transitions.front().alert.value, 10);
  EXPECT_NE(world.transitions.front().alert.evidence, nullptr);
  EXPECT_THAT(world.engine.alerts(), IsEmpty());
  EXPECT_THAT(world.Ticks(10), IsEmpty());
}

TEST(AlertEngine, ClearIsBeyondItsLevelAndForItsTime) {
  AlertWorld world =
      Firing(With(QueueRule(), [](AlertRule& rule) { rule.clear = {.level = 5, .hold = 3s}; }));
  world.SynQueue() = 5;  // at the level is not beyond it
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  world.SynQueue() = 4;
  EXPECT_THAT(world.Ticks(3), IsEmpty());
  world.SynQueue() = 6;  // a break
  EXPECT_THAT(world.Tick(), IsEmpty());
  world.SynQueue() = 4;
  EXPECT_THAT(world.Ticks(3), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngine, EvidenceIsOfTheMomentOfFiring) {
  AlertWorld world = Pending(QueueRule());
  world.SetCause(443, DiagnosisCause::kSynFlood);
  world.ListenerOn(443).signs.source_prefixes = 9;
  world.ListenerOn(443).top_sources = {{Ipv4({198, 51, 100, 7}).SourcePrefix(), 8}};
  EXPECT_THAT(world.Ticks(5), ElementsAre(kFiring));
  const Alert fired = world.transitions.front().alert;
  EXPECT_EQ(fired.cause, "syn_flood");
  EXPECT_THAT(fired.evidence->text,
              testing::StartsWith(Explain(DiagnosisCause::kSynFlood, world.ListenerOn(443))));
  EXPECT_THAT(fired.evidence->top_sources, ElementsAre(testing::Pair("198.51.100.0/24", 8)));

  world.ListenerOn(443).diagnosis = {};
  world.ListenerOn(443).top_sources.clear();
  world.SynQueue() = 0;
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
  EXPECT_EQ(world.transitions.front().alert.evidence, fired.evidence);
  EXPECT_EQ(world.transitions.front().alert.cause, "syn_flood");
}

TEST(AlertEngine, EvidenceOfTheWorstMomentIsKeptBesideThatOfFiring) {
  AlertWorld world = Firing(QueueRule());
  const Alert fired = world.transitions.front().alert;
  EXPECT_FALSE(fired.worst_at);
  EXPECT_EQ(fired.worst_evidence, nullptr);

  world.SynQueue() = 90;
  world.ListenerOn(443).top_sources = {{Ipv4({198, 51, 100, 7}).SourcePrefix(), 80}};
  EXPECT_THAT(world.Tick(), IsEmpty());
  const Instant worst = world.Now();
  world.SynQueue() = 50;
  world.ListenerOn(443).top_sources = {{Ipv4({203, 0, 113, 7}).SourcePrefix(), 40}};
  EXPECT_THAT(world.Tick(), IsEmpty());
  world.SynQueue() = 0;
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));

  const Alert& ended = world.transitions.front().alert;
  EXPECT_EQ(ended.evidence, fired.evidence);
  EXPECT_EQ(ended.worst, 90);
  ASSERT_TRUE(ended.worst_at);
  EXPECT_EQ(ended.worst_at->wall, worst.wall);
  ASSERT_NE(ended.worst_evidence, nullptr);
  EXPECT_THAT(ended.worst_evidence->top_sources, ElementsAre(testing::Pair("198.51.100.0/24", 80)));
}

TEST(AlertEngine, ALateTickDoesNotMakeAnAlertOfOneSample) {
  AlertWorld world = Pending(With(QueueRule(), [](AlertRule& rule) { rule.hold = 8s; }));
  // The handshakes tier is patient for 5 s.
  EXPECT_THAT(world.Tick(60s), IsEmpty());
  EXPECT_THAT(world.Ticks(2), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
}

TEST(AlertEngine, AClockThatStandsStillChangesNothing) {
  AlertWorld world = Pending(QueueRule());
  for (int i = 0; i < 100; ++i) EXPECT_THAT(world.Tick(0s), IsEmpty());
  EXPECT_THAT(world.Ticks(5), ElementsAre(kFiring));
  world.SynQueue() = 0;
  EXPECT_THAT(world.Tick(0s), ElementsAre(kResolved));
}

TEST(AlertEngine, ASubjectThatVanishesWhilePendingIsNoAlert) {
  AlertWorld world = Pending(QueueRule());
  world.snapshot.listeners->listeners.clear();
  EXPECT_THAT(world.Tick(), ElementsAre(kInactive));
  EXPECT_THAT(world.engine.alerts(), IsEmpty());
}

TEST(AlertEngine, ASubjectThatVanishesWhileFiringResolves) {
  AlertWorld world =
      Firing(With(QueueRule(), [](AlertRule& rule) { rule.clear = {.level = 5, .hold = 60s}; }));
  world.snapshot.listeners->listeners.clear();
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
  EXPECT_THAT(world.Ticks(10), IsEmpty());
}

TEST(AlertEngine, StaleDataNeitherFiresNorResolves) {
  AlertWorld pending = Pending(QueueRule());
  pending.is_failing = true;
  EXPECT_THAT(pending.Ticks(60), IsEmpty());
  EXPECT_TRUE(pending.engine.rules().front().is_frozen);
  pending.is_failing = false;
  // The time that was frozen does not count.
  EXPECT_THAT(pending.Ticks(5), IsEmpty());
  EXPECT_THAT(pending.Tick(), ElementsAre(kFiring));

  pending.is_failing = true;
  pending.SynQueue() = 0;
  EXPECT_THAT(pending.Ticks(1'000), IsEmpty());
  pending.snapshot.listeners->listeners.clear();
  EXPECT_THAT(pending.Tick(), IsEmpty());
  pending.is_failing = false;
  EXPECT_THAT(pending.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngine, PollsThatCeaseAreStaleToo) {
  AlertWorld world = Pending(QueueRule());
  for (int second = 0; second < 60; ++second) {
    world.time += 1s;
    // The first 5 s the tier is only late; but nothing confirms what it said.
    EXPECT_THAT(world.Look(), IsEmpty()) << second;
    EXPECT_EQ(world.engine.rules().front().is_frozen, second >= 5) << second;
  }
  EXPECT_THAT(world.Ticks(5), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
}

TEST(AlertEngine, OnlyTheTierBehindTheSignalMatters) {
  AlertWorld world = Pending(QueueRule());
  world.snapshot.polls[2].RecordFailure(world.Now(), 1us, Error{ENOBUFS, "lost"});
  world.snapshot.polls[1].RecordSuccess(world.Now(), 1us);
  EXPECT_THAT(world.Look(), IsEmpty());
  EXPECT_FALSE(world.engine.rules().front().is_frozen);
}

// A share of a limit that is not known at times.
AlertRule TimeWaitRule() {
  return {.name = "TimeWait",
          .signal = AlertSignal::kTimeWaitUtilization,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 0.5},
          .hold = 5s};
}

TEST(AlertEngine, AnAbsentValueFreezesForAWhile) {
  AlertWorld world({TimeWaitRule()});
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  world.snapshot.kernel.sockets->time_wait = 80;
  world.snapshot.kernel.limits->time_wait_limit = 100;
  EXPECT_THAT(world.Ticks(3), ElementsAre("TimeWait host pending"));
  world.snapshot.kernel.sockets->time_wait.reset();
  EXPECT_THAT(world.Ticks(30), IsEmpty());
  world.snapshot.kernel.sockets->time_wait = 80;
  EXPECT_THAT(world.Ticks(3), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre("TimeWait host firing"));
  world.snapshot.kernel.sockets->time_wait.reset();
  EXPECT_THAT(world.Ticks(299), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre("TimeWait host resolved"));
  EXPECT_THAT(world.Ticks(20), IsEmpty());
}

TEST(AlertEngine, ManySubjectsAreIndependent) {
  AlertWorld world = Pending(QueueRule());
  world.Ticks(2);
  world.ListenerOn(80).syn_queue.length = 99;
  EXPECT_THAT(world.Ticks(3), ElementsAre("Queue 0.0.0.0:80 pending", kFiring));
  world.SynQueue() = 0;
  EXPECT_THAT(world.Ticks(3), ElementsAre(kResolved, "Queue 0.0.0.0:80 firing"));
}

TEST(AlertEngine, WatchesOnlyMatchingSubjects) {
  AlertWorld world({With(QueueRule(), [](AlertRule& rule) {
    rule.hold = 0s;
    rule.match = {{"0.0.0.0:443", false}, {"0.0.0.0:9", true}};
  })});
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{443, 4'430, 80, 9'001, 9}) {
    world.ListenerOn(port).syn_queue.length = 11;
  }
  EXPECT_THAT(world.Tick(),
              ElementsAre(kFiring, "Queue 0.0.0.0:9001 firing", "Queue 0.0.0.0:9 firing"));
}

TEST(AlertEngine, SubjectsAreBounded) {
  AlertWorld world({With(QueueRule(), [](AlertRule& rule) { rule.hold = 0s; })});
  constexpr int kMore = 7;
  for (int i = 0; i < static_cast<int>(AlertEngine::kMaxSubjects) + kMore; ++i) {
    world.ListenerOn(static_cast<std::uint16_t>(i + 1)).syn_queue.length = 11;
  }
  EXPECT_THAT(world.Tick(), SizeIs(AlertEngine::kMaxSubjects));
  EXPECT_EQ(world.engine.rules().front().left_out, kMore);
  // Those in trouble count, and one that is over makes room.
  world.ListenerOn(1).syn_queue.length = 0;
  EXPECT_THAT(world.Tick(), ElementsAre("Queue 0.0.0.0:1 resolved"));
  EXPECT_THAT(world.Tick(), SizeIs(1));
  EXPECT_EQ(world.engine.rules().front().left_out, kMore - 1);
}

// More subjects than there is room for. Listeners 1 to kMany are there first.
struct FullAlertEngine : testing::Test {
  static constexpr int kMany = AlertEngine::kMaxSubjects;
  static AlertWorld WorldWith(AlertRule rule, std::uint64_t syn_queue) {
    AlertWorld world({std::move(rule)});
    for (int port = 1; port <= kMany; ++port) {
      world.ListenerOn(static_cast<std::uint16_t>(port)).syn_queue.length = syn_queue;
    }
    return world;
  }
};

TEST_F(FullAlertEngine, TheWorstValuesAreFollowed) {
  AlertWorld world = WorldWith(With(QueueRule(), [](AlertRule& rule) { rule.hold = 0s; }), 11);
  world.ListenerOn(9'001).syn_queue.length = 1'000;
  world.ListenerOn(9'002).syn_queue.length = 12;
  const std::vector<std::string> fired = world.Tick();
  EXPECT_THAT(fired, SizeIs(kMany));
  EXPECT_THAT(fired,
              testing::IsSupersetOf({"Queue 0.0.0.0:9001 firing", "Queue 0.0.0.0:9002 firing"}));
  EXPECT_EQ(world.engine.rules().front().left_out, 2U);
}

TEST_F(FullAlertEngine, TheLowestAreTheWorstOfARuleWithBelow) {
  AlertWorld world = WorldWith(With(QueueRule(),
                                    [](AlertRule& rule) {
                                      rule.hold = 0s;
                                      rule.threshold->side = ThresholdSide::kBelow;
                                    }),
                               9);
  world.ListenerOn(9'001).syn_queue.length = 0;
  EXPECT_THAT(world.Tick(), testing::Contains("Queue 0.0.0.0:9001 firing"));
}

TEST_F(FullAlertEngine, AnAlertKeepsItsPlaceWhateverComes) {
  AlertWorld world = WorldWith(With(QueueRule(), [](AlertRule& rule) { rule.hold = 0s; }), 11);
  world.Tick();
  world.ListenerOn(9'001).syn_queue.length = 1'000;
  world.SetCause(9'001, DiagnosisCause::kSynFlood);
  EXPECT_THAT(world.Ticks(10), IsEmpty());
  EXPECT_EQ(world.engine.rules().front().left_out, 1U);
}

TEST_F(FullAlertEngine, APendingAlertKeepsItsPlaceToo) {
  AlertWorld world = WorldWith(QueueRule(), 11);
  for (int i = 0; i < 3; ++i) world.Tick();
  world.ListenerOn(1).syn_queue.length = 0;
  world.Tick();  // one place is free
  world.ListenerOn(9'001).syn_queue.length = 12;
  EXPECT_THAT(world.Tick(), testing::Contains("Queue 0.0.0.0:9001 pending"));
  world.ListenerOn(1).syn_queue.length = 12;
  world.Tick();
  EXPECT_EQ(world.engine.rules().front().left_out, 1U);
  world.Ticks(5);
  EXPECT_THAT(world.engine.alerts(),
              testing::Each(testing::Field(&Alert::state, AlertState::kFiring)));
}

TEST_F(FullAlertEngine, AListenerInTroubleTakesThePlaceOfAQuietOne) {
  AlertWorld world = WorldWith({.name = "Drops",
                                .signal = AlertSignal::kListenerDrops,
                                .threshold = AlertThreshold{ThresholdSide::kAbove, 1}},
                               0);
  world.Ticks(3);
  ListenerStatus& troubled = world.ListenerOn(9'001);
  world.Ticks(3);
  EXPECT_EQ(world.engine.rules().front().left_out, 1U);
  world.SetCause(9'001, DiagnosisCause::kAcceptQueueFull);
  std::vector<std::string> said;
  for (int i = 0; i < 5; ++i) {
    troubled.drops += 100;
    for (std::string& line : world.Tick()) said.push_back(std::move(line));
  }
  EXPECT_THAT(said, ElementsAre("Drops 0.0.0.0:9001 firing"));
  EXPECT_EQ(world.engine.rules().front().left_out, 1U);
}

TEST(AlertEngine, ASubjectWhoseValueIsNotKnownTakesNoRoom) {
  AlertWorld world({{.name = "Share",
                     .signal = AlertSignal::kListenerSynQueueUtilization,
                     .threshold = AlertThreshold{ThresholdSide::kAbove, 0.5}}});
  constexpr int kMany = AlertEngine::kMaxSubjects;
  for (int i = 1; i <= kMany; ++i) {
    world.ListenerOn(static_cast<std::uint16_t>(i)).accept_queue.limit = 0;
  }
  world.ListenerOn(kMany + 1).syn_queue.length = 128;
  EXPECT_THAT(world.Tick(), ElementsAre("Share 0.0.0.0:501 firing"));
  EXPECT_EQ(world.engine.rules().front().left_out, 0U);
}

TEST(AlertEngine, ADeferringListenerIsNotInTrouble) {
  AlertWorld world =
      Firing(With(QueueRule(), [](AlertRule& rule) { rule.clear = {.level = 5, .hold = 0s}; }));
  world.SetCause(443, DiagnosisCause::kDeferredAccept);
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
  EXPECT_THAT(world.Ticks(60), IsEmpty());
}

TEST(AlertEngine, IgnoresRulesThatAreNotEnabled) {
  AlertWorld world({With(QueueRule(), [](AlertRule& rule) { rule.enabled = false; })});
  world.SynQueue() = 1'000;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  EXPECT_THAT(world.engine.rules(), IsEmpty());
}

}  // namespace
}  // namespace connwatch::alert_engine_test
