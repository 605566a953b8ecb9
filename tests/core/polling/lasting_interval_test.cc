#include "core/polling/lasting_interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace connwatch::lasting_interval_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class LastingIntervalTest : public testing::Test {
 protected:
  // `interval` is in force for this time, and fitted once a second.
  void Keep(milliseconds interval, std::chrono::seconds time) {
    for (const MonotonicTime end = now_ + time; now_ < end; now_ += 1s) {
      if (lasting_.Observe(interval, wanted_, now_)) told_.push_back(interval.count());
    }
  }

  // Two intervals take turns for an hour.
  void Alternate(milliseconds one, milliseconds other, std::chrono::seconds turn) {
    for (const MonotonicTime end = now_ + 1h; now_ < end;) {
      Keep(one, turn);
      Keep(other, turn);
    }
  }

  milliseconds wanted_ = 10s;
  std::vector<milliseconds::rep> told_;

 private:
  MonotonicTime now_{1h};
  LastingInterval lasting_;
};

TEST_F(LastingIntervalTest, WhatIsAskedForIsNoNews) {
  Keep(10s, 1h);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(LastingIntervalTest, AChangeThatStaysIsToldOnceAndSoIsTheReturn) {
  Keep(10s, 1min);
  Keep(12'500ms, 1h);
  EXPECT_THAT(told_, ElementsAre(12'500)) << "however small it is";
  Keep(10s, 1h);
  EXPECT_THAT(told_, ElementsAre(12'500, 10'000));
}

TEST_F(LastingIntervalTest, TellsALongerOneAfterHalfAMinuteAndAReturnAfterTenMinutes) {
  Keep(12'500ms, 30s);
  EXPECT_THAT(told_, IsEmpty());
  Keep(12'500ms, 1s);
  EXPECT_THAT(told_, ElementsAre(12'500));
  Keep(10s, 10min);
  EXPECT_THAT(told_, ElementsAre(12'500));
  Keep(10s, 1s);
  EXPECT_THAT(told_, ElementsAre(12'500, 10'000));
}

TEST_F(LastingIntervalTest, AShortChangeIsNotTold) {
  Alternate(12'500ms, 10s, 29s);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(LastingIntervalTest, AtABorderTheLongerOneIsToldOnce) {
  Alternate(10s, 12'500ms, 2min);
  EXPECT_THAT(told_, ElementsAre(12'500));
}

TEST_F(LastingIntervalTest, AmongStretchedIntervalsOnlyAFactorCounts) {
  Keep(100s, 1min);
  Alternate(67s, 150s, 15min);
  EXPECT_THAT(told_, ElementsAre(100'000));
  Keep(151s, 1min);
  EXPECT_THAT(told_, ElementsAre(100'000, 151'000));
  Keep(100s, 11min);
  EXPECT_THAT(told_, ElementsAre(100'000, 151'000, 100'000));
  Alternate(100s, 151s, 2min);
  EXPECT_THAT(told_, ElementsAre(100'000, 151'000, 100'000, 151'000)) << "once";
}

TEST_F(LastingIntervalTest, AReturnIsToldHoweverNearItIs) {
  Keep(11s, 1min);
  Keep(10s, 11min);
  EXPECT_THAT(told_, ElementsAre(11'000, 10'000));
}

TEST_F(LastingIntervalTest, WhoChangesTheConfigurationKnowsWhatItAsksFor) {
  Keep(20s, 1min);
  wanted_ = 5s;
  Keep(5s, 1h);
  EXPECT_THAT(told_, ElementsAre(20'000));
  Keep(20s, 1min);
  EXPECT_THAT(told_, ElementsAre(20'000, 20'000));
}

}  // namespace
}  // namespace connwatch::lasting_interval_test
