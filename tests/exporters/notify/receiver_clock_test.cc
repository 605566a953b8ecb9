#include "exporters/notify/receiver_clock.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/snapshot_parts.h"

namespace connwatch::receiver_clock_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

// This host's clock is right, and the receiver's is `ahead` of it.
struct ReceiverClockTest : testing::Test {
  Instant After(milliseconds time) const {
    return {TestInstant(100).monotonic + time, TestInstant(100).wall + time};
  }
  // An answer that is written in the middle of its round trip, and read at `now`.
  void Answer(milliseconds now, milliseconds round_trip = 0ms) {
    const WallTime written = After(now - round_trip / 2).wall + ahead;
    clock.Observe(std::chrono::floor<seconds>(written), After(now - round_trip).monotonic,
                  After(now).monotonic);
  }
  milliseconds Error(milliseconds now, Instant told) const {
    return std::chrono::round<milliseconds>(told.wall - (After(now).wall + ahead));
  }

  milliseconds ahead{0};
  ReceiverClock clock;
};

TEST_F(ReceiverClockTest, IsThisHostsUntilAnAnswerTellsMore) {
  EXPECT_FALSE(clock.is_observed());
  EXPECT_EQ(clock.EarliestAt(After(0ms)).wall, After(0ms).wall);
  EXPECT_EQ(clock.Ahead(After(0ms)), std::nullopt);
  clock.Observe(std::nullopt, After(0ms).monotonic, After(1ms).monotonic);
  EXPECT_TRUE(clock.is_observed());
  EXPECT_EQ(clock.LatestAt(After(1ms)).wall, After(1ms).wall);
  EXPECT_EQ(clock.Ahead(After(1ms)), std::nullopt);
}

TEST_F(ReceiverClockTest, ClocksThatMayAgreeDo) {
  for (int i = 0; i < 100; ++i) {
    const milliseconds now(i * 10'123);
    Answer(now, milliseconds(i));
    EXPECT_EQ(clock.EarliestAt(After(now)).wall, After(now).wall) << i;
    EXPECT_EQ(clock.LatestAt(After(now)).wall, After(now).wall) << i;
    EXPECT_EQ(clock.Ahead(After(now)), 0ns) << i;
  }
}

TEST_F(ReceiverClockTest, ASlowAnswerIsNoDifference) {
  Answer(20s, 20s);
  EXPECT_EQ(clock.Ahead(After(20s)), 0ns);
}

TEST_F(ReceiverClockTest, KnowsADifferenceToASecondAndTheRoundTrip) {
  for (const milliseconds difference : {-86'400'000ms, -300'000ms, -2'500ms, 2'500ms, 300'000ms}) {
    for (const milliseconds round_trip : {0ms, 400ms}) {
      ahead = difference;
      clock = {};
      Answer(5'700ms, round_trip);
      const Instant later = After(60s);
      EXPECT_LE(Error(60s, clock.EarliestAt(later)), 0ms) << difference.count();
      EXPECT_GE(Error(60s, clock.EarliestAt(later)), -1s - round_trip) << difference.count();
      EXPECT_GE(Error(60s, clock.LatestAt(later)), 0ms) << difference.count();
      EXPECT_LE(Error(60s, clock.LatestAt(later)), 1s + round_trip) << difference.count();
      const auto distance = *clock.Ahead(later) - difference;
      EXPECT_LE(std::chrono::abs(distance), 1s + round_trip) << difference.count();
    }
  }
}

TEST_F(ReceiverClockTest, MoreAnswersTellMoreExactly) {
  ahead = 300s;
  for (int i = 0; i < 50; ++i) Answer(milliseconds(i * 10'123), 4s);
  const milliseconds now = 600s;
  EXPECT_GE(Error(now, clock.EarliestAt(After(now))), -2'100ms);  // half of the round trip
  EXPECT_LE(Error(now, clock.LatestAt(After(now))), 2'100ms);
}

TEST_F(ReceiverClockTest, FollowsWhenTheReceiversClockIsSet) {
  Answer(0ms);
  for (const milliseconds difference : {3'600'000ms, -3'600'000ms, 0ms}) {
    ahead = difference;
    Answer(10s);
    EXPECT_LE(std::chrono::abs(Error(10s, clock.EarliestAt(After(10s)))), 1s);
    EXPECT_LE(std::chrono::abs(*clock.Ahead(After(10s)) - difference), 1s);
  }
}

TEST_F(ReceiverClockTest, ThisHostsClockMayBeSet) {
  Answer(0ms);
  Instant put_back = After(10s);
  put_back.wall -= 1h;
  EXPECT_LE(std::chrono::abs(Error(10s, clock.EarliestAt(put_back))), 1s);
  EXPECT_NEAR(std::chrono::duration<double>(*clock.Ahead(put_back)).count(), 3'600, 1);
}

TEST_F(ReceiverClockTest, IgnoresDatesThatNoClockShows) {
  const WallTime epoch;
  for (const WallTime date : {epoch, ReceiverClock::kEarliest - 1s, ReceiverClock::kLatest}) {
    clock.Observe(date, After(0ms).monotonic, After(1ms).monotonic);
    EXPECT_EQ(clock.Ahead(After(1ms)), std::nullopt);
  }
  EXPECT_TRUE(clock.is_observed());
}

TEST_F(ReceiverClockTest, EvenTheFurthestDatesCanBeToldOf) {
  for (const WallTime date : {ReceiverClock::kEarliest, ReceiverClock::kLatest - 1s}) {
    clock.Observe(date, After(0ms).monotonic, After(1ms).monotonic);
    EXPECT_LE(std::chrono::abs(clock.EarliestAt(After(1ms)).wall - date), 1s);
  }
}

}  // namespace
}  // namespace connwatch::receiver_clock_test
