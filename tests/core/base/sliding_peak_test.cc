#include "core/base/sliding_peak.h"

#include <gtest/gtest.h>

namespace connwatch::sliding_peak_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonotonicTime At(int ms) { return MonotonicTime(seconds(1'000) + milliseconds(ms)); }

TEST(SlidingPeakTest, KeepsTheMaximumForTheWindow) {
  SlidingPeak<std::uint64_t> peak(seconds(30));
  peak.Observe(At(0), 5);
  peak.Observe(At(100), 900);
  peak.Observe(At(200), 3);
  EXPECT_EQ(peak.Get(At(200)), 900U);
  EXPECT_EQ(peak.Get(At(30'000)), 900U);
  EXPECT_EQ(peak.Get(At(31'999)), 0U);
}

TEST(SlidingPeakTest, FallsStepByStep) {
  SlidingPeak<std::uint64_t> peak(seconds(30));
  for (int second = 0; second < 60; ++second) {
    peak.Observe(At(second * 1'000), static_cast<std::uint64_t>(60 - second));
  }
  EXPECT_EQ(peak.Get(At(59'000)), 31U) << "30 s back";
}

TEST(SlidingPeakTest, AGapLongerThanTheWindowForgets) {
  SlidingPeak<std::uint64_t> peak(seconds(30));
  peak.Observe(At(0), 900);
  peak.Observe(At(31 * 1'000 * 7), 2);  // the same slot again
  EXPECT_EQ(peak.Get(At(31 * 1'000 * 7)), 2U);
}

TEST(SlidingPeakTest, ZerosRaiseNothingAndForgetNothing) {
  SlidingPeak<double> peak(seconds(30));
  peak.Observe(At(0), 0);
  EXPECT_EQ(peak.Get(At(0)), 0);
  peak.Observe(At(100), 0.25);
  peak.Observe(At(200), 0);
  EXPECT_EQ(peak.Get(At(200)), 0.25);
  peak.Observe(At(40'000), 0);
  EXPECT_EQ(peak.Get(At(40'000)), 0);
}

TEST(SlidingPeakTest, TheShortestWindowWorks) {
  SlidingPeak<std::uint64_t> peak(milliseconds(1));
  peak.Observe(At(0), 7);
  EXPECT_EQ(peak.Get(At(0)), 7U);
  EXPECT_EQ(peak.Get(At(100)), 0U);
}

}  // namespace
}  // namespace connwatch::sliding_peak_test
