// Which time counts: late ticks, gaps, failures and values that are missing, in every state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/alert_world.h"

namespace connwatch::alert_engine_time_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kPending = "Queue 0.0.0.0:443 pending";
const std::string kFiring = "Queue 0.0.0.0:443 firing";
const std::string kResolved = "Queue 0.0.0.0:443 resolved";

// Above 10 for 5 s, over below 5 for 8 s.
AlertRule QueueRule() {
  return {.name = "Queue",
          .signal = AlertSignal::kListenerSynQueue,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 10},
          .hold = 5s,
          .clear = {.level = 5, .hold = 8s}};
}

AlertWorld Firing() {
  AlertWorld world({QueueRule()});
  world.SynQueue() = 11;
  EXPECT_THAT(world.Ticks(6), ElementsAre(kPending, kFiring));
  return world;
}

// Firing, and below the clear level for that many ticks; the first of them begins the time.
AlertWorld Clearing(int ticks) {
  AlertWorld world = Firing();
  world.SynQueue() = 0;
  EXPECT_THAT(world.Ticks(ticks), IsEmpty());
  return world;
}

TEST(AlertEngineTime, LooksBetweenPollsConfirmNothing) {
  AlertWorld world({{.name = "Leak",
                     .signal = AlertSignal::kCloseWaitSockets,
                     .threshold = AlertThreshold{ThresholdSide::kAbove, 1},
                     .hold = 5s,
                     .clear = {.hold = 5s}}});
  std::uint64_t& leak =
      world.snapshot.sockets->groups[{Direction::kInbound, kOtherGroup}].states.at(
          IndexOf(TcpState::kCloseWait));
  // A full poll every 10 s, a look every second.
  const auto poll = [&world] {
    world.snapshot.polls[2].RecordSuccess(world.Now(), 1us);
    return world.Look();
  };
  const auto look_on = [&world] {
    std::vector<std::string> said;
    for (int i = 0; i < 9; ++i) {
      world.time += 1s;
      for (std::string& line : world.Look()) said.push_back(std::move(line));
    }
    world.time += 1s;
    return said;
  };
  EXPECT_THAT(poll(), IsEmpty());
  EXPECT_THAT(look_on(), IsEmpty());
  leak = 2;
  EXPECT_THAT(poll(), ElementsAre("Leak other pending"));
  EXPECT_THAT(look_on(), IsEmpty());
  EXPECT_THAT(poll(), ElementsAre("Leak other firing"));
  leak = 0;
  EXPECT_THAT(look_on(), IsEmpty());
  EXPECT_THAT(poll(), IsEmpty());
  EXPECT_THAT(look_on(), IsEmpty());
  EXPECT_THAT(poll(), ElementsAre("Leak other resolved"));
}

