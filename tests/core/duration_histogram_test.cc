#include "core/duration_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace connwatch {
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

}  // namespace
}  // namespace connwatch
