// Trouble that comes and goes: told once, and kept until it stays away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/alerts/alert_life.h"
#include "tests/support/alert_world.h"

namespace connwatch::alert_flapping_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kPending = "Queue 0.0.0.0:443 pending";
const std::string kFiring = "Queue 0.0.0.0:443 firing";
const std::string kResolved = "Queue 0.0.0.0:443 resolved";

// A level without history, so that a quiet subject is forgotten unless it may be flapping.
AlertRule QueueRule() {
  return {.name = "Queue",
          .signal = AlertSignal::kListenerAcceptQueueUtilization,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 0.8},
          .hold = 10s,
          .clear = {.level = 0.5, .hold = 20s}};
}

// Stuck for 16 s of every 50 s.
std::vector<std::string> Round(AlertWorld& world, int stuck = 16, int free = 34) {
  world.ListenerOn(443).accept_queue = OneQueue(129, 128);
  std::vector<std::string> said = world.Ticks(stuck);
  world.ListenerOn(443).accept_queue = OneQueue(0, 128);
  for (std::string& line : world.Ticks(free)) said.push_back(std::move(line));
  return said;
}

TEST(AlertFlapping, TheThirdTimeStays) {
  AlertWorld world({QueueRule()});
  EXPECT_THAT(Round(world), ElementsAre(kPending, kFiring, kResolved));
  EXPECT_THAT(Round(world), ElementsAre(kPending, kFiring, kResolved));
  EXPECT_THAT(Round(world), ElementsAre(kPending, kFiring));
  for (int i = 0; i < 7; ++i) EXPECT_THAT(Round(world), IsEmpty());

  const std::vector<Alert> alerts = world.engine.alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  ASSERT_TRUE(alerts[0].flapping.has_value());
  EXPECT_EQ(alerts[0].flapping->times, 10U);
  EXPECT_EQ(alerts[0].flapping->span, 450s);
}

TEST(AlertFlapping, ATroubleThatReturnsBeforeItsAlertHasEndedIsCounted) {
  AlertRule rule = QueueRule();
  rule.clear.hold = 90s;
  AlertWorld world({rule});
  EXPECT_THAT(Round(world), ElementsAre(kPending, kFiring));
  EXPECT_THAT(Round(world), IsEmpty());
  EXPECT_FALSE(world.engine.alerts().front().flapping.has_value());
  for (unsigned times = 3; times < 6; ++times) {
    EXPECT_THAT(Round(world), IsEmpty());
    EXPECT_EQ(world.engine.alerts().front().flapping->times, times);
  }
}

TEST(AlertFlapping, AReturnNeedsAsMuchTimeAsABegin) {
  AlertRule rule = QueueRule();
  rule.clear.hold = 90s;
  AlertWorld world({rule});
  Round(world, 16, 9);  // away for less than `for`
  for (int i = 0; i < 3; ++i) Round(world, 12, 9);
  for (int i = 0; i < 3; ++i) Round(world, 9, 34);  // back for less than `for`
  EXPECT_FALSE(world.engine.alerts().front().flapping.has_value());
}

TEST(AlertFlapping, EndsOnceItHasStayedAway) {
  AlertWorld world({QueueRule()});
  for (int i = 0; i < 3; ++i) Round(world);
  const int since_clear = 34 - 20 - 1;  // the lull begins when the alert would have ended
  const int left = static_cast<int>((AlertLife::kFlappingLull / 1s)) - since_clear;
  EXPECT_THAT(world.Ticks(left - 1), IsEmpty());
  EXPECT_EQ(world.engine.alerts().front().clears_in, 1s);
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

TEST(AlertFlapping, AShortTroubleInTheLullIsNotANewTime) {
  AlertWorld world({QueueRule()});
  for (int i = 0; i < 3; ++i) Round(world);
  EXPECT_THAT(Round(world, 9, 1), IsEmpty());
  EXPECT_EQ(world.engine.alerts().front().flapping->times, 3U);
  EXPECT_THAT(Round(world, 12, 1), IsEmpty());
  EXPECT_EQ(world.engine.alerts().front().flapping->times, 4U);
}

TEST(AlertFlapping, AReturnInTheLullIsCountedOnce) {
  AlertWorld world({QueueRule()});
  for (int i = 0; i < 2; ++i) Round(world);
  Round(world, 16, 15);
  world.ListenerOn(443).accept_queue = OneQueue(77, 128);  // neither in trouble nor clear
  world.Tick();
  world.ListenerOn(443).accept_queue = OneQueue(0, 128);
  world.Ticks(25);
  Round(world, 16, 1);
  EXPECT_EQ(world.engine.alerts().front().flapping->times, 4U);
}

TEST(AlertFlapping, ClearsInIsAllTheTimeThatIsLeft) {
  AlertWorld world({QueueRule()});
  for (int i = 0; i < 2; ++i) Round(world);
  Round(world, 16, 5);
  EXPECT_EQ(world.engine.alerts().front().clears_in, 20s + AlertLife::kFlappingLull - 4s);
}

TEST(AlertFlapping, TimesThatAreLongAgoDoNotCount) {
  AlertWorld world({QueueRule()});
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(Round(world), ElementsAre(kPending, kFiring, kResolved));
    EXPECT_THAT(world.Ticks(300), IsEmpty());
  }
}

TEST(AlertFlapping, AQuietListenerIsForgottenInTheEnd) {
  AlertWorld world({QueueRule()});
  Round(world);
  world.Ticks(601);
  Round(world);
  EXPECT_THAT(Round(world), ElementsAre(kPending, kFiring, kResolved));
}

TEST(AlertFlapping, CountsNoMoreThanItsLimit) {
  AlertRule rule = QueueRule();
  rule.hold = 0s;
  rule.clear = {};
  AlertWorld world({rule});
  for (int i = 0; i < 150; ++i) Round(world, 1, 1);
  EXPECT_EQ(world.engine.alerts().front().flapping->times, AlertLife::kMaxTimes);
}

TEST(AlertFlapping, AListenerThatIsClosedEndsItsAlert) {
  AlertWorld world({QueueRule()});
  for (int i = 0; i < 3; ++i) Round(world);
  world.snapshot.listeners->listeners.clear();
  EXPECT_THAT(world.Tick(), ElementsAre(kResolved));
}

}  // namespace
}  // namespace connwatch::alert_flapping_test
