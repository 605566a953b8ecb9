#include "core/polling/poll_health.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace connwatch::poll_health_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant At(int second) { return {MonotonicTime(seconds(second)), WallTime(seconds(second))}; }

TEST(PollHealthTest, AFailureKeepsTheTimeOfTheLastSuccess) {
  PollHealth health(Tier::kFull, milliseconds(1'000));
  health.RecordSuccess(At(10), milliseconds(5));
  health.RecordFailure(At(20), milliseconds(5), Error{ENOBUFS, "lost"});

  EXPECT_EQ(health.last_success(), At(10).monotonic);
  ASSERT_TRUE(health.current_failure());
  EXPECT_EQ(health.current_failure()->text, "lost");
  EXPECT_EQ(health.current_failure()->at, At(20).wall);
  EXPECT_EQ(health.failures(PollFailureReason::kNoBufferSpace), 1U);
  EXPECT_EQ(health.failures(), 1U);
}

TEST(PollHealthTest, ASuccessEndsTheFailure) {
  PollHealth health(Tier::kFull, milliseconds(1'000));
  health.RecordFailure(At(10), milliseconds(5), Error{ENOBUFS, "lost"});
  EXPECT_FALSE(health.last_success());
  health.RecordSuccess(At(20), milliseconds(5));
  EXPECT_FALSE(health.current_failure());
  EXPECT_EQ(health.failures(), 1U);
  EXPECT_EQ(health.successes(), 1U);
}

TEST(PollHealthTest, LatenessIsToldFromDuration) {
  PollHealth health(Tier::kListeners, milliseconds(100));
  health.RecordLateness(milliseconds(7));
  EXPECT_EQ(health.lateness().sum(), milliseconds(7));
  EXPECT_EQ(health.durations().sum(), milliseconds(0));
}

TEST(PollHealthTest, BucketsOfDurationAndLateness) {
  const auto bounds_us = [](const DurationHistogram& histogram) {
    std::vector<std::int64_t> bounds;
    for (const auto bound : histogram.upper_bounds()) bounds.push_back(bound.count());
    return bounds;
  };
  const PollHealth health(Tier::kFull, milliseconds(1'000));
  EXPECT_EQ(bounds_us(health.durations()),
            (std::vector<std::int64_t>{100, 300, 1'000, 3'000, 10'000, 30'000, 100'000, 300'000,
                                       1'000'000, 3'000'000, 10'000'000}));
  EXPECT_EQ(bounds_us(health.lateness()),
            (std::vector<std::int64_t>{100, 300, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000,
                                       100'000, 1'000'000}));
}

TEST(PollHealthTest, ReasonsComeFromTheErrno) {
  const auto reason = [](int code) { return Name(ReasonOf(Error{code, ""})); };
  EXPECT_EQ(reason(ENOBUFS), "no_buffer_space");
  EXPECT_EQ(reason(ETIMEDOUT), "timeout");
  EXPECT_EQ(reason(EBADMSG), "malformed");
  EXPECT_EQ(reason(EMSGSIZE), "malformed");
  EXPECT_EQ(reason(EACCES), "permission");
  EXPECT_EQ(reason(ENOENT), "unsupported");
  EXPECT_EQ(reason(EBUSY), "other");
  EXPECT_EQ(reason(0), "other");
}

}  // namespace
}  // namespace connwatch::poll_health_test
