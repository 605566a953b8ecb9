#include "core/connections/connection_tracker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/tracked_traffic.h"

namespace connwatch::connection_tracker_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

using ConnectionTrackerTest = TrackedTraffic;

TEST_F(ConnectionTrackerTest, TheFirstPollIsABaseline) {
  TestConnection connection{.cookie = 1, .sent = 1'000'000'000};
  Poll(0, {connection.Row()});
  EXPECT_EQ(Usage(), ConnectionUsage{});
  connection.sent += 5;
  Poll(1, {connection.Row()});
  EXPECT_EQ(Usage().bytes_sent, 5U);
}

TEST_F(ConnectionTrackerTest, AConnectionOpenedLaterCountsFromZero) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .sent = 40, .received = 2};
  Poll(1, {connection.Row()});
  EXPECT_EQ(Usage().bytes_sent, 40U);
  EXPECT_EQ(Usage().bytes_received, 2U);
  EXPECT_EQ(Usage().segments_sent, 9U);
  EXPECT_EQ(Usage().segments_retransmitted, 1U);
  Poll(2, {connection.Row()});
  EXPECT_EQ(Usage().bytes_sent, 40U);
}

TEST_F(ConnectionTrackerTest, TheEventBringsTheRest) {
  Poll(0, {});
  TestConnection connection{.cookie = 1, .sent = 40};
  Poll(1, {connection.Row()});
  connection.sent = 100;
  Destroy(1, connection.End());
  EXPECT_EQ(Usage().bytes_sent, 100U);
  EXPECT_EQ(Usage().busy, microseconds(2'700)) << "what was rounded off included";
  EXPECT_EQ(Usage().rwnd_limited, microseconds(1'400));
  EXPECT_EQ(Usage().sndbuf_limited, microseconds(600));
  EXPECT_EQ(Closed(), 1U);
  EXPECT_EQ(Ended(EndCause::kComplete), 1U);
  EXPECT_EQ(tracker_.stats().tracked, 0U);
}

TEST_F(ConnectionTrackerTest, AConnectionNoPollHasSeenComesWithItsEvent) {
  Poll(0, {});
  Destroy(0, TestConnection{.cookie = 1, .sent = 7, .received = 9}.End());
  EXPECT_EQ(Usage().bytes_sent, 7U);
  EXPECT_EQ(Usage().bytes_received, 9U);
  EXPECT_EQ(Closed(), 1U);
}

TEST_F(ConnectionTrackerTest, TimeWaitTellsThatThePeersFinCameAfterTheEvent) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .received = 90};
  Destroy(0, connection.EndBeforePeersFin());
  EXPECT_EQ(Usage().bytes_received, 89U) << "as long as it is not known";
  Poll(1, {connection.MiniSocket(TcpState::kFinWait2)});
  EXPECT_EQ(Usage().bytes_received, 90U);
  Poll(2, {connection.MiniSocket()});
  EXPECT_EQ(Usage().bytes_received, 90U);
}

TEST_F(ConnectionTrackerTest, TheSideThatClosesSecondLeavesNoTimeWait) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .received = 90};
  tracker_.BeginPoll(At(1));
  Destroy(1, connection.End());
  tracker_.CompletePoll();  // it may have come by before
  Poll(2, {});
  EXPECT_EQ(Usage().bytes_received, 90U);
  Poll(3, {connection.MiniSocket()});  // of the next one with these ports
  EXPECT_EQ(Usage().bytes_received, 90U);
}

TEST_F(ConnectionTrackerTest, ASuccessorOnTheSamePortsTellsWhoClosedFirst) {
  for (const Direction direction : kDirections) {
    ledger_ = TrafficLedger{GroupTraffic(kBounds)};
    Poll(0, {});
    TestConnection connection{.cookie = 1, .direction = direction, .received = 90};
    const bool is_first = direction == Direction::kInbound;
    Destroy(0, is_first ? connection.EndBeforePeersFin() : connection.End());
    connection.cookie += TestConnection::kOtherPorts;
    Destroy(0, connection.End());
    EXPECT_EQ(Usage(direction).bytes_received, 180U);
  }
}

