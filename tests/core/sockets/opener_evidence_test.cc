#include "core/sockets/opener_evidence.h"

#include <gtest/gtest.h>

namespace connwatch::opener_evidence_test {
namespace {

// A socket as the kernel would show it. Everything written and sent counts as payload.
struct TestSocket {
  Direction direction = Direction::kInbound;
  TcpState state = TcpState::kEstablished;
  std::uint64_t sent = 0;        // once
  std::uint64_t acked = 0;       // of `sent`
  std::uint32_t unsent = 0;      // written, not sent
  std::uint64_t sent_again = 0;  // retransmissions
  bool is_fin_sent = false;
  bool is_fin_acked = false;

  SocketRecord Record() const {
    SocketRecord record;
    record.state = state;
    record.remote.port = 443;
    const auto in_flight =
        static_cast<std::uint32_t>(sent - acked + (is_fin_sent && !is_fin_acked));
    record.send_queue = in_flight + unsent;
    TcpTraffic traffic;
    traffic.bytes_acked = acked + (direction == Direction::kOutbound) + is_fin_acked;
    traffic.bytes_sent = sent + sent_again;
    traffic.bytes_retransmitted = sent_again;
    traffic.segments_unacked = in_flight > 0 ? 1 : 0;
    traffic.bytes_not_sent = unsent;
    record.tcp_info = TcpInfo{.traffic = traffic};
    return record;
  }
};

constexpr std::array kDirections = {Direction::kInbound, Direction::kOutbound};

void ExpectShows(const TestSocket& socket, bool is_proof) {
  const OpenerEvidence evidence = EvidenceOf(socket.Record());
  EXPECT_EQ(evidence.direction, socket.direction) << Name(socket.state);
  EXPECT_EQ(evidence.is_proof, is_proof) << Name(socket.state);
}

TEST(OpenerEvidenceTest, AHandshakeShowsItByItsState) {
  SocketRecord record;
  record.state = TcpState::kSynSent;
  EXPECT_EQ(EvidenceOf(record).direction, Direction::kOutbound);
  record.state = TcpState::kSynRecv;
  EXPECT_EQ(EvidenceOf(record).direction, Direction::kInbound);
  EXPECT_TRUE(EvidenceOf(record).is_proof);
}

// kernel: the state is read before the counters.
TEST(OpenerEvidenceTest, AFinThatIsNewerThanTheStateLooksLikeASyn) {
  SocketRecord row =
      TestSocket{.direction = Direction::kInbound, .is_fin_sent = true, .is_fin_acked = true}
          .Record();
  row.tcp_info->since_last_ack_received = std::chrono::milliseconds(99);
  EXPECT_FALSE(EvidenceOf(row).is_proof);
  row.tcp_info->since_last_ack_received = std::chrono::milliseconds(100);
  EXPECT_TRUE(EvidenceOf(row).is_proof) << "then it was a SYN";
}

TEST(OpenerEvidenceTest, AnIdleConnectionIsAProof) {
  for (const Direction direction : kDirections) {
    for (const TcpState state :
         {TcpState::kEstablished, TcpState::kCloseWait, TcpState::kSynRecv}) {
      ExpectShows({.direction = direction, .state = state}, true);
      ExpectShows({.direction = direction, .state = state, .sent = 7, .acked = 7, .sent_again = 4},
                  true);
    }
  }
}

// One byte in flight makes up for the SYN.
TEST(OpenerEvidenceTest, BytesInFlightNeedASecondLook) {
  for (const Direction direction : kDirections) {
    for (const std::uint64_t in_flight : {1U, 2U, 5'000U}) {
      ExpectShows({.direction = direction, .sent = 100 + in_flight, .acked = 100, .unsent = 9},
                  false);
    }
  }
}

TEST(OpenerEvidenceTest, AFinOnItsWayIsNotASyn) {
  for (const Direction direction : kDirections) {
    for (const TcpState state : {TcpState::kFinWait1, TcpState::kLastAck, TcpState::kClosing}) {
      ExpectShows({.direction = direction, .state = state, .is_fin_sent = true}, false);
      ExpectShows(
          {.direction = direction, .state = state, .sent = 8, .acked = 5, .is_fin_sent = true},
          false);
    }
    ExpectShows({.direction = direction,
                 .state = TcpState::kFinWait2,
                 .sent = 8,
                 .acked = 8,
                 .is_fin_sent = true,
                 .is_fin_acked = true},
                true);
  }
}

TEST(OpenerEvidenceTest, AFinBehindDataIsNotSentYet) {
  for (const Direction direction : kDirections) {
    ExpectShows(
        {.direction = direction, .state = TcpState::kFinWait1, .sent = 5, .acked = 3, .unsent = 50},
        false);
  }
}

TEST(OpenerEvidenceTest, AnEndShowsItUnlessItMayBeAReset) {
  ExpectShows({.state = TcpState::kClose, .sent = 8, .acked = 8}, true);
  ExpectShows({.direction = Direction::kOutbound,
               .state = TcpState::kClose,
               .is_fin_sent = true,
               .is_fin_acked = true},
              true);
  const TestSocket reset{.direction = Direction::kOutbound, .state = TcpState::kClose};
  const TestSocket orderly{.state = TcpState::kClose, .is_fin_sent = true, .is_fin_acked = true};
  EXPECT_EQ(EvidenceOf(reset.Record()).direction, std::nullopt);
  EXPECT_EQ(EvidenceOf(orderly.Record()).direction, std::nullopt);
}

TEST(OpenerEvidenceTest, AConnectThatNobodyAnsweredWasOurs) {
  SocketRecord record = TestSocket{.state = TcpState::kClose}.Record();
  record.tcp_info->has_heard_peer = false;
  EXPECT_EQ(EvidenceOf(record).direction, Direction::kOutbound);
  record.remote.port = 0;  // cleared before the event
  EXPECT_EQ(EvidenceOf(record).direction, std::nullopt);
}

// An nftables rule that drops on the way out: bytes_sent counts what never left.
TEST(OpenerEvidenceTest, CountersOfAHostThatDropsItsOwnPacketsShowNothing) {
  SocketRecord record = TestSocket{.sent = 500, .acked = 500}.Record();
  record.tcp_info->traffic->bytes_sent += 400;
  EXPECT_EQ(EvidenceOf(record).direction, std::nullopt);
}

TEST(OpenerEvidenceTest, WithoutCountersThereIsNone) {
  SocketRecord record;
  for (const TcpState state : {TcpState::kTimeWait, TcpState::kFinWait2, TcpState::kEstablished}) {
    record.state = state;
    EXPECT_EQ(EvidenceOf(record).direction, std::nullopt);
  }
  record.tcp_info = TcpInfo{};  // before 4.19
  EXPECT_EQ(EvidenceOf(record).direction, std::nullopt);
}

// The ends of connections in which the counters alone would not show who opened them.
TEST(OpenerEvidenceTest, ATracedEndProvesIt) {
  for (const Direction direction : kDirections) {
    for (const TcpState before : {TcpState::kEstablished, TcpState::kCloseWait, TcpState::kFinWait1,
                                  TcpState::kFinWait2, TcpState::kLastAck, TcpState::kClosing}) {
      for (const bool is_acked : {true, false}) {
        TestSocket socket{.direction = direction, .state = TcpState::kClose, .sent = 50};
        socket.acked = is_acked ? 50 : 20;
        socket.is_fin_sent = HasSentFin(before);
        socket.is_fin_acked = socket.is_fin_sent && is_acked;
        SocketRecord end = socket.Record();
        end.end = ConnectionEnd{before};
        const OpenerEvidence evidence = EvidenceOf(end);
        EXPECT_EQ(evidence.direction, direction) << Name(before) << is_acked;
        EXPECT_TRUE(evidence.is_proof);
      }
    }
  }
}

TEST(OpenerEvidenceTest, AFinThatWaitsBehindDataWasNotSent) {
  for (const Direction direction : kDirections) {
    TestSocket socket{.direction = direction, .state = TcpState::kClose, .sent = 50, .acked = 50};
    socket.unsent = 100;  // the FIN among it
    SocketRecord end = socket.Record();
    end.end = ConnectionEnd{TcpState::kFinWait1};
    EXPECT_EQ(EvidenceOf(end).direction, direction);
  }
}

TEST(OpenerEvidenceTest, AConnectThatFailedIsOutbound) {
  SocketRecord end = TestSocket{.state = TcpState::kClose}.Record();
  end.end = ConnectionEnd{TcpState::kSynSent};
  EXPECT_EQ(EvidenceOf(end).direction, Direction::kOutbound);
}

}  // namespace
}  // namespace connwatch::opener_evidence_test
