#include "core/handshakes/latency_counts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/handshake_batches.h"

namespace connwatch::latency_counts_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::nanoseconds;

LatencyCounts Of(std::initializer_list<nanoseconds> durations) {
  LatencyCounts counts;
  for (const nanoseconds each : durations) AddLatency(counts, *TestBatch(1).Took(each));
  return counts;
}

TEST(LatencyCountsTest, BoundsAreAscendingAndFine) {
  const auto bounds = LatencyBounds();
  EXPECT_EQ(bounds.front(), 50us);
  EXPECT_EQ(bounds.back(), 200s);
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    EXPECT_GT(bounds[i], bounds[i - 1]);
    EXPECT_LE(bounds[i], bounds[i - 1] * 112 / 100) << bounds[i].count();
  }
}

TEST(LatencyCountsTest, WhatIsShownIsExact) {
  for (const nanoseconds shown : ShownLatencyBounds()) {
    EXPECT_TRUE(std::ranges::binary_search(LatencyBounds(), shown)) << shown.count();
    EXPECT_EQ(Of({shown}).CountUpTo(shown), 1U);
    EXPECT_EQ(Of({shown + 1ns}).CountUpTo(shown), 0U);
  }
}

TEST(LatencyCountsTest, NothingHasNoQuantile) {
  EXPECT_FALSE(LatencyCounts().Quantile(0.5));
  EXPECT_EQ(LatencyCounts().CountUpTo(100s), 0U);
}

TEST(LatencyCountsTest, EqualDurationsHaveAnExactMedian) {
  EXPECT_DOUBLE_EQ(Of({162ms}).Quantile(0.5)->count(), 0.162);
  EXPECT_DOUBLE_EQ(Of({162ms, 162ms, 162ms}).Quantile(0.99)->count(), 0.162);
}

TEST(LatencyCountsTest, OtherMediansAreWithinATenth) {
  for (nanoseconds each = 60us; each < 150s; each = each * 17 / 10) {
    const auto counts = Of({1us, each - each / 50, each, each + each / 50, 199s});
    const double median = counts.Quantile(0.5)->count();
    EXPECT_NEAR(median, duration<double>(each).count(), 0.1 * duration<double>(each).count());
  }
}

TEST(LatencyCountsTest, BeyondTheLastBoundIsTheLastBound) {
  EXPECT_DOUBLE_EQ(Of({1ms, 300s, 400s}).Quantile(0.99)->count(), 200);
}

TEST(LatencyCountsTest, Sums) {
  LatencyCounts sum = Of({1ms, 2ms});
  sum += Of({2ms});
  EXPECT_EQ(sum.count(), 3U);
  EXPECT_EQ(sum.sum(), 5ms);
  EXPECT_EQ(sum, Of({2ms, 2ms, 1ms}));
}

}  // namespace
}  // namespace connwatch::latency_counts_test
