// What a reload does to alerts in each state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/alert_world.h"

namespace connwatch::alert_engine_reload_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

AlertRule QueueRule(std::string name = "Queue") {
  return {.name = std::move(name),
          .signal = AlertSignal::kListenerSynQueue,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 10},
          .hold = 5s,
          .clear = {.level = 5, .hold = 5s}};
}

AlertRule Stricter() {
  AlertRule rule = QueueRule();
  rule.threshold->value = 11;
  return rule;
}

// In trouble for as many ticks as that.
AlertWorld After(int ticks) {
  AlertWorld world({QueueRule()});
  world.SynQueue() = 20;
  world.Ticks(ticks);
  return world;
}

std::vector<std::string> Reload(AlertWorld& world, std::vector<AlertRule> rules) {
  return AlertWorld::Lines(world.engine.Reconfigure(std::move(rules), world.Now()));
}

TEST(AlertEngineReload, KeepsAPendingAlertOfTheSameRule) {
  AlertWorld world = After(4);
  EXPECT_THAT(Reload(world, {QueueRule("Other"), QueueRule()}), IsEmpty());
  EXPECT_THAT(world.Ticks(2), ElementsAre("Other 0.0.0.0:443 pending", "Queue 0.0.0.0:443 firing"));
}

TEST(AlertEngineReload, KeepsAFiringAlertOfTheSameRule) {
  AlertWorld world = After(6);
  const auto evidence = world.engine.alerts().front().evidence;
  EXPECT_THAT(Reload(world, {QueueRule()}), IsEmpty());
  EXPECT_THAT(world.Ticks(3), IsEmpty());
  EXPECT_EQ(world.engine.alerts().front().evidence, evidence);
}

TEST(AlertEngineReload, KeepsTheTimeOfAnAlertThatIsClearing) {
  AlertWorld world = After(6);
  world.SynQueue() = 0;
  world.Ticks(4);
  EXPECT_THAT(Reload(world, {QueueRule()}), IsEmpty());
  EXPECT_THAT(world.Ticks(2), ElementsAre("Queue 0.0.0.0:443 resolved"));
}

TEST(AlertEngineReload, TakesNewAnnotationsAndKeepsTheState) {
  AlertWorld world = After(6);
  AlertRule rule = QueueRule();
  rule.annotations = {{"summary", "new"}};
  EXPECT_THAT(Reload(world, {rule}), IsEmpty());
  ASSERT_THAT(world.engine.alerts(), SizeIs(1));
  EXPECT_EQ(world.engine.alerts().front().rule->annotations.at("summary"), "new");
}

TEST(AlertEngineReload, EndsThePendingAlertOfAChangedRule) {
  AlertWorld world = After(4);
  EXPECT_THAT(Reload(world, {Stricter()}), ElementsAre("Queue 0.0.0.0:443 inactive"));
  EXPECT_THAT(world.engine.alerts(), IsEmpty());
  EXPECT_THAT(world.Ticks(6), ElementsAre("Queue 0.0.0.0:443 pending", "Queue 0.0.0.0:443 firing"));
}

TEST(AlertEngineReload, ResolvesTheFiringAlertOfAChangedRule) {
  AlertWorld world = After(6);
  EXPECT_THAT(Reload(world, {Stricter()}), ElementsAre("Queue 0.0.0.0:443 resolved"));
  EXPECT_THAT(world.Tick(), ElementsAre("Queue 0.0.0.0:443 pending"));
}

TEST(AlertEngineReload, ResolvesTheFiringAlertOfARuleThatIsGone) {
  AlertWorld world = After(6);
  EXPECT_THAT(Reload(world, {}), ElementsAre("Queue 0.0.0.0:443 resolved"));
  EXPECT_THAT(world.Ticks(10), IsEmpty());
}

TEST(AlertEngineReload, ResolvesTheFiringAlertOfARuleSwitchedOff) {
  AlertWorld world = After(6);
  AlertRule off = QueueRule();
  off.enabled = false;
  EXPECT_THAT(Reload(world, {off}), ElementsAre("Queue 0.0.0.0:443 resolved"));
  EXPECT_THAT(world.Ticks(10), IsEmpty());
}

TEST(AlertEngineReload, AResolvedAlertStaysResolved) {
  AlertWorld world = After(6);
  world.SynQueue() = 0;
  world.Ticks(10);
  EXPECT_THAT(Reload(world, {Stricter()}), IsEmpty());
  EXPECT_THAT(world.Ticks(10), IsEmpty());
}

TEST(AlertEngineReload, AFrozenAlertOfTheSameRuleStaysFrozen) {
  AlertWorld world = After(6);
  world.is_failing = true;
  world.Ticks(3);
  EXPECT_THAT(Reload(world, {QueueRule()}), IsEmpty());
  EXPECT_THAT(world.Ticks(60), IsEmpty());
  EXPECT_THAT(world.engine.alerts(), SizeIs(1));
}

TEST(AlertEngineReload, AFrozenAlertOfAChangedRuleEndsAndBeginsWithFreshData) {
  AlertWorld world = After(6);
  world.is_failing = true;
  world.Ticks(3);
  EXPECT_THAT(Reload(world, {Stricter()}), ElementsAre("Queue 0.0.0.0:443 resolved"));
  EXPECT_THAT(world.Ticks(60), IsEmpty());
  world.is_failing = false;
  EXPECT_THAT(world.Tick(), ElementsAre("Queue 0.0.0.0:443 pending"));
}

TEST(AlertEngineReload, EndsAClearingAlertOfAChangedRule) {
  AlertWorld world = After(6);
  world.SynQueue() = 0;
  world.Ticks(3);
  EXPECT_THAT(Reload(world, {Stricter()}), ElementsAre("Queue 0.0.0.0:443 resolved"));
  EXPECT_THAT(world.Ticks(10), IsEmpty());
}

TEST(AlertEngineReload, KeepsTheSamplesOfGrowth) {
  AlertRule rule = QueueRule();
  rule.growth = AlertGrowth{.per_second = 20, .over = 10s};
  rule.hold = 0s;
  AlertWorld world({rule});
  world.SynQueue() = 0;
  world.Ticks(10);
  EXPECT_THAT(Reload(world, {rule}), IsEmpty());
  std::vector<std::string> said;
  for (int i = 0; i < 3; ++i) {
    world.SynQueue() += 500;
    for (std::string& line : world.Tick()) said.push_back(std::move(line));
  }
  EXPECT_THAT(said, ElementsAre("Queue 0.0.0.0:443 firing"));
}

}  // namespace
}  // namespace connwatch::alert_engine_reload_test