TEST_F(ConnectionTrackerTest, WhatAPollHasBookedIsNotInDoubt) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .received = 90};
  Poll(1, {connection.Row()});
  Destroy(1, connection.EndBeforePeersFin());
  Poll(2, {connection.MiniSocket()});
  EXPECT_EQ(Usage().bytes_received, 90U);
}

// The kernel reads the state, then waits for the lock, then reads the counters.
TEST_F(ConnectionTrackerTest, AFinWhileARowIsWrittenIsNotBooked) {
  Poll(0, {});
  TestConnection connection{.cookie = 1, .received = 91};  // the FIN among them
  SocketRecord row = connection.Row();
  row.tcp_info->since_last_ack_received = milliseconds(0);
  Poll(1, {row});
  connection.received = 90;
  Destroy(1, connection.End());
  Poll(2, {});
  EXPECT_EQ(Usage().bytes_received, 90U);
}

TEST_F(ConnectionTrackerTest, AnEventBeforeTheBaselineCountsNothing) {
  Destroy(0, TestConnection{.cookie = 1, .sent = 7}.End());
  EXPECT_EQ(Usage(), ConnectionUsage{});
  EXPECT_EQ(Closed(), 0U);
}

// The kernel prepares a batch while the one before is read.
TEST_F(ConnectionTrackerTest, ARowOfADestroyedSocketIsNotCountedAgain) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .sent = 40};
  tracker_.BeginPoll(At(1));
  Destroy(1, connection.End());
  const auto key = tracker_.Observe(connection.Row());
  ASSERT_TRUE(key) << "it still has a group";
  EXPECT_EQ(GroupOf(*key), "443");
  tracker_.CompletePoll();
  EXPECT_EQ(Usage().bytes_sent, 40U);
  EXPECT_EQ(tracker_.stats().tracked, 0U);
  EXPECT_EQ(Closed(), 1U);
}

TEST_F(ConnectionTrackerTest, ASecondConnectionShowsByAnyCounterThatIsLess) {
  for (const auto move_less : {+[](TcpTraffic& traffic) { traffic.segments_sent -= 1; },
                               +[](TcpTraffic& traffic) { traffic.bytes_acked = 30; },
                               +[](TcpTraffic& traffic) { traffic.bytes_received = 30; }}) {
    const std::uint64_t before = Closed();
    Poll(0, {});
    SocketRecord row = TestConnection{.cookie = 1, .sent = 40, .received = 40}.Row();
    Poll(1, {row});
    EXPECT_EQ(Closed(), before);
    move_less(*row.tcp_info->traffic);
    Poll(2, {row});
    EXPECT_EQ(Closed(), before + 1);
    Destroy(2, row);
  }
}

TEST_F(ConnectionTrackerTest, WithoutAnEventItIsRetiredAfterTwoPolls) {
  Poll(0, {});
  Poll(1, {TestConnection{.cookie = 1, .sent = 40}.Row()});
  Poll(2, {});
  EXPECT_EQ(Ended(EndCause::kVanished), 0U);
  Poll(3, {});
  EXPECT_EQ(Ended(EndCause::kVanished), 1U);
  EXPECT_EQ(Closed(), 1U);
  EXPECT_EQ(tracker_.stats().tracked, 0U);
  EXPECT_EQ(Usage().bytes_sent, 40U);
}

// A reset ends the connection, but the event comes when the application closes the descriptor.
TEST_F(ConnectionTrackerTest, ALateEventAddsOnlyTheRest) {
  Poll(0, {});
  TestConnection connection{.cookie = 1, .sent = 40};
  Poll(1, {connection.Row()});
  for (int second = 2; second < 600; ++second) Poll(second, {});
  connection.sent = 50;
  Destroy(600, connection.End(false));
  EXPECT_EQ(Usage().bytes_sent, 50U);
  EXPECT_EQ(Closed(), 1U);
  EXPECT_EQ(Ended(EndCause::kComplete), 0U);
}

