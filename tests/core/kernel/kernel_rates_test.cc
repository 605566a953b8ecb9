#include "core/kernel/kernel_rates.h"

#include <gtest/gtest.h>

#include "core/kernel/kernel_rate_meter.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch::kernel_rates_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Id = KernelCounterId;

KernelCounters Counters(std::uint64_t out, std::uint64_t again) {
  KernelCounters counters;
  counters[Id::kOutSegs] = out;
  counters[Id::kRetransSegs] = again;
  return counters;
}

TEST(KernelRatesTest, ASegmentThatIsSentAgainIsASegmentSent) {
  const KernelRates rates =
      KernelRatesBetween(Counters(1'000, 7), Counters(1'300, 107), seconds(5));
  EXPECT_EQ(rates[Id::kOutSegs], 60);
  EXPECT_EQ(rates[Id::kRetransSegs], 20);
  EXPECT_EQ(rates.SegmentsSentPerSecond(), 80);
  EXPECT_EQ(rates.RetransmittedRatio(), 0.25);
}

TEST(KernelRatesTest, WhatIsNotKnownIsAbsent) {
  const KernelRates idle = KernelRatesBetween(Counters(5, 5), Counters(5, 5), seconds(1));
  EXPECT_EQ(idle.SegmentsSentPerSecond(), 0);
  EXPECT_FALSE(idle.RetransmittedRatio()) << "no segment was sent";
  EXPECT_FALSE(idle[Id::kActiveOpens]) << "neither reading has it";
  const KernelRates back = KernelRatesBetween(Counters(5, 5), Counters(9, 4), seconds(1));
  EXPECT_EQ(back[Id::kOutSegs], 4);
  EXPECT_FALSE(back[Id::kRetransSegs]);
  EXPECT_FALSE(back.SegmentsSentPerSecond());
}

class KernelRateMeterTest : public testing::Test {
 protected:
  // The rate of OutSegs.
  std::optional<double> RateAt(milliseconds at, std::uint64_t segments) {
    latest_ = meter_.Observe(Counters(segments, 0), MonotonicTime(at));
    return latest_ ? (*latest_)[Id::kOutSegs] : std::nullopt;
  }

  KernelRateMeter meter_;
  std::optional<KernelRates> latest_;
};

TEST_F(KernelRateMeterTest, LooksBackTenSeconds) {
  EXPECT_FALSE(RateAt(seconds(0), 0)) << "nothing to compare with";
  EXPECT_EQ(RateAt(seconds(1), 100), 100) << "since the start";
  for (int second = 2; second <= 20; ++second) RateAt(seconds(second), 100);
  EXPECT_EQ(RateAt(seconds(21), 150), 5);
  EXPECT_EQ(latest_->span, seconds(10));
  EXPECT_EQ(RateAt(seconds(22), 150), 5);
}

TEST_F(KernelRateMeterTest, RareReadingsAreComparedWithEachOther) {
  RateAt(seconds(0), 0);
  EXPECT_EQ(RateAt(seconds(60), 600), 10);
  EXPECT_EQ(RateAt(seconds(120), 600), 0);
  EXPECT_EQ(latest_->span, seconds(60));
}

TEST_F(KernelRateMeterTest, AMomentIsTooShort) {
  RateAt(seconds(0), 0);
  EXPECT_FALSE(RateAt(milliseconds(400), 1));
  for (int i = 0; i < 100'000; ++i) RateAt(milliseconds(401), 1);
  EXPECT_EQ(RateAt(seconds(2), 10), 5) << "however many readings came at once";
}

TEST_F(KernelRateMeterTest, AReadingThatFailedHasNoRates) {
  RateAt(seconds(0), 0);
  EXPECT_FALSE(meter_.Observe(std::nullopt, MonotonicTime(seconds(1))));
  EXPECT_EQ(RateAt(seconds(4), 8), 2);
}

}  // namespace
}  // namespace connwatch::kernel_rates_test
