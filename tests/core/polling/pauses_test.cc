#include "core/polling/pauses.h"

#include <gtest/gtest.h>

namespace connwatch::pauses_test {
namespace {

using namespace std::chrono_literals;

MonotonicTime At(std::chrono::milliseconds time) { return MonotonicTime(time); }

TEST(PausesTest, RegularBeatsAreNoPause) {
  Pauses pauses;
  for (int second = 100; second < 200; ++second) EXPECT_FALSE(pauses.Beat(At(second * 1s)));
  EXPECT_EQ(pauses.total(), 0s);
}

TEST(PausesTest, ALateBeatEndsAPause) {
  Pauses pauses;
  pauses.Beat(At(100s));
  EXPECT_FALSE(pauses.Beat(At(104'999ms)));
  EXPECT_EQ(pauses.Beat(At(174'999ms)), 70s);
  EXPECT_FALSE(pauses.Beat(At(174'999ms))) << "it is told once";
  EXPECT_EQ(pauses.Beat(At(179'999ms)), 5s);
  EXPECT_EQ(pauses.total(), 75s);
}

}  // namespace
}  // namespace connwatch::pauses_test
