// Rates, ratios and growth: what the engine makes of several samples.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/alert_world.h"

namespace connwatch::alert_engine_growth_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kFiring = "Growth 0.0.0.0:443 firing";

// Growth of more than 20 a second over 10 s, above 64.
AlertRule GrowthRule() {
  return {.name = "Growth",
          .signal = AlertSignal::kListenerSynQueue,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 64},
          .growth = AlertGrowth{.per_second = 20, .over = 10s}};
}

// After 20 quiet seconds.
AlertWorld Quiet(const AlertRule& rule) {
  AlertWorld world({rule});
  world.ListenerOn(443);
  world.snapshot.kernel.counters = KernelCounters{};
  (*world.snapshot.kernel.counters)[KernelCounterId::kSyncookiesSent] = 1'000;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
  return world;
}

// What is said while the queue grows by `per_second` for that long.
std::vector<std::string> Grow(AlertWorld& world, std::uint64_t per_second, int seconds) {
  std::vector<std::string> all;
  for (int i = 0; i < seconds; ++i) {
    world.SynQueue() += per_second;
    for (std::string& line : world.Tick()) all.push_back(std::move(line));
  }
  return all;
}

TEST(AlertEngineGrowth, FiresWithinThreeSecondsOfAFlood) {
  AlertWorld world = Quiet(GrowthRule());
  EXPECT_THAT(Grow(world, 500, 3), ElementsAre(kFiring));
  EXPECT_FALSE(world.engine.alerts().front().evidence->recent.empty());
}

TEST(AlertEngineGrowth, BothMustHold) {
  AlertWorld grown = Quiet(GrowthRule());
  grown.SynQueue() = 20;
  EXPECT_THAT(Grow(grown, 4, 15), IsEmpty());  // above 64, but slowly
  AlertWorld below = Quiet(GrowthRule());
  for (int i = 0; i < 10; ++i) {
    below.SynQueue() = 64;  // grown by 64 at once, but not above
    EXPECT_THAT(below.Tick(), IsEmpty());
  }
}

TEST(AlertEngineGrowth, GrowthAtTheThresholdIsNotAboveIt) {
  AlertWorld world = Quiet(GrowthRule());
  EXPECT_THAT(Grow(world, 20, 60), IsEmpty());
  AlertWorld faster = Quiet(GrowthRule());
  EXPECT_THAT(Grow(faster, 21, 60), ElementsAre(kFiring));
}

TEST(AlertEngineGrowth, IsRobustToOneOddSample) {
  AlertWorld world = Quiet(GrowthRule());
  world.SynQueue() = 100'000;
  EXPECT_THAT(world.Tick(), IsEmpty());
  world.SynQueue() = 0;
  EXPECT_THAT(world.Ticks(30), IsEmpty());
}

TEST(AlertEngineGrowth, NeedsHalfOfTheWindow) {
  AlertWorld world({GrowthRule()});
  world.ListenerOn(443);
  EXPECT_THAT(Grow(world, 500, 5), IsEmpty());
  EXPECT_THAT(Grow(world, 500, 1), ElementsAre(kFiring));
}

TEST(AlertEngineGrowth, NeverAcrossAFailedPoll) {
  AlertWorld world = Quiet(GrowthRule());
  world.is_failing = true;
  world.SynQueue() = 5'000;
  EXPECT_THAT(world.Tick(), IsEmpty());
  world.is_failing = false;
  EXPECT_THAT(world.Ticks(30), IsEmpty());
}

TEST(AlertEngineGrowth, NeverAcrossMissingSamples) {
  AlertWorld world = Quiet(GrowthRule());
  world.SynQueue() = 5'000;
  EXPECT_THAT(world.Tick(6s), IsEmpty());  // patience is 5 s
  EXPECT_THAT(world.Ticks(30), IsEmpty());
}

TEST(AlertEngineGrowth, LateTicksDoNotFeignGrowth) {
  AlertWorld world = Quiet(GrowthRule());
  // 15 a second, whenever it is looked at.
  for (const auto after : {1s, 4s, 1s, 3s, 1s, 1s, 5s, 2s, 1s}) {
    world.SynQueue() += static_cast<std::uint64_t>(15 * after.count());
    EXPECT_THAT(world.Tick(after), IsEmpty());
  }
}

TEST(AlertEngineGrowth, LooksBetweenPollsAreNoSamples) {
  AlertWorld world = Quiet(GrowthRule());
  world.SynQueue() = 5'000;
  for (int i = 0; i < 40; ++i) {
    world.time += 10ms;
    EXPECT_THAT(world.Look(), IsEmpty());
  }
}

