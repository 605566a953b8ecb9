#include "core/connections/ended_connections.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "tests/support/records.h"

namespace connwatch::ended_connections_test {
namespace {

constexpr GroupKey kKey{Direction::kOutbound, {.place = 3}};
constexpr EndedConnection kDoubtful{kKey, true};

// One of 65,536 ports for each of many peers.
SocketRecord Ended(std::uint32_t number) {
  SocketRecord record = Established(1, static_cast<std::uint16_t>(number));
  record.remote.address = Ipv4({10, 0, 0, static_cast<int>(number >> 16U)});
  return record;
}

TEST(EndedConnectionsTest, WhatIsTakenIsForgotten) {
  EndedConnections ended;
  EXPECT_FALSE(ended.Take(Ended(1)));
  ended.Add(Ended(1), kDoubtful);
  EXPECT_FALSE(ended.Take(Ended(2))) << "other ports";
  EXPECT_EQ(ended.Take(Ended(1)), kDoubtful);
  EXPECT_FALSE(ended.Take(Ended(1)));
}

TEST(EndedConnectionsTest, BothEndsCount) {
  EndedConnections ended;
  ended.Add(Established(1), kDoubtful);
  for (const auto change : {+[](SocketRecord& record) { ++record.local.port; },
                            +[](SocketRecord& record) { ++record.remote.port; },
                            +[](SocketRecord& r) { std::swap(r.local.port, r.remote.port); },
                            +[](SocketRecord& record) {
                              record.local.address = Ipv4({1, 2, 3, 4});
                            },
                            +[](SocketRecord& record) { record.remote.address = IpAddress(); }}) {
    SocketRecord other = Established(1);
    change(other);
    EXPECT_FALSE(ended.Take(other));
  }
  EXPECT_TRUE(ended.Take(Established(1)));
}

TEST(EndedConnectionsTest, AWalkThatBeganAfterwardsHasTheLastWord) {
  EndedConnections ended;
  ended.Add(Ended(1), kDoubtful);
  ended.BeginPoll();
  ended.Add(Ended(2), kDoubtful);
  ended.CompletePoll();
  EXPECT_FALSE(ended.Take(Ended(1)));
  EXPECT_EQ(ended.Take(Ended(2)), kDoubtful) << "it ended during the walk";
}

TEST(EndedConnectionsTest, AWalkThatFailedDecidesNothing) {
  EndedConnections ended;
  ended.Add(Ended(1), kDoubtful);
  ended.BeginPoll();
  ended.Add(Ended(2), kDoubtful);
  ended.BeginPoll();
  EXPECT_EQ(ended.Take(Ended(1)), kDoubtful);
  EXPECT_EQ(ended.Take(Ended(2)), kDoubtful);
  ended.Add(Ended(3), kDoubtful);
  ended.BeginPoll();
  ended.BeginPoll();
  ended.CompletePoll();
  EXPECT_FALSE(ended.Take(Ended(3)));
}

TEST(EndedConnectionsTest, StaysAsLongAsItsMiniSocketIsMet) {
  EndedConnections ended;
  ended.Add(Ended(1), kDoubtful);
  for (int poll = 0; poll < 5; ++poll) {
    ended.BeginPoll();
    const EndedConnection expected{kKey, poll == 0};
    EXPECT_EQ(ended.Meet(Ended(1)), expected) << "the doubt is settled once";
    ended.CompletePoll();
  }
  ended.BeginPoll();
  ended.CompletePoll();
  EXPECT_FALSE(ended.Meet(Ended(1)));
}

TEST(EndedConnectionsTest, AGroupThatGivesUpItsPlaceLeavesItsConnectionsToOther) {
  EndedConnections ended;
  ended.Add(Ended(1), kDoubtful);
  std::vector<bool> is_released(kKey.group.place + 2U);
  is_released.back() = true;
  ended.Release(is_released);
  EXPECT_EQ(ended.Meet(Ended(1)), kDoubtful) << "another place";
  is_released[kKey.group.place] = true;
  ended.Release(is_released);
  EXPECT_EQ(ended.Take(Ended(1))->key, (GroupKey{kKey.direction, kOtherGroup}));
}

TEST(EndedConnectionsTest, RemembersABoundedNumber) {
  EndedConnections ended;
  constexpr std::uint32_t kMax = EndedConnections::kMaxConnections;
  for (std::uint32_t i = 0; i < kMax + 2; ++i) ended.Add(Ended(i), kDoubtful);
  EXPECT_TRUE(ended.Take(Ended(0)));
  EXPECT_TRUE(ended.Take(Ended(kMax - 1)));
  EXPECT_FALSE(ended.Take(Ended(kMax)));
  EXPECT_FALSE(ended.Take(Ended(kMax + 1)));
}

}  // namespace
}  // namespace connwatch::ended_connections_test
