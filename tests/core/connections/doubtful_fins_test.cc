#include "core/connections/doubtful_fins.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "tests/support/records.h"

namespace connwatch {
namespace {

constexpr GroupKey kKey{Direction::kOutbound, 3};

// One of 65,536 ports for each of many peers.
SocketRecord Ended(std::uint32_t number) {
  SocketRecord record = Established(1, static_cast<std::uint16_t>(number));
  record.remote.address = Ipv4({10, 0, 0, static_cast<int>(number >> 16U)});
  return record;
}

TEST(DoubtfulFinsTest, WhatIsTakenIsForgotten) {
  DoubtfulFins fins;
  EXPECT_FALSE(fins.Take(Ended(1)));
  fins.Add(Ended(1), kKey);
  EXPECT_FALSE(fins.Take(Ended(2))) << "other ports";
  EXPECT_EQ(fins.Take(Ended(1)), kKey);
  EXPECT_FALSE(fins.Take(Ended(1)));
}

TEST(DoubtfulFinsTest, BothEndsCount) {
  DoubtfulFins fins;
  fins.Add(Established(1), kKey);
  for (const auto change : {+[](SocketRecord& record) { ++record.local.port; },
                            +[](SocketRecord& record) { ++record.remote.port; },
                            +[](SocketRecord& r) { std::swap(r.local.port, r.remote.port); },
                            +[](SocketRecord& record) {
                              record.local.address = Ipv4({1, 2, 3, 4});
                            },
                            +[](SocketRecord& record) { record.remote.address = IpAddress(); }}) {
    SocketRecord other = Established(1);
    change(other);
    EXPECT_FALSE(fins.Take(other));
  }
  EXPECT_TRUE(fins.Take(Established(1)));
}

TEST(DoubtfulFinsTest, AWalkThatBeganAfterwardsHasTheLastWord) {
  DoubtfulFins fins;
  fins.Add(Ended(1), kKey);
  fins.BeginPoll();
  fins.Add(Ended(2), kKey);
  fins.CompletePoll();
  EXPECT_FALSE(fins.Take(Ended(1)));
  EXPECT_EQ(fins.Take(Ended(2)), kKey) << "it ended during the walk";
}

TEST(DoubtfulFinsTest, AWalkThatFailedDecidesNothing) {
  DoubtfulFins fins;
  fins.Add(Ended(1), kKey);
  fins.BeginPoll();
  fins.Add(Ended(2), kKey);
  fins.BeginPoll();
  EXPECT_EQ(fins.Take(Ended(1)), kKey);
  EXPECT_EQ(fins.Take(Ended(2)), kKey);
  fins.Add(Ended(3), kKey);
  fins.BeginPoll();
  fins.BeginPoll();
  fins.CompletePoll();
  EXPECT_FALSE(fins.Take(Ended(3)));
}

TEST(DoubtfulFinsTest, RemembersABoundedNumber) {
  DoubtfulFins fins;
  constexpr std::uint32_t kHalf = DoubtfulFins::kMaxConnections / 2;
  for (std::uint32_t i = 0; i < kHalf; ++i) fins.Add(Ended(i), kKey);
  fins.BeginPoll();  // both sets count
  for (std::uint32_t i = kHalf; i < DoubtfulFins::kMaxConnections + 2; ++i)
    fins.Add(Ended(i), kKey);
  EXPECT_TRUE(fins.Take(Ended(0)));
  EXPECT_TRUE(fins.Take(Ended(DoubtfulFins::kMaxConnections - 1)));
  EXPECT_FALSE(fins.Take(Ended(DoubtfulFins::kMaxConnections)));
  EXPECT_FALSE(fins.Take(Ended(DoubtfulFins::kMaxConnections + 1)));
}

}  // namespace
}  // namespace connwatch
