#include "core/polling/cpu_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace connwatch::cpu_budget_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ElementsAre;

double ShareOf(const std::vector<milliseconds>& intervals, std::span<const TierDemand> demands) {
  double share = 0;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    share += std::chrono::duration<double>(demands[i].cost) /
             std::chrono::duration<double>(intervals[i]);
  }
  return share;
}

TEST(FitIntervalsTest, WithinTheBudgetNothingIsStretched) {
  const std::array demands = {TierDemand{milliseconds(100), microseconds(100)},
                              TierDemand{milliseconds(1'000), milliseconds(5)},
                              TierDemand{milliseconds(10'000), milliseconds(6)}};
  EXPECT_THAT(FitIntervals(demands, 0.02),
              ElementsAre(milliseconds(100), milliseconds(1'000), milliseconds(10'000)));
}

TEST(FitIntervalsTest, OnlyTheDearTiersAreStretched) {
  // A million sockets.
  const std::array demands = {TierDemand{milliseconds(100), microseconds(300)},
                              TierDemand{milliseconds(1'000), milliseconds(90)},
                              TierDemand{milliseconds(10'000), milliseconds(950)}};
  const auto intervals = FitIntervals(demands, 0.02);
  EXPECT_EQ(intervals[0], milliseconds(100));
  EXPECT_EQ(intervals[1] % milliseconds(100), milliseconds(0));
  EXPECT_EQ(intervals[2] % milliseconds(100), milliseconds(0));
  EXPECT_LE(ShareOf(intervals, demands), 0.02);
  EXPECT_GT(ShareOf(intervals, demands), 0.0195) << "the budget is used";
}

TEST(FitIntervalsTest, WhatOneDoesNotNeedGoesToTheOthers) {
  const std::array demands = {TierDemand{milliseconds(100), nanoseconds(0)},
                              TierDemand{milliseconds(1'000), milliseconds(1)},
                              TierDemand{milliseconds(1'000), milliseconds(100)}};
  const auto intervals = FitIntervals(demands, 0.02);
  EXPECT_EQ(intervals[1], milliseconds(1'000));
  EXPECT_EQ(intervals[2], milliseconds(5'300)) << "100 ms in 1.9 %";
}

TEST(FitIntervalsTest, ARareFirstTierSetsNoStep) {
  const std::array demands = {TierDemand{milliseconds(3'600'000), microseconds(1)},
                              TierDemand{milliseconds(100), milliseconds(220)}};
  EXPECT_EQ(FitIntervals(demands, 1)[1], milliseconds(221));
}

TEST(FitIntervalsTest, NothingMeasuredYetIsNothingStretched) {
  const std::array demands = {TierDemand{milliseconds(100), nanoseconds(0)},
                              TierDemand{milliseconds(1'000), nanoseconds(0)}};
  EXPECT_THAT(FitIntervals(demands, 0.001), ElementsAre(milliseconds(100), milliseconds(1'000)));
}

TEST(PollCostTest, FollowsTheLatestPolls) {
  PollCost cost;
  cost.Observe(milliseconds(8), 1);
  EXPECT_EQ(cost.per_poll(), milliseconds(8));
  cost.Observe(milliseconds(8 + 4 + 4), 3);
  EXPECT_EQ(cost.per_poll(), milliseconds(7)) << "4 ms each of the latest two";
  cost.Observe(milliseconds(20), 3);
  EXPECT_EQ(cost.per_poll(), milliseconds(7)) << "no poll since";
}

}  // namespace
}  // namespace connwatch::cpu_budget_test
