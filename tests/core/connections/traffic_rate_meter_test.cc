#include "core/connections/traffic_rate_meter.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/support/snapshot_parts.h"

namespace connwatch::traffic_rate_meter_test {
namespace {

class TrafficRateMeterTest : public testing::Test {
 protected:
  void PollAt(int second) { meter_.Observe(ledger_, TestInstant(second).monotonic); }
  const TrafficRates& RatesOf(GroupKey key) const {
    return std::as_const(*meter_.rates()).groups[key];
  }

  TrafficLedger ledger_ = TestTraffic();
  TrafficRateMeter meter_;
};

TEST_F(TrafficRateMeterTest, ComparesTheLatestTwoPolls) {
  PollAt(0);
  EXPECT_FALSE(meter_.rates()) << "one poll is not enough";
  GroupTraffic& traffic = ledger_[kInbound443];
  traffic.usage.bytes_sent += 5'000;
  traffic.usage.bytes_received += 50;
  traffic.usage.segments_sent += 40;
  traffic.usage.segments_retransmitted += 10;
  traffic.closed += 20;
  PollAt(10);
  ASSERT_TRUE(meter_.rates());
  EXPECT_EQ(meter_.rates()->span, std::chrono::seconds(10));
  EXPECT_EQ(RatesOf(kInbound443).bytes_sent, 500);
  EXPECT_EQ(RatesOf(kInbound443).bytes_received, 5);
  EXPECT_EQ(RatesOf(kInbound443).segments_sent, 4);
  EXPECT_EQ(RatesOf(kInbound443).segments_retransmitted, 1);
  EXPECT_EQ(RatesOf(kInbound443).connections_closed, 2);
  EXPECT_EQ(RatesOf(kInbound443).RetransmittedRatio(), 0.25);
  PollAt(40);
  EXPECT_EQ(meter_.rates()->span, std::chrono::seconds(30));
  EXPECT_EQ(RatesOf(kInbound443).bytes_sent, 0);
  EXPECT_FALSE(RatesOf(kInbound443).RetransmittedRatio()) << "nothing was sent";
}

TEST_F(TrafficRateMeterTest, AGroupThatTakesAPlaceBeginsAtZero) {
  PollAt(0);
  const GroupKey next{Direction::kInbound, {.place = 2, .generation = 1}};
  ledger_[next].usage.bytes_sent = 30;
  PollAt(10);
  EXPECT_EQ(RatesOf(next).bytes_sent, 3);
  EXPECT_EQ(RatesOf({Direction::kOutbound, {.place = 7}}).bytes_sent, 0) << "never seen";
}

}  // namespace
}  // namespace connwatch::traffic_rate_meter_test
