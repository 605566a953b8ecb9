#include "daemon/loop/heartbeat.h"

#include <gtest/gtest.h>

#include "monitor/clock.h"

namespace connwatch::heartbeat_test {
namespace {

using namespace std::chrono_literals;

TEST(HeartbeatTest, BeatsByItself) {
  const auto loop = EventLoop::Create().value();
  int beats = 0;
  Heartbeat heartbeat(*loop, [&beats](MonotonicTime /*now*/) { ++beats; });
  ASSERT_TRUE(heartbeat.Start());
  EXPECT_EQ(beats, 1);
  const MonotonicTime start = Now().monotonic;
  const auto stop =
      loop->At(start + 1'100ms, Priority::kHousekeeping, [&] { loop->Stop(); }).value();
  ASSERT_TRUE(loop->Run());
  EXPECT_EQ(heartbeat.PausedUntil(start + Pauses::kShortest + 500ms), 0s)
      << "without the beat after a second this was a pause";
  EXPECT_EQ(beats, 2);
}

TEST(HeartbeatTest, WhoeverAsksFirstLearnsOfAPause) {
  const auto loop = EventLoop::Create().value();
  Heartbeat heartbeat(*loop, [](MonotonicTime /*now*/) {});
  ASSERT_TRUE(heartbeat.Start());
  const MonotonicTime later = Now().monotonic + 70s;
  EXPECT_GE(heartbeat.PausedUntil(later), 70s - 1s);
  EXPECT_EQ(heartbeat.PausedUntil(later + 1s), heartbeat.PausedUntil(later + 2s));
}

}  // namespace
}  // namespace connwatch::heartbeat_test
