#include "core/connections/connection_usage.h"

#include <gtest/gtest.h>

#include "tests/support/traffic.h"

namespace connwatch::connection_usage_test {
namespace {

const TestConnection kActive{.direction = Direction::kOutbound, .sent = 100, .received = 5'000};
const TestConnection kPassive{.direction = Direction::kInbound, .sent = 100, .received = 5'000};

ConnectionUsage Final(const SocketRecord& destroyed, Direction direction,
                      TcpState last_seen = TcpState::kEstablished) {
  return FinalUsageOf(destroyed, direction, PeerFinOf(destroyed, direction, last_seen));
}

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
      const ConnectionUsage usage = Final(connection.End(is_orderly), connection.direction);
      EXPECT_EQ(usage.bytes_sent, 100U) << is_orderly;
      EXPECT_EQ(usage.bytes_received, 5'000U) << is_orderly;
    }
  }
}

TEST(ConnectionUsageTest, OnlySegmentsWithPayloadAreRetransmissions) {
  const auto retransmitted = [](std::uint32_t segments, std::uint64_t bytes) {
    SocketRecord row = kActive.Row();
    row.tcp_info->traffic->segments_retransmitted = segments;
    row.tcp_info->traffic->bytes_retransmitted = bytes;
    return UsageOf(row, Direction::kOutbound).segments_retransmitted;
  };
  EXPECT_EQ(retransmitted(6, 0), 0U) << "SYNs, SYN-ACKs or FINs";
  EXPECT_EQ(retransmitted(6, 1'448), 6U) << "some of them may be SYNs";
  EXPECT_EQ(retransmitted(6, 2), 2U) << "at most these had payload";
}

TEST(ConnectionUsageTest, OnlyWhatWasAcknowledgedIsSent) {
  SocketRecord destroyed = kActive.End(/*is_orderly=*/false);
  destroyed.send_queue = 40;
  destroyed.tcp_info->traffic->bytes_sent += 40;  // in flight
  EXPECT_EQ(Final(destroyed, Direction::kOutbound).bytes_sent, 100U);
}

// The peer has closed both directions: our answer is met by a reset.
TEST(ConnectionUsageTest, DataThatWasNeverAcknowledgedMeansThatAFinHadCome) {
  SocketRecord destroyed = kPassive.End(/*is_orderly=*/false);
  destroyed.send_queue = 40;
  destroyed.tcp_info->traffic->bytes_sent += 40;
  destroyed.tcp_info->traffic->bytes_received += 1;
  EXPECT_EQ(Final(destroyed, Direction::kInbound).bytes_received, 5'000U);
}

// kernel: bytes_sent also counts what a packet filter or a full queue of this host has dropped.
TEST(ConnectionUsageTest, WhatTheHostItselfDroppedIsNotBooked) {
  for (const TestConnection& connection : {kActive, kPassive}) {
    SocketRecord row = connection.Row();
    SocketRecord half_closed = connection.Row(TcpState::kFinWait2);
    half_closed.tcp_info->traffic->bytes_acked += 1;  // the FIN
    SocketRecord orderly = connection.End();
    SocketRecord reset = connection.End(/*is_orderly=*/false);
    for (SocketRecord* record : {&row, &half_closed, &orderly, &reset}) {
      record->tcp_info->traffic->bytes_sent += 400;
    }
    EXPECT_EQ(UsageOf(row, connection.direction).bytes_sent, 100U);
    EXPECT_EQ(UsageOf(half_closed, connection.direction).bytes_sent, 100U);
    EXPECT_EQ(Final(orderly, connection.direction).bytes_sent, 100U);
    EXPECT_EQ(Final(reset, connection.direction).bytes_sent, 99U) << "a FIN may be among them";
  }
}

TEST(ConnectionUsageTest, WhatTheHostItselfDroppedLeavesThePeersFinInDoubt) {
  SocketRecord destroyed = kPassive.EndBeforePeersFin();
  destroyed.tcp_info->traffic->bytes_sent += 400;
  EXPECT_EQ(PeerFinOf(destroyed, Direction::kInbound, TcpState::kEstablished), PeerFin::kDoubtful);
}

TEST(ConnectionUsageTest, TheStateSeenLastTellsOfAFin) {
  SocketRecord destroyed = kPassive.Row();
  destroyed.tcp_info->traffic->bytes_received += 1;
  for (const TcpState state : {TcpState::kCloseWait, TcpState::kFinWait2}) {
    EXPECT_EQ(Final(destroyed, Direction::kInbound, state).bytes_received, 5'000U) << Name(state);
  }
}

TEST(ConnectionUsageTest, AnUnreadFinIsCountedAndTheLackOfOneIsInDoubt) {
  SocketRecord destroyed = kPassive.End();
  EXPECT_EQ(PeerFinOf(destroyed, Direction::kInbound, TcpState::kEstablished), PeerFin::kDoubtful);
  destroyed.receive_queue = 1;
  EXPECT_EQ(PeerFinOf(destroyed, Direction::kInbound, TcpState::kEstablished), PeerFin::kCounted);
}

TEST(ConnectionUsageTest, AByteThatHasJustComeMayBeAFin) {
  SocketRecord row = kPassive.Row();
  row.tcp_info->since_last_ack_received = std::chrono::milliseconds(4);
  EXPECT_EQ(SureUsageOf(row, Direction::kInbound).bytes_received, 4'999U);
  EXPECT_EQ(UsageOf(row, Direction::kInbound).bytes_received, 5'000U);
  row.tcp_info->since_last_ack_received = std::chrono::milliseconds(99);
  EXPECT_EQ(SureUsageOf(row, Direction::kInbound).bytes_received, 4'999U);
  row.tcp_info->since_last_ack_received = std::chrono::milliseconds(100);
  EXPECT_EQ(SureUsageOf(row, Direction::kInbound).bytes_received, 5'000U);
}

TEST(ConnectionUsageTest, AFinThatTheStateTellsOfIsTakenOutOnce) {
  SocketRecord row = kPassive.Row(TcpState::kCloseWait);
  row.tcp_info->since_last_ack_received = std::chrono::milliseconds(4);
  EXPECT_EQ(SureUsageOf(row, Direction::kInbound).bytes_received, 5'000U);
}

TEST(ConnectionUsageTest, TheStatesBehindThePeersFin) {
  for (const TcpState state : kTcpStates) {
    const bool is_behind = state == TcpState::kCloseWait || state == TcpState::kLastAck ||
                           state == TcpState::kClosing || state == TcpState::kTimeWait;
    SocketRecord row = kPassive.Row();
    row.state = state;
    EXPECT_EQ(UsageOf(row, Direction::kInbound).bytes_received, is_behind ? 4'999U : 5'000U)
        << Name(state);
  }
}

TEST(ConnectionUsageTest, CountsNeverGoBelowZero) {
  SocketRecord row = Established(1);
  row.state = TcpState::kCloseWait;
  row.tcp_info.emplace();
  row.tcp_info->traffic = TcpTraffic{.bytes_sent = 5, .bytes_retransmitted = 6};
  EXPECT_EQ(UsageOf(row, Direction::kOutbound), ConnectionUsage{});
}

TEST(ConnectionUsageTest, NothingMovedIsNothing) {
  SocketRecord destroyed = Established(1);
  destroyed.state = TcpState::kClose;
  destroyed.tcp_info.emplace();
  destroyed.tcp_info->traffic.emplace();
  EXPECT_EQ(FinalUsageOf(destroyed, Direction::kOutbound, PeerFin::kDoubtful), ConnectionUsage{});
  EXPECT_EQ(UsageOf(Established(1), Direction::kInbound), ConnectionUsage{}) << "no tcp_info";
}

TEST(ConnectionUsageTest, AnOutboundConnectionIsEstablishedOnceItsSynIsAcknowledged) {
  SocketRecord end = TestConnection{}.End();
  end.tcp_info->traffic->bytes_acked = 0;
  EXPECT_FALSE(WasEstablished(end, Direction::kOutbound));
  EXPECT_TRUE(WasEstablished(end, Direction::kInbound));
  end.tcp_info->traffic->bytes_acked = 1;
  EXPECT_TRUE(WasEstablished(end, Direction::kOutbound));
  for (const TcpState before : {TcpState::kSynSent, TcpState::kSynRecv}) {
    end.end = ConnectionEnd{before};
    EXPECT_FALSE(WasEstablished(end, Direction::kOutbound));
    EXPECT_FALSE(WasEstablished(end, Direction::kInbound));
  }
}

// Every end that a destroy event leaves in doubt.
TEST(ConnectionUsageTest, ATracedEndIsExact) {
  for (const TestConnection& connection : {kActive, kPassive}) {
    for (const TcpState before : {TcpState::kEstablished, TcpState::kCloseWait, TcpState::kFinWait1,
                                  TcpState::kFinWait2, TcpState::kLastAck, TcpState::kClosing}) {
      for (const bool fin_received : {true, false}) {
        const SocketRecord end = connection.TracedEnd(before, fin_received);
        const ConnectionUsage usage = Final(end, connection.direction);
        EXPECT_EQ(usage.bytes_sent, 100U) << Name(before);
        EXPECT_EQ(usage.bytes_received, 5'000U) << Name(before) << fin_received;
      }
    }
  }
}

TEST(ConnectionUsageTest, ATracedResetLosesNoByteWhereTheHostItselfDropped) {
  for (const TestConnection& connection : {kActive, kPassive}) {
    SocketRecord end = connection.TracedEnd(TcpState::kEstablished, /*fin_received=*/false);
    end.tcp_info->traffic->bytes_sent += 40;
    EXPECT_EQ(Final(end, connection.direction).bytes_sent, 100U);
  }
}

}  // namespace
}  // namespace connwatch::connection_usage_test
