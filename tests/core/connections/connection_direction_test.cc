// Who opened a connection: evidence decides, then what was known of the connection before, then the
// listeners, then the ports. And the group that follows from it.
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/tracked_traffic.h"

namespace connwatch::connection_direction_test {
namespace {

using ConnectionDirectionTest = TrackedTraffic;

TEST_F(ConnectionDirectionTest, AConnectionStaysInboundWhenItsListenerIsGone) {
  Poll(0, {});
  TestConnection connection{.cookie = 1, .direction = Direction::kInbound, .received = 3};
  Poll(1, {connection.Row()});
  Listen({}, 2);
  connection.received = 5;
  Poll(3, {connection.Row()});
  tracker_.Regroup();
  Poll(4, {connection.Row()});
  Destroy(4, connection.End());
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 5U);
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(Closed(Direction::kOutbound), 0U);
}

TEST_F(ConnectionDirectionTest, EvidenceBeatsTheListener) {
  Poll(0, {});
  SocketRecord row = TestConnection{.cookie = 1, .sent = 40, .port = 5'432}.Row();
  row.local.port = 443;  // which is listened on
  Poll(1, {row});
  EXPECT_EQ(Usage(Direction::kOutbound).bytes_sent, 40U);
}

// Of an accepted connection on a port that no listener is known of. By the ports alone it would be
// outbound.
TestConnection AcceptedSomewhere() {
  return {.cookie = 1, .direction = Direction::kInbound, .sent = 40, .received = 9, .port = 50'001};
}

// The host itself has dropped what the connection sent: the counters show nothing.
SocketRecord Unclear(SocketRecord row) {
  row.tcp_info->traffic->bytes_sent += 400;
  return row;
}

// Data is in flight: a hint, but no proof.
SocketRecord InFlight(SocketRecord row) {
  row.tcp_info->traffic->segments_unacked = 1;
  row.tcp_info->traffic->bytes_sent += 10;
  row.send_queue = 10;
  return row;
}

TEST_F(ConnectionDirectionTest, WhatAConnectionHasMovedWaitsForTheProof) {
  Poll(0, {});
  Poll(1, {Unclear(AcceptedSomewhere().Row())});
  EXPECT_EQ(Usage(Direction::kInbound), ConnectionUsage());
  EXPECT_EQ(Usage(Direction::kOutbound), ConnectionUsage());
  Poll(2, {AcceptedSomewhere().Row()});
  EXPECT_EQ(Usage(Direction::kInbound).bytes_sent, 40U);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 9U);
  EXPECT_EQ(Usage(Direction::kOutbound), ConnectionUsage());
}

TEST_F(ConnectionDirectionTest, TheThirdPollBooksByAGuessWhichProofReplacesButWhatWasBookedStays) {
  Poll(0, {});
  TestConnection connection = AcceptedSomewhere();
  for (int second = 1; second < 3; ++second) Poll(second, {Unclear(connection.Row())});
  EXPECT_EQ(Usage(Direction::kOutbound), ConnectionUsage());
  Poll(3, {Unclear(connection.Row())});
  EXPECT_EQ(Usage(Direction::kOutbound).bytes_received, 9U);
  connection.received = 12;
  Poll(4, {connection.Row()});
  EXPECT_EQ(Usage(Direction::kOutbound).bytes_received, 9U);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 3U);
  Destroy(4, connection.End());
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(tracker_.stats().guessed, TrackerStats{}.guessed);
}

TEST_F(ConnectionDirectionTest, WhatWaitsIsBookedWhenTheConnectionEnds) {
  const auto ends_as = [](std::uint64_t received) {
    return TestConnection{.cookie = 1, .received = received, .port = 5'432};
  };
  Poll(0, {});
  Poll(1, {Unclear(ends_as(1).Row())});
  Destroy(1, ends_as(1).BlankEnd());
  EXPECT_EQ(Usage().bytes_received, 1U) << "the kernel cleared the counters";
  Poll(2, {Unclear(ends_as(20).Row())});
  Poll(3, {ends_as(3).Row()});
  EXPECT_EQ(Usage().bytes_received, 24U) << "the socket has connected again";
  Destroy(3, ends_as(5).End());
  EXPECT_EQ(Usage().bytes_received, 26U);
  Poll(4, {Unclear(ends_as(100).Row())});
  Destroy(4, ends_as(200).End());
  EXPECT_EQ(Usage().bytes_received, 226U) << "its event tells the rest";
  Poll(5, {Unclear(ends_as(1'000).Row())});
  for (int second = 6; second < 9; ++second) Poll(second, {});
  EXPECT_EQ(Usage().bytes_received, 1'226U) << "it vanished";
}

TEST_F(ConnectionDirectionTest, AListenerThatIsKnownLaterDecidesWhatWaits) {
  Poll(0, {});
  Poll(1, {Unclear(AcceptedSomewhere().Row())});
  Listen({443, 50'001}, 1);
  Destroy(1, AcceptedSomewhere().End());
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 9U);
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(tracker_.stats().guessed.at(IndexOf(GuessBasis::kListener)), 1U);
}

TEST_F(ConnectionDirectionTest, WhatOnePollHasShownDecidesBeforeThePorts) {
  Poll(0, {});
  Poll(1, {InFlight(AcceptedSomewhere().Row())});
  Destroy(1, AcceptedSomewhere().End());
  EXPECT_EQ(Usage(Direction::kInbound).bytes_sent, 40U);
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(tracker_.stats().guessed.at(IndexOf(GuessBasis::kHint)), 1U);
}

// kernel: the send queue is read before the lock, so one row may be torn.
TEST_F(ConnectionDirectionTest, AHintMustBeShownByTwoPolls) {
  Poll(0, {});
  const SocketRecord row =
      InFlight(TestConnection{.cookie = 1, .direction = Direction::kInbound, .sent = 40}.Row());
  SocketRecord torn = row;
  ++torn.send_queue;  // it looks outbound
  tracker_.BeginPoll(At(1));
  EXPECT_EQ(tracker_.Observe(torn)->direction, Direction::kInbound) << "the listener decides";
  tracker_.CompletePoll();
  Poll(2, {row});
  EXPECT_EQ(Usage(Direction::kInbound).bytes_sent, 0U) << "it is not proven yet";
  Poll(3, {row});
  EXPECT_EQ(Usage(Direction::kInbound).bytes_sent, 40U);
  Poll(4, {torn});
  Poll(5, {torn});
  EXPECT_EQ(tracker_.Observe(torn)->direction, Direction::kInbound) << "proven before";
}

TEST_F(ConnectionDirectionTest, AnAmbiguousEndWaitsForTheListenersThatAreThereNow) {
  Poll(0, {});
  TestConnection short_one{.cookie = 1, .direction = Direction::kInbound, .received = 9};
  SocketRecord end = short_one.End();
  end.local.port = 50'001;  // of a listener that no poll has met
  Destroy(1, end);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 0U);
  Listen({443}, 0);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 0U) << "this poll began before the end";
  Listen({443, 50'001}, 2);
  EXPECT_EQ(Usage(Direction::kInbound).bytes_received, 9U);
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(tracker_.stats().guessed.at(IndexOf(GuessBasis::kListener)), 1U);
}

// The side that connected was reset. Its port may be that of a listener that is gone.
TEST_F(ConnectionDirectionTest, AListenerThatWasClosedBeforeAConnectionBeganDidNotAcceptIt) {
  Listen({443, 50'001}, 0);
  Listen({443}, 1);
  Poll(2, {});
  SocketRecord end = TestConnection{.cookie = 1, .sent = 5}.End(/*is_orderly=*/false);
  end.local.port = 50'001;
  Destroy(3, end);
  Listen({443}, 4);
  EXPECT_EQ(Usage(Direction::kOutbound).bytes_sent, 5U);
  EXPECT_EQ(Closed(Direction::kInbound), 0U);
}

// The poll did not meet the connection, because it had ended just before. Its event is read later.
TEST_F(ConnectionDirectionTest, AnEndThatIsReadAfterAPollMayBeOlderThanThePoll) {
  Poll(0, {});
  Destroy(5, EndOfListener(1, 50'051));
  Listen({443}, 6);
  Poll(6, {});
  Poll(6, {});  // the next one may follow within the second
  Destroy(6, TestConnection{.cookie = 2, .direction = Direction::kInbound, .port = 50'051}.End());
  Listen({443}, 7);
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(Closed(Direction::kOutbound), 0U);
  EXPECT_EQ(tracker_.stats().guessed.at(IndexOf(GuessBasis::kListener)), 1U);
}

TEST_F(ConnectionDirectionTest, AnAmbiguousEndIsBookedByTheNextFullPollAtTheLatest) {
  Poll(0, {});
  SocketRecord end = TestConnection{.cookie = 1, .direction = Direction::kInbound}.End();
  end.local.port = 8'000;
  Destroy(1, end);
  Poll(2, {});
  EXPECT_EQ(Closed(Direction::kInbound), 1U) << "8000 is no port of clients";
  EXPECT_EQ(tracker_.stats().guessed.at(IndexOf(GuessBasis::kPortRange)), 1U);
}

TEST_F(ConnectionDirectionTest, TheEndOfAListenerThatNoPollHasMetTellsThatThePortWasListenedOn) {
  Poll(0, {});
  Destroy(1, EndOfListener(1, 50'051));
  Destroy(1, TestConnection{.cookie = 2, .direction = Direction::kInbound, .port = 50'051}.End());
  Poll(2, {});
  EXPECT_EQ(Closed(Direction::kInbound), 1U);
  EXPECT_EQ(tracker_.stats().guessed.at(IndexOf(GuessBasis::kListener)), 1U);
}

TEST_F(ConnectionDirectionTest, AMiniSocketIsInTheGroupOfItsConnection) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .direction = Direction::kInbound, .port = 50'051};
  Listen({443, 50'051}, 0);
  Destroy(0, connection.EndBeforePeersFin());
  Listen({443}, 1);
  tracker_.BeginPoll(At(2));
  EXPECT_EQ(tracker_.Observe(connection.MiniSocket())->direction, Direction::kInbound);
  tracker_.CompletePoll();
  tracker_.BeginPoll(At(3));
  EXPECT_EQ(tracker_.Observe(connection.MiniSocket())->direction, Direction::kInbound);
}

// The guess is right when the connection ends, and wrong as soon as the listener is forgotten.
TEST_F(ConnectionDirectionTest, AMiniSocketOutlivesWhatIsKnownOfTheListener) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .direction = Direction::kInbound, .port = 50'051};
  Listen({443, 50'051}, 0);
  Listen({443}, 1);
  Destroy(50, connection.EndBeforePeersFin());
  Poll(51, {connection.MiniSocket()});
  Listen({443}, 62);
  tracker_.BeginPoll(At(62));
  EXPECT_EQ(tracker_.Observe(connection.MiniSocket())->direction, Direction::kInbound);
}

TEST_F(ConnectionDirectionTest, AConnectionLeavesTheEphemeralGroupWhenItsPortIsThatOfAService) {
  Listen({50'051}, 0);
  Poll(0, {});
  TestConnection connection{
      .cookie = 1, .direction = Direction::kInbound, .received = 5, .port = 50'051};
  Poll(1, {connection.Row()});
  EXPECT_EQ((ledger_[{Direction::kInbound, kEphemeralGroup}]).usage.bytes_received, 5U);
  Listen({50'051}, 60);
  connection.received = 12;
  tracker_.BeginPoll(At(61));
  const auto key = tracker_.Observe(connection.Row());
  ASSERT_TRUE(key);
  EXPECT_EQ(GroupOf(*key), "50051");
  EXPECT_EQ(ledger_[*key].usage.bytes_received, 7U) << "what was booked stays";
}

TEST_F(ConnectionDirectionTest, TwoReloadsBetweenPollsStillRegroup) {
  Poll(0, {});
  const TestConnection connection{.cookie = 1, .direction = Direction::kInbound};
  Poll(1, {connection.Row()});
  const GroupRule rule{"edge", {.local_ports = {{443, 443}}}};
  ASSERT_TRUE(classifier_.Reconfigure({.rules = {rule}}));
  tracker_.Regroup();
  tracker_.Regroup();
  EXPECT_EQ(GroupOf(*tracker_.Observe(connection.Row())), "edge");
}

TEST_F(ConnectionDirectionTest, AGroupThatGivesUpItsPlaceLeavesNothingToTheNextOwner) {
  Poll(0, {});
  TestConnection connection{.cookie = 1, .direction = Direction::kInbound, .received = 3};
  Poll(1, {connection.Row()});
  for (int second = 2; second < 5; ++second) Poll(second, {});  // retired: its event may come later
  const GroupId group = Groups().back();
  tracker_.Release(std::vector<GroupBook::Released>{{group, 443}});
  connection.received = 10;
  Destroy(600, connection.End(false));
  EXPECT_EQ((ledger_[{Direction::kInbound, group}]).usage.bytes_received, 3U);
  EXPECT_EQ((ledger_[{Direction::kInbound, kOtherGroup}]).usage.bytes_received, 7U);
}

}  // namespace
}  // namespace connwatch::connection_direction_test
