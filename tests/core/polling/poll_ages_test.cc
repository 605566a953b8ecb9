#include "core/polling/poll_ages.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using namespace std::chrono_literals;

class PollAgesTest : public testing::Test {
 protected:
  void Observe(int second) { ages_.Observe(polls_, TestInstant(second).monotonic); }
  void Succeed(int second) { polls_[0].RecordSuccess(TestInstant(second), 1ms); }
  bool IsStale() const { return ages_.Find(Tier::kFull)->is_stale; }
  double Overdue() const { return ages_.Overdue().value().count(); }

  std::vector<PollHealth> polls_{PollHealth(Tier::kFull, 10s)};
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

// The times of day in the health go wherever the administrator sets them.
TEST_F(PollAgesTest, DoesNotLookAtTheTimeOfDay) {
  Succeed(0);
  Observe(0);
  polls_[0].RecordSuccess({TestInstant(10).monotonic, WallTime(1h)}, 1ms);
  Observe(10);
  EXPECT_DOUBLE_EQ(Overdue(), 0);
  EXPECT_FALSE(IsStale());
}

}  // namespace
}  // namespace connwatch
