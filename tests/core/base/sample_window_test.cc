#include "core/base/sample_window.h"

#include <gtest/gtest.h>

#include <vector>

namespace connwatch::sample_window_test {
namespace {

using namespace std::chrono_literals;

MonotonicTime At(std::chrono::milliseconds time) { return MonotonicTime(1h + time); }

// One value a second, from the second `first` on.
void AddEverySecond(SampleWindow& window, const std::vector<double>& values, int first = 0) {
  for (const double value : values) window.Add({At(1s * first++), value});
}

SampleWindow GrowthWindow(std::chrono::seconds span) { return {span, SampleWindow::kMinForGrowth}; }

TEST(SampleWindow, GrowthIsTheSlopeOfALine) {
  SampleWindow window = GrowthWindow(10s);
  AddEverySecond(window, {0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50});
  EXPECT_DOUBLE_EQ(window.Growth().value(), 5);
  AddEverySecond(window, {45, 40, 35, 30, 25, 20, 15, 10, 5, 0}, 11);
  EXPECT_DOUBLE_EQ(window.Growth().value(), -5);
}

TEST(SampleWindow, GrowthIsByMeasuredTime) {
  SampleWindow window = GrowthWindow(10s);
  for (const auto time : {0ms, 700ms, 2'100ms, 2'200ms, 4'900ms, 6'000ms, 9'500ms}) {
    window.Add({At(time), std::chrono::duration<double>(time).count() * 20});
  }
  EXPECT_NEAR(window.Growth().value(), 20, 1e-9);
}

TEST(SampleWindow, OneOddSampleDoesNotBendGrowth) {
  for (std::size_t odd = 0; odd < 11; ++odd) {
    for (const double value : {0.0, 1e9}) {
      std::vector<double> values(11, 100);
      values[odd] = value;
      SampleWindow window = GrowthWindow(10s);
      AddEverySecond(window, values);
      EXPECT_DOUBLE_EQ(window.Growth().value(), 0) << odd;
    }
  }
}

TEST(SampleWindow, OneOddSampleOfTheFewestDoesNotBendGrowth) {
  for (std::size_t odd = 0; odd < SampleWindow::kMinForGrowth; ++odd) {
    std::vector<double> values(SampleWindow::kMinForGrowth, 7);
    values[odd] = 1e9;
    SampleWindow window = GrowthWindow(4s);
    AddEverySecond(window, values);
    EXPECT_DOUBLE_EQ(window.Growth().value(), 0) << odd;
  }
}

TEST(SampleWindow, SteepGrowthShowsAtItsSecondSampleWhateverTheWindow) {
  SampleWindow window = GrowthWindow(30s);
  AddEverySecond(window, std::vector<double>(31, 0));
  AddEverySecond(window, {1'000}, 31);
  EXPECT_DOUBLE_EQ(window.Growth().value(), 0);
  AddEverySecond(window, {2'000}, 32);
  EXPECT_GT(window.Growth().value(), 30);
}

TEST(SampleWindow, SaysNothingAboutGrowthWithTooLittle) {
  SampleWindow window = GrowthWindow(10s);
  AddEverySecond(window, {0, 1, 2, 3, 4});
  EXPECT_FALSE(window.Growth());  // five samples, but 4 s of 10 s
  AddEverySecond(window, {5}, 5);
  EXPECT_TRUE(window.Growth());

  SampleWindow rare = GrowthWindow(10s);
  for (int i = 0; i < 4; ++i) rare.Add({At(10s * i), 0});
  EXPECT_FALSE(rare.Growth());  // 30 s, but four samples
  rare.Add({At(40s), 40});
  EXPECT_TRUE(rare.Growth());

  window.Clear();
  EXPECT_FALSE(window.Growth());
}

TEST(SampleWindow, KeepsTheWindowAndNoMore) {
  SampleWindow window = GrowthWindow(10s);
  AddEverySecond(window, std::vector<double>(100, 1));
  EXPECT_EQ(window.samples().front().time, At(89s));
  EXPECT_EQ(window.samples().size(), 11U);
}

TEST(SampleWindow, IsBoundedHoweverOftenItIsFed) {
  SampleWindow window = GrowthWindow(30s);
  for (int i = 0; i < 100'000; ++i) window.Add({At(1ms * i), 2.0 * i / 1'000});
  EXPECT_LE(window.samples().size(), 2U * SampleWindow::kMaxPerSpan);
  EXPECT_EQ(window.samples().back().time, At(99'999ms));
  EXPECT_NEAR(window.Growth().value(), 2, 1e-9);
}

TEST(SampleWindow, AClockThatStandsStillReplaces) {
  SampleWindow window(10s, 2);
  window.Add({At(0s), 1});
  window.Add({At(0s), 2});
  EXPECT_EQ(window.samples().size(), 1U);
  EXPECT_FALSE(window.Rate());
  window.Add({At(1s), 5});
  window.Add({At(1s), 6});
  window.Add({At(0s), 8});  // back is as still
  EXPECT_DOUBLE_EQ(window.Rate().value(), 6);
}

TEST(SampleWindow, RateIsOverTheWindow) {
  SampleWindow window(10s, 2);
  EXPECT_FALSE(window.Rate());
  AddEverySecond(window, {100});
  EXPECT_FALSE(window.Rate());
  AddEverySecond(window, {110}, 4);
  EXPECT_DOUBLE_EQ(window.Rate().value(), 2.5);
  AddEverySecond(window, {110}, 60);  // the last two stay
  EXPECT_DOUBLE_EQ(window.Rate().value(), 0);
}

TEST(SampleWindow, RatioNeedsEnoughToDivideBy) {
  SampleWindow window(60s, 2);
  window.Add({At(0s), 10, 1'000});
  EXPECT_FALSE(window.Ratio(0));
  window.Add({At(10s), 15, 1'100});
  EXPECT_DOUBLE_EQ(window.Ratio(100).value(), 0.05);
  EXPECT_FALSE(window.Ratio(101));
  window.Add({At(90s), 20, 1'100});
  window.Add({At(120s), 21, 1'100});
  EXPECT_FALSE(window.Ratio(0));
}

// A trouble that ends because nobody does anything any more has ended.
TEST(SampleWindow, AShareOfNothingIsNone) {
  SampleWindow window(60s, 2);
  window.Add({At(0s), 10, 1'000});
  EXPECT_FALSE(window.Share(10));
  window.Add({At(10s), 10, 1'000});
  EXPECT_DOUBLE_EQ(window.Share(10).value(), 0);
  window.Add({At(20s), 11, 1'001});
  EXPECT_FALSE(window.Share(10));
  window.Add({At(30s), 15, 1'010});
  EXPECT_DOUBLE_EQ(window.Share(10).value(), 0.5);
}

}  // namespace
}  // namespace connwatch::sample_window_test
