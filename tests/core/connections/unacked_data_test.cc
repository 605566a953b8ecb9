#include "core/connections/unacked_data.h"

#include <gtest/gtest.h>

namespace connwatch::unacked_data_test {
namespace {

using std::chrono::milliseconds;

// A connection whose first time-out was 200 ms.
SocketRecord Retransmitting(unsigned retransmissions, unsigned backoff, milliseconds timeout,
                            milliseconds expires) {
  SocketRecord record;
  record.state = TcpState::kEstablished;
  record.retransmissions = static_cast<std::uint8_t>(retransmissions);
  record.timer_expires = expires;
  record.tcp_info.emplace();
  record.tcp_info->retransmission = {.timeout = timeout,
                                     .backoff = static_cast<std::uint8_t>(backoff)};
  return record;
}

// What ss showed on Linux 6.18 of a connection that had sent into a packet filter's drop rule: the
// time since then, and its timer.
TEST(UnackedDataTest, TheTimeFollowsFromTheTimer) {
  struct Seen {
    int sent_ms_ago;
    unsigned retransmissions;
    int timeout_ms;
    int expires_ms;
  };
  for (const Seen& seen :
       {Seen{1'460, 2, 816, 212}, Seen{2'190, 3, 1'632, 1'132}, Seen{2'920, 3, 1'632, 396},
        Seen{6'650, 4, 3'264, 0}, Seen{7'380, 5, 6'528, 5'960}, Seen{13'270, 5, 6'528, 72},
        Seen{14'000, 6, 13'056, 12'500}}) {
    const auto age =
        UnackedFor(Retransmitting(seen.retransmissions, seen.retransmissions,
                                  milliseconds(seen.timeout_ms), milliseconds(seen.expires_ms)));
    ASSERT_TRUE(age);
    EXPECT_LE(age->count(), seen.sent_ms_ago);
    EXPECT_GE(age->count(), seen.sent_ms_ago * 0.95 - 250) << seen.sent_ms_ago;
  }
}

// The same with a neighbour that did not answer ARP: ICMP errors took doublings back.
TEST(UnackedDataTest, TimeOutsThatIcmpErrorsShortenedCountAsThePresentOne) {
  struct Seen {
    int sent_ms_ago;
    unsigned retransmissions;
    unsigned backoff;
    int timeout_ms;
    int expires_ms;
  };
  for (const Seen& seen : {Seen{3'740, 4, 3, 1'632, 968}, Seen{8'400, 6, 4, 3'264, 1'012},
                           Seen{21'600, 11, 4, 3'264, 3'168}, Seen{40'420, 17, 4, 3'264, 2'784}}) {
    const auto age =
        UnackedFor(Retransmitting(seen.retransmissions, seen.backoff, milliseconds(seen.timeout_ms),
                                  milliseconds(seen.expires_ms)));
    ASSERT_TRUE(age);
    EXPECT_GE(age->count(), seen.sent_ms_ago - seen.timeout_ms) << seen.sent_ms_ago;
    EXPECT_LE(age->count(), seen.sent_ms_ago + 2 * seen.timeout_ms) << seen.sent_ms_ago;
  }
}

TEST(UnackedDataTest, AtItsMaximumTheFirstTimeOutIsThatOfTheRoundTripTime) {
  SocketRecord record =
      Retransmitting(15, 15, milliseconds(120'000), milliseconds(20'000));  // tcp_retries2
  record.tcp_info->rtt = std::chrono::microseconds(1'900);
  // 201 ms, doubled nine times, then five times 120 s, and 100 s of the present one.
  EXPECT_EQ(UnackedFor(record), milliseconds(201 * 1'023 + 5 * 120'000 + 100'000));
}

TEST(UnackedDataTest, ADoublingThatIsOlderThanTheDataDoesNotCount) {
  // After an ACK that measured no round trip the time-out stays: it was 800 ms to begin with.
  EXPECT_EQ(UnackedFor(Retransmitting(2, 4, milliseconds(3'200), milliseconds(3'000))),
            milliseconds(800 + 1'600 + 200));
}

TEST(UnackedDataTest, NoNumberIsTooLarge) {
  EXPECT_EQ(UnackedFor(Retransmitting(255, 255, milliseconds(0), milliseconds(1))),
            milliseconds(0));
  EXPECT_GT(UnackedFor(Retransmitting(255, 255, milliseconds(4'000'000), milliseconds(0))),
            milliseconds(0));
}

TEST(UnackedDataTest, OneRetransmissionIsNoSign) {
  EXPECT_FALSE(UnackedFor(Retransmitting(1, 1, milliseconds(400), milliseconds(100))));
  EXPECT_FALSE(UnackedFor(Retransmitting(0, 0, milliseconds(200), milliseconds(100))));
}

TEST(UnackedDataTest, OnlyStatesThatSendDataCount) {
  for (const TcpState state : kTcpStates) {
    SocketRecord record = Retransmitting(3, 3, milliseconds(1'600), milliseconds(0));
    record.state = state;
    const bool sends = state == TcpState::kEstablished || state == TcpState::kCloseWait ||
                       state == TcpState::kFinWait1 || state == TcpState::kLastAck ||
                       state == TcpState::kClosing;
    EXPECT_EQ(UnackedFor(record).has_value(), sends) << Name(state);
  }
}

TEST(UnackedDataTest, KeepalivesAndProbesOfAClosedWindowDoNotCount) {
  SocketRecord record = Retransmitting(3, 3, milliseconds(1'600), milliseconds(0));
  record.tcp_info->retransmission.reset();
  EXPECT_FALSE(UnackedFor(record));
  record.tcp_info.reset();
  EXPECT_FALSE(UnackedFor(record));
}

}  // namespace
}  // namespace connwatch::unacked_data_test