TEST_F(ConnectionTrackerTest, ABlankEventKeepsWhatWasSeen) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .sent = 40};
  Poll(1, {connection.Row()});
  Destroy(1, connection.BlankEnd());
  EXPECT_EQ(Usage().bytes_sent, 40U);
  EXPECT_EQ(Closed(), 1U);
  EXPECT_EQ(Ended(EndCause::kDisconnected), 1U);
}

TEST_F(ConnectionTrackerTest, ABlankEventOfAnUnknownOneIsCountedByCauseOnly) {
  Poll(0, {});
  Destroy(0, TestConnection{.cookie = 1}.BlankEnd());
  EXPECT_EQ(Ended(EndCause::kDisconnected), 1U);
  EXPECT_EQ(Closed(), 0U);
}

// A kernel whose tcp_info ends before the counters.
TEST_F(ConnectionTrackerTest, AnEventWithoutTrafficKeepsWhatWasSeen) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .sent = 40};
  SocketRecord end = connection.End();
  end.tcp_info->traffic.reset();
  Poll(1, {connection.Row()});
  Destroy(1, end);
  EXPECT_EQ(Usage().bytes_sent, 40U);
  EXPECT_EQ(Closed(), 1U);
  EXPECT_EQ(Ended(EndCause::kDisconnected), 1U);
}

TEST_F(ConnectionTrackerTest, AnEventWithoutTrafficOfAnUnknownOneIsNotCounted) {
  Poll(0, {});
  SocketRecord end = TestConnection{.cookie = 1, .sent = 40}.End();
  end.tcp_info->traffic.reset();
  Destroy(0, end);
  end.tcp_info.reset();
  Destroy(0, end);
  EXPECT_EQ(tracker_.stats().ended, TrackerStats{}.ended);
  EXPECT_EQ(Usage(), ConnectionUsage{});
  EXPECT_EQ(Closed(), 0U);
}

TEST_F(ConnectionTrackerTest, ListenersAndUnusedSocketsAreNoConnections) {
  Poll(0, {});
  Destroy(0, EndOfListener(1, 443));
  EXPECT_EQ(tracker_.stats().ended, TrackerStats{}.ended);
}

TEST_F(ConnectionTrackerTest, AFailedConnectIsNoClosedConnection) {
  Poll(0, {});
  SocketRecord refused = TestConnection{.cookie = 1}.End();
  refused.tcp_info->traffic = TcpTraffic{.segments_sent = 9};
  refused.tcp_info->has_heard_peer = false;
  Poll(1, {TestConnection{.cookie = 2}.Row(TcpState::kSynSent)});
  SocketRecord timed_out = refused;
  timed_out.cookie = 2;
  Destroy(1, refused);
  Destroy(1, timed_out);
  EXPECT_EQ(Ended(EndCause::kNotEstablished), 2U);
  EXPECT_EQ(Closed(), 0U);
}

