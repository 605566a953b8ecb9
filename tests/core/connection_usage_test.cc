#include "core/connection_usage.h"

#include <gtest/gtest.h>

#include "tests/support/traffic.h"

namespace connwatch {
namespace {

const TestConnection kActive{.direction = Direction::kOutbound, .sent = 100, .received = 5'000};
const TestConnection kPassive{.direction = Direction::kInbound, .sent = 100, .received = 5'000};

TEST(ConnectionUsageTest, SynAndFinAreNotPayloadWhileOpen) {
  for (const TestConnection& connection : {kActive, kPassive}) {
    for (const TcpState state : {TcpState::kEstablished, TcpState::kCloseWait}) {
      const ConnectionUsage usage = UsageOf(connection.Row(state), connection.direction);
      EXPECT_EQ(usage.bytes_sent, 100U) << Name(state);
      EXPECT_EQ(usage.bytes_received, 5'000U) << Name(state);
    }
  }
}

TEST(ConnectionUsageTest, SynAndFinAreNotPayloadAtTheEnd) {
  for (const TestConnection& connection : {kActive, kPassive}) {
    for (const bool is_orderly : {true, false}) {
      const TcpTraffic traffic = *connection.End(is_orderly).tcp_info->traffic;
      const ConnectionUsage usage =
          FinalUsageOf(traffic, connection.direction, TcpState::kEstablished);
      EXPECT_EQ(usage.bytes_sent, 100U) << is_orderly;
      EXPECT_EQ(usage.bytes_received, 5'000U) << is_orderly;
    }
  }
}

TEST(ConnectionUsageTest, OnlyWhatWasAcknowledgedIsSent) {
  TcpTraffic traffic = *kActive.Row().tcp_info->traffic;
  traffic.bytes_sent += 40;  // in flight
  EXPECT_EQ(FinalUsageOf(traffic, Direction::kOutbound, TcpState::kEstablished).bytes_sent, 100U);
}

// The peer has closed both directions: our answer is met by a reset.
TEST(ConnectionUsageTest, DataThatWasNeverAcknowledgedMeansThatAFinHadCome) {
  TcpTraffic traffic = *kPassive.Row().tcp_info->traffic;
  traffic.bytes_sent += 40;
  traffic.bytes_received += 1;
  EXPECT_EQ(FinalUsageOf(traffic, Direction::kInbound, TcpState::kEstablished).bytes_received,
            5'000U);
}

TEST(ConnectionUsageTest, TheStateSeenLastTellsOfAFin) {
  TcpTraffic traffic = *kPassive.Row().tcp_info->traffic;
  traffic.bytes_received += 1;
  EXPECT_EQ(FinalUsageOf(traffic, Direction::kInbound, TcpState::kCloseWait).bytes_received,
            5'000U);
}

TEST(ConnectionUsageTest, NothingMovedIsNothing) {
  EXPECT_EQ(FinalUsageOf({}, Direction::kOutbound, TcpState::kSynSent), ConnectionUsage{});
  EXPECT_EQ(UsageOf(Established(1), Direction::kInbound), ConnectionUsage{}) << "no tcp_info";
}

TEST(ConnectionUsageTest, AnOutboundConnectionIsEstablishedOnceItsSynIsAcknowledged) {
  EXPECT_FALSE(WasEstablished({}, Direction::kOutbound));
  EXPECT_TRUE(WasEstablished({.bytes_acked = 1}, Direction::kOutbound));
  EXPECT_TRUE(WasEstablished({}, Direction::kInbound));
}

}  // namespace
}  // namespace connwatch
