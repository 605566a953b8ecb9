#include "core/base/pulse.h"

#include <gtest/gtest.h>

#include "tests/support/snapshot_parts.h"

namespace connwatch::pulse_test {
namespace {

using namespace std::chrono_literals;

TEST(PulseTest, NobodyHangsBeforeTheFirstBeat) {
  EXPECT_EQ(Pulse().SilenceAt(TestInstant(1'000'000).monotonic), std::nullopt);
}

TEST(PulseTest, TellsTheSilenceOnlyIfItIsLong) {
  Pulse pulse;
  const MonotonicTime beat = TestInstant(100).monotonic;
  pulse.Beat(beat);
  EXPECT_EQ(pulse.SilenceAt(beat), std::nullopt);
  EXPECT_EQ(pulse.SilenceAt(beat - 20s), std::nullopt)
      << "another thread has read the clock before";
  EXPECT_EQ(pulse.SilenceAt(beat + Pulse::kLongestSilence), std::nullopt);
  EXPECT_EQ(pulse.SilenceAt(beat + Pulse::kLongestSilence + 1ns), Pulse::kLongestSilence);
  EXPECT_EQ(pulse.SilenceAt(beat + 23'900ms), 23s);
}

TEST(PulseTest, ABeatEndsTheSilence) {
  Pulse pulse;
  pulse.Beat(TestInstant(100).monotonic);
  pulse.Beat(TestInstant(200).monotonic);
  EXPECT_EQ(pulse.SilenceAt(TestInstant(201).monotonic), std::nullopt);
}

}  // namespace
}  // namespace connwatch::pulse_test
