#include "core/listeners/handshake_poll.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/records.h"
#include "tests/support/snapshots.h"
#include "tests/support/traffic.h"

namespace connwatch::handshake_poll_test {
namespace {

using std::chrono::milliseconds;

struct TimerCase {
  unsigned retransmissions;
  int expires_ms;
  unsigned linear_timeouts;
  int age_ms;
};

TEST(AgeByRetransmissionTimerTest, FollowsTheKernelsSchedule) {
  // 1 s, 4 times 1 s more, then 2 s, 4 s ...; without linear timeouts 1 s, 2 s, 4 s ...
  const std::vector<TimerCase> cases = {
      {0, 1'000, 4, 0},        {0, 400, 4, 600},     {1, 1'000, 4, 1'000}, {4, 500, 4, 4'500},
      {5, 2'000, 4, 5'000},    {5, 500, 4, 6'500},   {6, 4'000, 4, 7'000}, {0, 250, 0, 750},
      {1, 2'000, 0, 1'000},    {2, 1'000, 0, 6'000}, {3, 8'000, 0, 7'000}, {0, 3'000, 4, 0},
      {7, 120'000, 0, 127'000}};
  for (const TimerCase& c : cases) {
    EXPECT_EQ(
        AgeByRetransmissionTimer(c.retransmissions, milliseconds(c.expires_ms), c.linear_timeouts),
        milliseconds(c.age_ms))
        << c.retransmissions << " retransmissions, " << c.expires_ms << " ms left, "
        << c.linear_timeouts << " linear";
  }
}

TEST(AgeByRetransmissionTimerTest, ManyRetransmissionsDoNotOverflow) {
  EXPECT_GT(AgeByRetransmissionTimer(255, milliseconds(0), 0), std::chrono::hours(8));
}

SocketRecord SynSent(std::uint64_t cookie, std::uint16_t port, int retransmissions = 0,
                     int expires_ms = 1'000) {
  SocketRecord record;
  record.state = TcpState::kSynSent;
  record.local = {Ipv4({192, 0, 2, 1}), 40'000};
  record.remote = {Ipv4({198, 51, 100, 1}), port};
  record.cookie = cookie;
  record.send_queue = 1;
  record.retransmissions = static_cast<std::uint8_t>(retransmissions);
  record.timer_expires = milliseconds(expires_ms);
  return record;
}

// The first groups that get a place.
constexpr GroupId kFirst{.place = 2};
constexpr GroupId kSecond{.place = 3};

class HandshakePollTest : public testing::Test {
 protected:
  const PendingConnects& Poll(int second, const std::vector<SocketRecord>& records) {
    poll_.Begin(TestInstant(second));
    poll_.Add(records, TestInstant(second));
    poll_.Complete(TestInstant(second));
    return poll_.pending();
  }

  ListenerTracker listener_tracker_{{}};
  ConnectionClassifier classifier_ = PlainClassifier(2);
  HandshakePoll poll_{4, listener_tracker_, classifier_};
};

TEST_F(HandshakePollTest, ShowsTheCgroupOfWhoeverConnects) {
  SocketRecord owned = SynSent(1, 443);
  owned.cgroup_id = 77;
  const auto& pending = Poll(0, {owned, SynSent(2, 443)});
  EXPECT_EQ(pending.oldest.at(0).cgroup_id, 77U);
  EXPECT_FALSE(pending.oldest.at(1).cgroup_id);
}

TEST_F(HandshakePollTest, AsksForBothHandshakeStatesOnly) {
  EXPECT_EQ(poll_.Query().states.bits(), 1U << 2U | 1U << 3U);
}

TEST_F(HandshakePollTest, GroupsByDestinationPort) {
  const auto& pending = Poll(0, {SynSent(1, 443, 2, 500), SynSent(2, 443), SynSent(3, 5432, 1)});
  EXPECT_EQ(pending.by_group.at(kFirst).sockets, 2U);
  EXPECT_EQ(pending.by_group.at(kFirst).retransmitting, 1U);
  EXPECT_EQ(pending.by_group.at(kFirst).oldest_age, milliseconds(2'500));
  EXPECT_EQ(pending.by_group.at(kSecond).retransmitting, 1U);
}

TEST_F(HandshakePollTest, ASeenPortStaysWithZeros) {
  Poll(0, {SynSent(1, 443)});
  const auto& pending = Poll(1, {});
  EXPECT_EQ(pending.by_group.at(kFirst).sockets, 0U);
  EXPECT_EQ(pending.by_group.at(kFirst).oldest_age, milliseconds(0));
}

TEST_F(HandshakePollTest, PortsBeyondTheLimitAreFolded) {
  const auto& pending =
      Poll(0, {SynSent(1, 1), SynSent(2, 2), SynSent(3, 3), SynSent(4, 4), SynSent(5, 4)});
  EXPECT_EQ(pending.by_group.size(), 3U);
  EXPECT_EQ(pending.by_group.at(kOtherGroup).sockets, 3U);
}

TEST_F(HandshakePollTest, AgeIsFollowedByCookie) {
  Poll(0, {});
  Poll(1, {SynSent(1, 443, 0, 500)});
  EXPECT_EQ(Poll(8, {SynSent(1, 443, 0, 500)}).oldest.at(0).age, milliseconds(7'500))
      << "the timer alone would say 500 ms";
}

TEST_F(HandshakePollTest, ATimerCannotPutTheBeginningBeforeThePollThatDidNotSeeIt) {
  Poll(0, {});
  // A host that retransmits faster than the standard: the timer alone would say 5 s.
  EXPECT_EQ(Poll(1, {SynSent(1, 443, 5, 2'000)}).oldest.at(0).age, milliseconds(1'000));
}

TEST_F(HandshakePollTest, TheFirstPollTakesTheTimersWord) {
  EXPECT_EQ(Poll(0, {SynSent(1, 443, 5, 2'000)}).oldest.at(0).age, milliseconds(5'000));
}

TEST_F(HandshakePollTest, AFailedPollChangesNothing) {
  Poll(0, {SynSent(1, 443)});
  poll_.Begin(TestInstant(1));
  poll_.Add(std::vector{SynSent(2, 443), SynSent(3, 443)}, TestInstant(2));
  EXPECT_EQ(poll_.pending().by_group.at(kFirst).sockets, 1U);
  EXPECT_EQ(Poll(2, {SynSent(1, 443)}).by_group.at(kFirst).oldest_age, milliseconds(2'000));
}

TEST_F(HandshakePollTest, ListsTheOldestFirstAndBounded) {
  std::vector<SocketRecord> records;
  for (std::uint64_t cookie = 0; cookie < 1'500; ++cookie) {
    records.push_back(SynSent(cookie, 443, 0, static_cast<int>(cookie % 1'000)));
  }
  const auto& pending = Poll(0, records);
  ASSERT_EQ(pending.oldest.size(), PendingConnects::kMaxListed);
  EXPECT_EQ(pending.oldest.front().age, milliseconds(1'000));
  EXPECT_GE(pending.oldest.front().age, pending.oldest.back().age);
  EXPECT_EQ(pending.by_group.at(kFirst).sockets, 1'500U);
}

TEST_F(HandshakePollTest, BeyondTheLimitOnlyTheTimerTellsTheAge) {
  std::vector<SocketRecord> records;
  for (std::uint64_t cookie = 1; cookie <= HandshakeLimits::kMaxFollowed; ++cookie) {
    records.push_back(SynSent(cookie, 443));
  }
  records.push_back(SynSent(99'999, 443, 5, 2'000));
  Poll(0, records);
  EXPECT_EQ(Poll(1, {SynSent(99'999, 443, 5, 1'000)}).oldest.at(0).age, milliseconds(6'000));
}

TEST_F(HandshakePollTest, APendingConnectKnowsItsGroup) {
  const auto& pending = Poll(0, {SynSent(1, 443), SynSent(2, 5432), SynSent(3, 1), SynSent(4, 2)});
  std::vector<GroupId> groups;
  for (const PendingConnect& connect : pending.oldest) groups.push_back(connect.group);
  EXPECT_EQ(groups, (std::vector<GroupId>{kFirst, kSecond, kOtherGroup, kOtherGroup}));
}

SocketRecord SynRecv(std::uint64_t cookie, int retransmissions = 0, int expires_ms = 1'000) {
  SocketRecord record = SynSent(cookie, 443, retransmissions, expires_ms);
  record.state = TcpState::kSynRecv;
  return record;
}

TEST_F(HandshakePollTest, ASynRecvIsAsOldAsItsRepetitionsAndThePollsTell) {
  const std::vector<SocketRecord> listening = {Listening(9, 40'000)};
  const auto ages = [&](int second, const std::vector<SocketRecord>& records) {
    listener_tracker_.UpdateAcceptQueues(listening, TestInstant(second).monotonic);
    Poll(second, records);
    return listener_tracker_.List(TestInstant(second).monotonic).listeners.at(0).status.signs;
  };
  // The first poll takes the timer's word: 1 s, 2 s, then 500 ms of 4 s.
  EXPECT_EQ(ages(0, {SynRecv(1, 2, 3'500), SynRecv(2)}).ages.oldest, milliseconds(3'500));
  EXPECT_EQ(ages(1, {SynRecv(1, 2, 2'500), SynRecv(2)}).ages.oldest, milliseconds(4'500));
  // One that was not there a second ago cannot be older than that.
  EXPECT_EQ(ages(2, {SynRecv(3, 5, 1'000)}).ages.oldest, milliseconds(1'000));
  // A deferred one is never repeated: settled once it has been seen for 3 s.
  EXPECT_EQ(ages(4, {SynRecv(4)}).settled, 0U);
  const HandshakeSigns later = ages(8, {SynRecv(4, 0, 7'000)});
  EXPECT_EQ(later.settled, 1U);
  EXPECT_EQ(later.ages.oldest, milliseconds(4'000));
}

TEST_F(HandshakePollTest, TheOldestOfManyAreListedInWhateverOrderTheyCome) {
  constexpr int kCount = 10'000;
  for (const bool is_reversed : {false, true}) {
    std::vector<SocketRecord> records;
    for (int i = 0; i < kCount; ++i) {
      const int expires_ms = (is_reversed ? kCount - i : i) % 1'000;
      records.push_back(SynSent(static_cast<std::uint64_t>(i), 443, 0, expires_ms));
    }
    const auto& pending = Poll(0, records);
    ASSERT_EQ(pending.oldest.size(), PendingConnects::kMaxListed);
    EXPECT_EQ(pending.oldest.front().age, milliseconds(1'000));
    EXPECT_EQ(pending.oldest.back().age, milliseconds(901)) << "ten have each age";
    EXPECT_EQ(pending.by_group.at(kFirst).sockets, std::uint64_t{kCount});
  }
}

TEST_F(HandshakePollTest, CountsAllConnectsByDestination) {
  std::vector<SocketRecord> records;
  for (std::uint64_t cookie = 0; cookie < 1'500; ++cookie) {
    records.push_back(SynSent(cookie, cookie < 1'400 ? 443 : 5432, cookie % 2 == 0 ? 0 : 1));
  }
  const auto& pending = Poll(0, records);
  ASSERT_EQ(pending.destinations.size(), 2U);
  EXPECT_EQ(pending.destinations[0].count, 1'400U) << "more than are listed";
  EXPECT_EQ(pending.destinations[0].retransmitting, 700U);
  EXPECT_EQ(pending.destinations[1].remote.port, 5432);
  EXPECT_TRUE(Poll(1, {}).destinations.empty()) << "each poll counts for itself";
}

TEST_F(HandshakePollTest, NeedNotListAny) {
  HandshakePoll poll(4, listener_tracker_, classifier_, {.max_followed = 1, .max_listed = 0});
  for (int second = 0; second < 3; ++second) {
    poll.Begin(TestInstant(second));
    poll.Add(std::vector{SynSent(1, 443, 0, 1'000), SynSent(2, 443, 0, 1'000)},
             TestInstant(second));
    poll.Complete(TestInstant(second));
  }
  EXPECT_TRUE(poll.pending().oldest.empty());
  EXPECT_TRUE(poll.pending().destinations.empty());
  EXPECT_EQ(poll.pending().by_group.at(kFirst).sockets, 2U);
  EXPECT_EQ(poll.pending().by_group.at(kFirst).oldest_age, milliseconds(2'000));
}

}  // namespace
}  // namespace connwatch::handshake_poll_test
