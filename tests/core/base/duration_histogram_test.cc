#include "core/base/duration_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace connwatch::duration_histogram_test {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;

constexpr std::array kBounds = {microseconds{10}, microseconds{100}};

TEST(DurationHistogramTest, UpperBoundsAreInclusive) {
  DurationHistogram histogram(kBounds);
  for (const int us : {0, 10, 11, 100, 101}) histogram.Observe(microseconds(us));
  EXPECT_THAT(histogram.bucket_counts(), ElementsAre(2, 2, 1));
  EXPECT_EQ(histogram.sum(), microseconds(222));
}

TEST(DurationHistogramTest, MergeAddsUp) {
  DurationHistogram a(kBounds);
  DurationHistogram b(kBounds);
  a.Observe(microseconds(5));
  b.Observe(microseconds(6));
  b.Observe(microseconds(1'000));
  a.Merge(b);
  EXPECT_THAT(a.bucket_counts(), ElementsAre(2, 0, 1));
  EXPECT_EQ(a.sum(), microseconds(1'011));
}

TEST(DurationHistogramTest, DeltaIsWhatCameSince) {
  DurationHistogram before(kBounds);
  before.Observe(microseconds(5));
  DurationHistogram now = before;
  now.Observe(microseconds(50));
  const auto delta = now.DeltaSince(before);
  ASSERT_TRUE(delta);
  EXPECT_THAT(delta->bucket_counts(), ElementsAre(0, 1, 0));
  EXPECT_EQ(delta->sum(), microseconds(50));
  EXPECT_FALSE(before.DeltaSince(now)) << "counts fell";
  EXPECT_FALSE(now.DeltaSince(DurationHistogram({}))) << "other bounds";
}

TEST(DurationHistogramTest, QuantilesAreInterpolatedAsPrometheusDoes) {
  DurationHistogram histogram(kBounds);
  for (const int us : {5, 5, 50, 50}) histogram.Observe(microseconds(us));
  const auto quantile_us = [&](double share) {
    return histogram.Quantile(share).value().count() * 1e6;
  };
  EXPECT_DOUBLE_EQ(quantile_us(0), 0);
  EXPECT_DOUBLE_EQ(quantile_us(0.25), 5);
  EXPECT_DOUBLE_EQ(quantile_us(0.5), 10);
  EXPECT_DOUBLE_EQ(quantile_us(0.75), 55);
  EXPECT_DOUBLE_EQ(quantile_us(1), 100);
}

TEST(DurationHistogramTest, BeyondTheLastBoundTheQuantileIsThatBound) {
  DurationHistogram histogram(kBounds);
  histogram.Observe(microseconds(5'000));
  EXPECT_EQ(histogram.Quantile(0.5), microseconds(100));
}

TEST(DurationHistogramTest, NothingObservedHasNoQuantile) {
  EXPECT_FALSE(DurationHistogram(kBounds).Quantile(0.5));
  DurationHistogram without_bounds({});
  without_bounds.Observe(microseconds(1));
  EXPECT_FALSE(without_bounds.Quantile(0.5));
}

}  // namespace
}  // namespace connwatch::duration_histogram_test