TEST_F(ConnectionTrackerTest, AConnectionThatAWalkMissedIsNotTakenForANewOne) {
  Poll(0, {});
  Poll(10, {});
  SocketRecord silent = TestConnection{.cookie = 1, .sent = 1'000}.Row();
  silent.tcp_info->idle = milliseconds(12'500);
  Poll(20, {silent});
  EXPECT_EQ(Usage().bytes_sent, 0U) << "silent since before the poll at 10";
  SocketRecord recent = TestConnection{.cookie = 2, .sent = 1'000}.Row();
  recent.tcp_info->idle = milliseconds(9'900);
  Poll(30, {recent});
  EXPECT_EQ(Usage().bytes_sent, 1'000U);
}

// On a busy host a walk may take seconds.
TEST_F(ConnectionTrackerTest, HowLongAConnectionWasSilentIsJudgedByWhenItWasRead) {
  std::uint64_t cookie = 0;
  const auto is_new = [this, &cookie](int second, int idle_ms) {
    const ConnectionUsage before = Usage();
    SocketRecord row = TestConnection{.cookie = ++cookie, .sent = 1}.Row();
    row.tcp_info->idle = milliseconds(idle_ms);
    tracker_.ContinuePoll(At(second));
    tracker_.Observe(row);
    return Usage().bytes_sent > before.bytes_sent;
  };
  Poll(0, {});
  tracker_.BeginPoll(At(10));
  EXPECT_TRUE(is_new(10, 12'000));
  EXPECT_FALSE(is_new(10, 12'001));
  EXPECT_TRUE(is_new(15, 17'000));
  EXPECT_FALSE(is_new(15, 17'001));
}

TEST_F(ConnectionTrackerTest, AConnectThatHangsWasNotMissed) {
  Poll(0, {});
  Poll(10, {});
  SocketRecord row = TestConnection{.cookie = 1, .sent = 1'000}.Row(TcpState::kSynSent);
  row.tcp_info->idle = milliseconds(60'000);
  Poll(20, {row});
  EXPECT_EQ(Usage().segments_sent, 9U);
}

TEST_F(ConnectionTrackerTest, WhatTheBaselineLeftOutIsOldWhenThereIsRoomForIt) {
  std::vector<SocketRecord> rows;
  for (std::uint64_t cookie = 1; cookie <= 6; ++cookie) {
    rows.push_back(TestConnection{.cookie = cookie, .sent = 1'000}.Row());
  }
  Poll(0, rows);
  for (std::uint64_t cookie = 1; cookie <= 4; ++cookie) {
    Destroy(0, TestConnection{.cookie = cookie, .sent = 1'000}.End());
  }
  Poll(1, {rows.at(5), TestConnection{.cookie = 7, .sent = 8}.Row()});
  EXPECT_EQ(Usage().bytes_sent, 8U);
  Poll(2, {TestConnection{.cookie = 6, .sent = 1'003}.Row()});
  EXPECT_EQ(Usage().bytes_sent, 11U);
}

// Times are remembered in 32 bits of milliseconds, 49 days.
TEST_F(ConnectionTrackerTest, ATimeBeyondWhatIsRememberedIsBookedAtTheEnd) {
  constexpr std::chrono::hours kSixtyDays{60 * 24};
  Poll(0, {});
  SocketRecord row = TestConnection{.cookie = 1}.Row();
  row.tcp_info->traffic->busy = kSixtyDays;
  Poll(1, {row});
  Poll(2, {row});
  EXPECT_EQ(Usage().busy, milliseconds(0xffff'ffff));
  SocketRecord end = TestConnection{.cookie = 1}.End();
  end.tcp_info->traffic->busy = kSixtyDays;
  Destroy(2, end);
  EXPECT_EQ(Usage().busy, kSixtyDays);
}

TEST_F(ConnectionTrackerTest, BeyondTheLimitTheyAreLeftOutAndSaid) {
  std::vector<SocketRecord> rows;
  for (std::uint64_t cookie = 1; cookie <= 6; ++cookie) {
    rows.push_back(TestConnection{.cookie = cookie, .sent = 1'000}.Row());
  }
  Poll(0, rows);
  EXPECT_EQ(tracker_.stats().tracked, 4U);
  EXPECT_EQ(tracker_.stats().left_out, 2U);
  Destroy(0, TestConnection{.cookie = 6, .sent = 1'000}.End());
  EXPECT_EQ(Usage().bytes_sent, 0U) << "it was open before the daemon";
  EXPECT_EQ(Closed(), 1U);
  Destroy(0, TestConnection{.cookie = 7, .sent = 8}.End());
  EXPECT_EQ(Usage().bytes_sent, 8U);
}

TEST_F(ConnectionTrackerTest, DirectionAndGroupAreTheConnections) {
  Poll(0, {});
  const TestConnection inbound{.cookie = 1, .direction = Direction::kInbound, .received = 3};
  const TestConnection outbound{.cookie = 2, .sent = 5, .port = 5'432};
  Poll(1, {inbound.Row(), outbound.Row()});
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 3U);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_sent, 0U);
  const auto key = tracker_.Observe(outbound.Row());
  ASSERT_TRUE(key);
  EXPECT_EQ(GroupOf(*key), "5432");
  EXPECT_EQ(ledger_[*key].usage.bytes_sent, 5U);
}

TEST_F(ConnectionTrackerTest, ClosedConnectionsAreObservedOnce) {
  Poll(0, {});
  Destroy(0, TestConnection{.cookie = 1}.End());
  const GroupTraffic& traffic = ledger_[{Direction::kOutbound, Groups().at(2)}];
  EXPECT_EQ(traffic.closed_rtt.sum(), microseconds(300));
  EXPECT_EQ(traffic.closed_min_rtt.sum(), microseconds(200));
}

TEST_F(ConnectionTrackerTest, SegmentCountsMayWrap) {
  Poll(0, {});
  SocketRecord row = TestConnection{.cookie = 1}.Row();
  row.tcp_info->traffic->segments_sent = 0xffff'fff0U;
  Poll(1, {row});
  row.tcp_info->traffic->segments_sent = 0x10U;
  Poll(2, {row});
  EXPECT_EQ(Usage().segments_sent, 0x1'0000'0010U);
}

TEST_F(ConnectionTrackerTest, SegmentsGrowByHalfTheirRangeAtMost) {
  Poll(0, {});
  SocketRecord row = TestConnection{.cookie = 1}.Row();
  row.tcp_info->traffic->segments_sent = 10;
  Poll(1, {row});
  row.tcp_info->traffic->segments_sent = 10 + 0x7fff'ffffU;
  Poll(2, {row});
  EXPECT_EQ(Usage().segments_sent, 10 + 0x7fff'ffffU);
}

// connect(2) with AF_UNSPEC, or a connect that failed, and then another connect.
TEST_F(ConnectionTrackerTest, ASocketThatConnectsAgainHasASecondConnection) {
  Poll(0, {});
  Poll(1, {TestConnection{.cookie = 1, .sent = 3'000}.Row()});
  TestConnection second{.cookie = 1, .sent = 2'000, .port = 5'432};
  SocketRecord row = second.Row();
  row.tcp_info->traffic->segments_sent = 8;
  Poll(2, {row});
  EXPECT_EQ(Usage().bytes_sent, 5'000U);
  EXPECT_EQ(Closed(), 1U);
  EXPECT_EQ(Ended(EndCause::kDisconnected), 1U);
  const auto key = tracker_.Observe(row);
  ASSERT_TRUE(key);
  EXPECT_EQ(GroupOf(*key), "5432");
  second.sent = 2'100;
  Destroy(2, second.End());
  EXPECT_EQ(Usage().bytes_sent, 5'100U);
  EXPECT_EQ(Closed(), 2U);
}

TEST_F(ConnectionTrackerTest, ASecondConnectionMayShowOnlyInTheEvent) {
  Poll(0, {});
  Poll(1, {TestConnection{.cookie = 1, .sent = 3'000}.Row()});
  SocketRecord end = TestConnection{.cookie = 1, .sent = 2'000, .port = 5'432}.End();
  end.tcp_info->traffic->segments_sent = 8;
  Destroy(1, end);
  EXPECT_EQ(Closed(), 2U);
  const auto key = classifier_.Classify(end, Direction::kOutbound)->key;
  EXPECT_EQ(GroupOf(key), "5432");
  EXPECT_EQ(ledger_[key].usage.bytes_sent, 2'000U);
  EXPECT_EQ(Usage().bytes_sent, 5'000U);
}

TEST_F(ConnectionTrackerTest, ASecondConnectIsSeenWhileItWaits) {
  Poll(0, {});
  Poll(1, {TestConnection{.cookie = 1, .sent = 3'000}.Row()});
  Poll(2, {TestConnection{.cookie = 1, .port = 5'432}.Row(TcpState::kSynSent)});
  EXPECT_EQ(Closed(), 1U);
  Poll(3, {TestConnection{.cookie = 1, .sent = 2'000, .port = 5'432}.Row()});
  EXPECT_EQ(Usage().bytes_sent, 5'000U);
}

TEST_F(ConnectionTrackerTest, AFailedPollLosesNothing) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .sent = 40};
  tracker_.BeginPoll(At(1));
  tracker_.Observe(connection.Row());
  Poll(2, {connection.Row()});
  Poll(3, {});
  EXPECT_EQ(Usage().bytes_sent, 40U);
  EXPECT_EQ(tracker_.stats().tracked, 1U);
}

TEST_F(ConnectionTrackerTest, WithoutEventsVanishedConnectionsAreForgottenAtOnce) {
  tracker_.RememberVanished(0);
  Poll(0, {});
  Poll(1, {TestConnection{.cookie = 1, .sent = 40}.Row()});
  Poll(2, {});
  EXPECT_EQ(room_.taken(), 1U) << "a walk may miss a socket";
  Poll(3, {});
  EXPECT_EQ(room_.taken(), 0U);
  EXPECT_EQ(tracker_.stats().ended.at(IndexOf(EndCause::kVanished)), 1U);
  EXPECT_EQ(tracker_.stats().tracked, 0U);
  EXPECT_EQ(Usage().bytes_sent, 40U);
}

TEST_F(ConnectionTrackerTest, WhatIsKnownToHaveBegunSinceIsNoBaseline) {
  tracker_.StartAfter(At(0));
  Poll(10, {TestConnection{.cookie = 1, .sent = 40}.Row()});
  EXPECT_EQ(Usage().bytes_sent, 40U);
}

// A traced end is counted at once: no poll and no listener is needed.
TEST_F(ConnectionTrackerTest, TracedEnds) {
  Poll(0, {});
  const TestConnection active{.cookie = 1, .sent = 100, .received = 7, .port = 5'000};
  const TestConnection passive{
      .cookie = 2, .direction = Direction::kInbound, .sent = 7, .received = 100, .port = 50'001};
  Destroy(1, active.TracedEnd(TcpState::kFinWait2, /*fin_received=*/false));
  Destroy(1, passive.TracedEnd(TcpState::kEstablished, /*fin_received=*/true));
  EXPECT_EQ(Usage(Direction::kOutbound).bytes_received, 7U);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 100U);
  EXPECT_EQ(Closed(Direction::kOutbound), 1U);
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  Poll(2, {active.MiniSocket()});
  EXPECT_EQ(Usage(Direction::kOutbound).bytes_received, 7U);
}

// connect(2) with AF_UNSPEC: the socket keeps its cookie.
TEST_F(ConnectionTrackerTest, ASocketThatConnectsAgainHasSeveralTracedEnds) {
  Poll(0, {});
  TestConnection connection{.cookie = 1, .sent = 100, .received = 7};
  Poll(1, {connection.Row()});
  Destroy(2, connection.TracedEnd(TcpState::kEstablished, /*fin_received=*/false));
  connection.sent = 20;
  Poll(3, {connection.Row()});
  Destroy(4, connection.TracedEnd(TcpState::kFinWait2, /*fin_received=*/true));
  EXPECT_EQ(Usage().bytes_sent, 120U);
  EXPECT_EQ(Closed(), 2U);
  EXPECT_EQ(Ended(EndCause::kComplete), 2U);
  EXPECT_EQ(Ended(EndCause::kDisconnected), 0U);
}

}  // namespace
}  // namespace connwatch::connection_tracker_test
