#include "core/polling/poll_ages.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "tests/support/snapshots.h"

namespace connwatch::poll_ages_test {
namespace {

using namespace std::chrono_literals;

class PollAgesTest : public testing::Test {
 protected:
  void Observe(int second) { ages_.Observe(polls_, paused_, TestInstant(second).monotonic); }
  void Succeed(int second) { polls_[0].RecordSuccess(TestInstant(second), 1ms); }
  bool IsStale() const { return ages_.Find(Tier::kFull)->is_stale; }
  double Overdue() const { return ages_.Overdue().value().count(); }

  std::vector<PollHealth> polls_{PollHealth(Tier::kFull, 10s)};
  std::chrono::seconds paused_{0};
  PollAges ages_;
};

TEST_F(PollAgesTest, KnowsNothingAtFirst) {
  EXPECT_EQ(ages_.Find(Tier::kFull), nullptr);
  EXPECT_FALSE(ages_.Overdue());
}

TEST_F(PollAgesTest, IsStaleBeforeTheFirstSuccess) {
  Observe(0);
  EXPECT_TRUE(IsStale());
  Observe(50);
  EXPECT_DOUBLE_EQ(Overdue(), 40);
}

TEST_F(PollAgesTest, IsStaleWithAFailureAndFreshWithTheNextSuccess) {
  Succeed(0);
  Observe(0);
  EXPECT_FALSE(IsStale());
  polls_[0].RecordFailure(TestInstant(10), 1ms, Error{ENOBUFS, "lost"});
  Observe(10);
  EXPECT_TRUE(IsStale());
  Succeed(20);
  Observe(20);
  EXPECT_FALSE(IsStale());
  EXPECT_EQ(ages_.Find(Tier::kFull)->failures, 1U);
}

TEST_F(PollAgesTest, IsStaleBeyondThreeIntervalsAndTwoSeconds) {
  Succeed(0);
  Observe(0);
  Observe(32);
  EXPECT_FALSE(IsStale());
  Observe(33);
  EXPECT_TRUE(IsStale());
}

TEST_F(PollAgesTest, IsOverdueBeyondTheInterval) {
  Succeed(0);
  Observe(0);
  Observe(10);
  EXPECT_DOUBLE_EQ(Overdue(), 0);
  Observe(45);
  EXPECT_DOUBLE_EQ(Overdue(), 35);
  polls_.emplace_back(Tier::kHandshakes, 1s);
  Observe(46);
  EXPECT_DOUBLE_EQ(Overdue(), 36);  // of the worst
}

TEST_F(PollAgesTest, APauseOfTheProcessIsNoAge) {
  Succeed(0);
  Observe(0);
  paused_ = 70s;
  Observe(75);
  EXPECT_FALSE(IsStale());
  EXPECT_DOUBLE_EQ(Overdue(), 0);
  Observe(108);  // it has had 38 s to poll, and 10 s of them are the interval
  EXPECT_TRUE(IsStale());
  EXPECT_DOUBLE_EQ(Overdue(), 28);
}

TEST_F(PollAgesTest, OnlyOnePauseIsLeftOutBetweenTwoSuccesses) {
  Succeed(0);
  Observe(0);
  for (int second = 7; second <= 49; second += 7) {
    paused_ += 6s;  // runs for a second in seven and never comes to an end of a poll
    Observe(second);
  }
  EXPECT_DOUBLE_EQ(Overdue(), 49 - 6 - 10);
  Succeed(50);
  Observe(50);
  paused_ += 30s;
  Observe(81);
  EXPECT_DOUBLE_EQ(Overdue(), 0);
}

TEST_F(PollAgesTest, APauseBeforeTheLatestSuccessChangesNothing) {
  Succeed(0);
  Observe(0);
  paused_ = 70s;
  Succeed(75);
  Observe(75);
  Observe(100);
  EXPECT_DOUBLE_EQ(Overdue(), 15);
}

TEST_F(PollAgesTest, DoesNotLookAtTheTimeOfDay) {
  Succeed(0);
  Observe(0);
  polls_[0].RecordSuccess({TestInstant(10).monotonic, WallTime(1h)}, 1ms);
  Observe(10);
  EXPECT_DOUBLE_EQ(Overdue(), 0);
  EXPECT_FALSE(IsStale());
}

}  // namespace
}  // namespace connwatch::poll_ages_test