TEST(AlertEngineTime, ALateTickDoesNotResolveByOneSample) {
  AlertWorld world = Clearing(1);
  // The handshakes tier is patient for 5 s.
  EXPECT_THAT(world.Tick(60s), IsEmpty());
  EXPECT_THAT(world.Ticks(2), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngineTime, TheTimeOfAFailureDoesNotClear) {
  AlertWorld world = Clearing(5);  // 4 s
  world.is_failing = true;
  EXPECT_THAT(world.Ticks(60), IsEmpty());
  world.is_failing = false;
  EXPECT_THAT(world.Ticks(4), IsEmpty());  // the first one goes on where it was
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngineTime, AClockThatStandsStillDoesNotClear) {
  AlertWorld world = Clearing(8);  // 7 s
  for (int i = 0; i < 100; ++i) EXPECT_THAT(world.Tick(0s), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngineTime, TroubleThatReturnsWhileClearingStartsTheTimeAgain) {
  AlertWorld world = Clearing(8);
  world.SynQueue() = 11;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  EXPECT_EQ(world.engine.alerts().front().state, AlertState::kFiring);
  world.SynQueue() = 0;
  EXPECT_THAT(world.Ticks(8), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertEngineTime, ASubjectThatVanishesWhileClearingResolvesOnce) {
  AlertWorld world = Clearing(3);
  world.snapshot.listeners->listeners.clear();
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
  EXPECT_THAT(world.Ticks(20), IsEmpty());
}

TEST(AlertEngineTime, ASubjectThatComesBackBeginsAnew) {
  AlertWorld world = Firing();
  world.snapshot.listeners->listeners.clear();
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
  world.SynQueue() = 11;
  EXPECT_THAT(world.Ticks(5), ElementsAre(kPending));
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
}

TEST(AlertEngineTime, AGapWhilePendingCountsOnlyWhatIsNotStale) {
  AlertWorld world({QueueRule()});
  world.SynQueue() = 11;
  EXPECT_THAT(world.Tick(), ElementsAre(kPending));
  world.time += 30s;
  EXPECT_THAT(world.Look(), IsEmpty());  // stale by now: frozen
  EXPECT_THAT(world.Tick(), IsEmpty());
  EXPECT_THAT(world.Ticks(4), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
}

TEST(AlertEngineTime, TroubleThatEndsWhileDataIsStaleEndsWithTheFirstGoodPoll) {
  AlertWorld world({QueueRule()});
  world.SynQueue() = 11;
  EXPECT_THAT(world.Ticks(3), ElementsAre(kPending));
  world.is_failing = true;
  world.SynQueue() = 0;
  EXPECT_THAT(world.Ticks(100), IsEmpty());
  world.is_failing = false;
  EXPECT_THAT(world.Tick(), ElementsAre("Queue 0.0.0.0:443 inactive"));
}

AlertRule TimeWaitRule() {
  return {.name = "TimeWait",
          .signal = AlertSignal::kTimeWaitUtilization,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 0.5},
          .clear = {.level = 0.4, .hold = 5s}};
}

TEST(AlertEngineTime, AValueThatIsMissingWhileClearingStopsTheTime) {
  AlertWorld world({TimeWaitRule()});
  auto& time_wait = world.snapshot.kernel.sockets->time_wait;
  world.snapshot.kernel.limits->time_wait_limit = 100;
  time_wait = 80;
  EXPECT_THAT(world.Tick(), ElementsAre("TimeWait host firing"));
  time_wait = 0;
  EXPECT_THAT(world.Ticks(3), IsEmpty());
  time_wait.reset();
  EXPECT_THAT(world.Ticks(100), IsEmpty());
  time_wait = 0;
  EXPECT_THAT(world.Ticks(3), IsEmpty());
  EXPECT_THAT(world.Tick(), ElementsAre("TimeWait host resolved"));
}

TEST(AlertEngineTime, ALimitOfZeroIsNoShare) {
  AlertWorld world({TimeWaitRule()});
  world.snapshot.kernel.sockets->time_wait = 80;
  world.snapshot.kernel.limits->time_wait_limit = 0;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
}

TEST(AlertEngineTime, EveryOtherRuleIsFrozenWhileTheMonitorIsStale) {
  AlertWorld world({QueueRule(),
                    {.name = "MonitorStale",
                     .signal = AlertSignal::kMonitorAgeSeconds,
                     .threshold = AlertThreshold{ThresholdSide::kAbove, 30}}});
  world.SynQueue() = 11;
  EXPECT_THAT(world.Ticks(6), ElementsAre(kPending, kFiring));
  world.is_failing = true;
  world.SynQueue() = 0;
  EXPECT_THAT(world.Ticks(60), ElementsAre("MonitorStale host firing"));
  EXPECT_TRUE(world.engine.rules()[0].is_frozen);
  EXPECT_FALSE(world.engine.rules()[1].is_frozen);
  world.is_failing = false;
  EXPECT_THAT(world.Tick(), ElementsAre("MonitorStale host resolved"));
}

}  // namespace
}  // namespace connwatch::alert_engine_time_test