TEST(AlertEngineGrowth, AFloodThatIsDiagnosedNeedsNotGrowAnyMore) {
  AlertWorld world = Quiet(GrowthRule());
  world.is_failing = true;
  world.SynQueue() = 128;
  world.Tick();
  world.is_failing = false;
  EXPECT_THAT(world.Ticks(30), IsEmpty());
  world.SetCause(443, DiagnosisCause::kSynFlood);
  EXPECT_THAT(world.Tick(), ElementsAre(kFiring));
  EXPECT_EQ(world.engine.alerts().front().cause, "syn_flood");
}

TEST(AlertEngineGrowth, GrowthAloneHasTheGrowthAsItsValue) {
  AlertRule rule = GrowthRule();
  rule.threshold.reset();
  AlertWorld world = Quiet(rule);
  EXPECT_THAT(Grow(world, 40, 20), ElementsAre(kFiring));
  EXPECT_DOUBLE_EQ(world.engine.alerts().front().value, 40);
  EXPECT_DOUBLE_EQ(world.engine.alerts().front().threshold, 20);
}

AlertRule CookiesRule() {
  return {.name = "Cookies",
          .signal = AlertSignal::kSynCookiesSent,
          .threshold = AlertThreshold{ThresholdSide::kAbove, 5}};
}

TEST(AlertEngineRate, IsByMeasuredTime) {
  AlertWorld world = Quiet(CookiesRule());
  auto& cookies = *(*world.snapshot.kernel.counters)[KernelCounterId::kSyncookiesSent];
  for (const auto after : {1s, 3s, 1s, 5s, 2s, 4s}) {
    cookies += static_cast<std::uint64_t>(5 * after.count());  // at the threshold
    EXPECT_THAT(world.Tick(after), IsEmpty());
  }
  cookies += 6;
  EXPECT_THAT(world.Tick(), ElementsAre("Cookies host firing"));
  EXPECT_THAT(world.Ticks(20), ElementsAre("Cookies host resolved"));
}

TEST(AlertEngineRate, AnOldCountIsNoRate) {
  AlertWorld world({CookiesRule()});
  (*world.snapshot.kernel.counters)[KernelCounterId::kSyncookiesSent] = 1'000'000;
  EXPECT_THAT(world.Ticks(20), IsEmpty());
}

TEST(AlertEngineRate, ACounterThatGoesBackBeginsAnew) {
  AlertWorld world = Quiet(CookiesRule());
  auto& cookies = *(*world.snapshot.kernel.counters)[KernelCounterId::kSyncookiesSent];
  cookies = 0;
  EXPECT_THAT(world.Tick(), IsEmpty());
  cookies = 6;
  EXPECT_THAT(world.Tick(), ElementsAre("Cookies host firing"));
}

TEST(AlertEngineRate, ACounterThatIsMissingForAWhileIsNoRateOfThen) {
  AlertWorld world = Quiet(CookiesRule());
  world.snapshot.kernel.counters.reset();
  EXPECT_THAT(world.Ticks(5), IsEmpty());
  world.snapshot.kernel.counters = KernelCounters{};
  (*world.snapshot.kernel.counters)[KernelCounterId::kSyncookiesSent] = 1'000'000;
  EXPECT_THAT(world.Ticks(5), IsEmpty());
}

TEST(AlertEngineRate, ARatioNeedsTraffic) {
  AlertWorld world({{.name = "Retransmits",
                     .signal = AlertSignal::kRetransmitRatio,
                     .threshold = AlertThreshold{ThresholdSide::kAbove, 0.05}}});
  ConnectionUsage& usage = world.snapshot.traffic[{Direction::kInbound, kOtherGroup}].usage;
  world.Tick(10s);
  usage = {.segments_sent = 199, .segments_retransmitted = 199};
  EXPECT_THAT(world.Tick(10s), IsEmpty());
  usage = {.segments_sent = 4'000, .segments_retransmitted = 200};  // exactly 5 %
  EXPECT_THAT(world.Tick(10s), IsEmpty());
  usage.segments_retransmitted = 201;
  EXPECT_THAT(world.Tick(10s), ElementsAre("Retransmits other firing"));
  // Without traffic nothing is known, and after five minutes it is over.
  std::vector<std::string> said;
  for (int i = 0; i < 60; ++i) {
    for (std::string& line : world.Tick(10s)) said.push_back(std::move(line));
  }
  EXPECT_THAT(said, ElementsAre("Retransmits other resolved"));
}

}  // namespace
}  // namespace connwatch::alert_engine_growth_test
