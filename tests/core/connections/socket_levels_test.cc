#include "core/connections/socket_levels.h"

#include <gtest/gtest.h>

namespace connwatch::socket_levels_test {
namespace {

StateCounts Counts(int established, int time_wait, int syn_recv) {
  StateCounts counts;
  for (int i = 0; i < established; ++i) counts.Add(AddressFamily::kIpv4, TcpState::kEstablished);
  for (int i = 0; i < time_wait; ++i) counts.Add(AddressFamily::kIpv6, TcpState::kTimeWait);
  for (int i = 0; i < syn_recv; ++i) {
    counts.Add(AddressFamily::kIpv4, TcpState::kSynRecv);
    counts.Add(AddressFamily::kIpv6, TcpState::kSynRecv);
  }
  return counts;
}

// Of the SYN-RECV sockets, which are as many of each family, `children` have a full socket.
SocketLevels Levels(int established, int time_wait, int syn_recv, std::uint64_t children = 0) {
  SocketLevels levels{.states = Counts(established, time_wait, syn_recv)};
  levels.request_sockets = 2 * static_cast<std::uint64_t>(syn_recv) - children;
  return levels;
}

TEST(StateCountsTest, TheTotalIsTheSumOfFamiliesAndStates) {
  EXPECT_EQ(StateCounts().Total(), 0U);
  EXPECT_EQ(Counts(3, 2, 1).Total(), 7U);
}

TEST(SockstatDiscrepancyTest, IsTheShareOfTheKernelsCount) {
  const SocketStats kernel{.tcp_in_use = 5, .tcp6_in_use = 2, .time_wait = 3};
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(7, 3, 0), kernel).value(), 0);
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(9, 3, 0), kernel).value(), 0.2) << "too many";
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(7, 0, 0), kernel).value(), 0.3) << "too few";
}

TEST(SockstatDiscrepancyTest, LeavesRequestSocketsOut) {
  const SocketStats kernel{.tcp_in_use = 7, .time_wait = 3};
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(7, 3, 4), kernel).value(), 0);
}

TEST(SockstatDiscrepancyTest, CountsChildrenOfFastOpenAsTheKernelDoes) {
  const SocketStats kernel{.tcp_in_use = 7 + 3, .time_wait = 3};
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(7, 3, 4, 3), kernel).value(), 0);
}

TEST(SockstatDiscrepancyTest, WhereTheKernelCountsNoneItIsTheNumberOfSockets) {
  const SocketStats kernel{.tcp_in_use = 0, .time_wait = 0};
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(0, 0, 0), kernel).value(), 0);
  EXPECT_DOUBLE_EQ(SockstatDiscrepancy(Levels(2, 0, 0), kernel).value(), 2);
}

TEST(SockstatDiscrepancyTest, IsAbsentWithoutACountOfTheKernels) {
  EXPECT_FALSE(SockstatDiscrepancy(Levels(1, 0, 0), {.time_wait = 1}));
  EXPECT_FALSE(SockstatDiscrepancy(Levels(1, 0, 0), {.tcp_in_use = 1}));
}

TEST(GroupLevelsTest, QueuesOfListenersAndSynSentSocketsAreNoBytes) {
  GroupLevels levels;
  for (const TcpState state : {TcpState::kListen, TcpState::kSynSent, TcpState::kCloseWait}) {
    levels.Add({.state = state, .receive_queue = 10, .send_queue = 20});
  }
  EXPECT_EQ(levels.states.at(IndexOf(TcpState::kListen)), 1U);
  EXPECT_EQ(levels.states.at(IndexOf(TcpState::kSynSent)), 1U);
  EXPECT_EQ(levels.receive_queue_bytes, 10U);
  EXPECT_EQ(levels.send_queue_bytes, 20U);
}

}  // namespace
}  // namespace connwatch::socket_levels_test
