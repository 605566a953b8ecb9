#include "core/base/tcp_state.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <set>

namespace connwatch::tcp_state_test {
namespace {

TEST(TcpStateTest, NumbersAreTheKernels) {
  EXPECT_EQ(TcpStateFromKernel(TCP_ESTABLISHED), TcpState::kEstablished);
  EXPECT_EQ(TcpStateFromKernel(TCP_SYN_SENT), TcpState::kSynSent);
  EXPECT_EQ(TcpStateFromKernel(TCP_SYN_RECV), TcpState::kSynRecv);
  EXPECT_EQ(TcpStateFromKernel(TCP_FIN_WAIT1), TcpState::kFinWait1);
  EXPECT_EQ(TcpStateFromKernel(TCP_FIN_WAIT2), TcpState::kFinWait2);
  EXPECT_EQ(TcpStateFromKernel(TCP_TIME_WAIT), TcpState::kTimeWait);
  EXPECT_EQ(TcpStateFromKernel(TCP_CLOSE), TcpState::kClose);
  EXPECT_EQ(TcpStateFromKernel(TCP_CLOSE_WAIT), TcpState::kCloseWait);
  EXPECT_EQ(TcpStateFromKernel(TCP_LAST_ACK), TcpState::kLastAck);
  EXPECT_EQ(TcpStateFromKernel(TCP_LISTEN), TcpState::kListen);
  EXPECT_EQ(TcpStateFromKernel(TCP_CLOSING), TcpState::kClosing);
}

TEST(TcpStateTest, NewSynRecvIsSynRecv) { EXPECT_EQ(TcpStateFromKernel(12), TcpState::kSynRecv); }

TEST(TcpStateTest, OtherNumbersAreNoState) {
  for (const int number : {0, 13, 14, 255}) {
    EXPECT_FALSE(TcpStateFromKernel(static_cast<std::uint8_t>(number))) << number;
  }
}

TEST(TcpStateTest, EveryStateHasItsOwnNameAndIndex) {
  std::set<std::string_view> names;
  std::set<std::size_t> indices;
  for (const TcpState state : kTcpStates) {
    names.insert(Name(state));
    indices.insert(IndexOf(state));
  }
  EXPECT_EQ(names.size(), kTcpStateCount);
  EXPECT_EQ(*indices.rbegin(), kTcpStateCount - 1);
  EXPECT_EQ(indices.size(), kTcpStateCount);
}

}  // namespace
}  // namespace connwatch::tcp_state_test
