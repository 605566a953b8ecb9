#include "core/handshakes/handshake_trends.h"

#include <gtest/gtest.h>

#include "tests/support/handshake_batches.h"

namespace connwatch::handshake_trends_test {
namespace {

using namespace std::chrono_literals;

constexpr GroupKey kGroup{Direction::kOutbound, GroupId{.place = 3, .generation = 1}};

class HandshakeTrendsTest : public testing::Test {
 protected:
  // A batch each minute, from this minute on.
  void Add(int minutes, std::uint64_t count, std::chrono::nanoseconds each) {
    for (int i = 0; i < minutes; ++i, now_ += 1min) {
      trends_.Advance(now_);
      trends_.Add(kGroup, *TestBatch(count).Took(each));
    }
    trends_.Advance(now_ - 1min);
  }
  std::optional<LatencyTrend> Trend() const { return trends_.Read()[kGroup]; }

  HandshakeTrends trends_;
  MonotonicTime now_{1'000s};
};

TEST_F(HandshakeTrendsTest, NeedsAPast) {
  Add(2, 100, 10ms);
  EXPECT_FALSE(Trend());
  Add(1, 100, 10ms);
  ASSERT_TRUE(Trend());
  EXPECT_DOUBLE_EQ(Trend()->now.count(), 0.01);
  EXPECT_DOUBLE_EQ(Trend()->before.count(), 0.01);
}

TEST_F(HandshakeTrendsTest, APathThatDoubles) {
  Add(60, 10, 10ms);
  Add(2, 10, 20ms);
  ASSERT_TRUE(Trend());
  EXPECT_DOUBLE_EQ(Trend()->now.count(), 0.02);
  EXPECT_DOUBLE_EQ(Trend()->before.count(), 0.01);
}

TEST_F(HandshakeTrendsTest, AnHourLaterTheNewLatencyIsThePast) {
  Add(60, 10, 10ms);
  Add(75, 10, 20ms);
  ASSERT_TRUE(Trend());
  EXPECT_DOUBLE_EQ(Trend()->before.count(), 0.02);
}

TEST_F(HandshakeTrendsTest, FewHandshakesSayNothing) {
  Add(60, 10, 10ms);
  Add(2, 9, 20ms);
  EXPECT_FALSE(Trend());
}

TEST_F(HandshakeTrendsTest, AfterALongSleepNothingIsLeft) {
  Add(60, 100, 10ms);
  now_ += 10h;
  Add(1, 100, 20ms);
  EXPECT_FALSE(Trend());
}

TEST_F(HandshakeTrendsTest, TheNextOwnerOfAPlaceHasNoPast) {
  Add(60, 100, 10ms);
  GroupKey successor = kGroup;
  ++successor.group.generation;
  trends_.Add(successor, *TestBatch(100).Took(20ms));
  EXPECT_FALSE(trends_.Read()[successor]);
}

}  // namespace
}  // namespace connwatch::handshake_trends_test
