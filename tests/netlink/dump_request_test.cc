#include "netlink/dump_request.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "netlink/load_at.h"

namespace connwatch::dump_request_test {
namespace {

// Bits 1 to 12: the eleven states and NEW_SYN_RECV.
constexpr std::uint32_t kEveryState = 0x1ffe;
constexpr std::uint8_t kTcpInfoBit = 1U << (INET_DIAG_INFO - 1U);

TEST(DumpRequestTest, BothFamiliesInOneWalkIsTheLegacyRequest) {
  const auto bytes = BuildDumpRequest({{.tcp_info = true}, std::nullopt}, 7);
  const auto header = LoadAt<nlmsghdr>(bytes, 0);
  const auto body = LoadAt<inet_diag_req>(bytes, NLMSG_HDRLEN);
  ASSERT_TRUE(header && body);
  EXPECT_EQ(header->nlmsg_len, bytes.size());
  EXPECT_EQ(bytes.size(), NLMSG_HDRLEN + sizeof(inet_diag_req));
  EXPECT_EQ(header->nlmsg_type, TCPDIAG_GETSOCK);
  EXPECT_EQ(header->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
  EXPECT_EQ(header->nlmsg_seq, 7U);
  EXPECT_EQ(body->idiag_states, kEveryState);
  EXPECT_EQ(body->idiag_ext, kTcpInfoBit);
}

TEST(DumpRequestTest, OneFamily) {
  for (const AddressFamily family : kAddressFamilies) {
    const auto bytes = BuildDumpRequest({{.tcp_info = true}, family}, 8);
    const auto header = LoadAt<nlmsghdr>(bytes, 0);
    const auto body = LoadAt<inet_diag_req_v2>(bytes, NLMSG_HDRLEN);
    ASSERT_TRUE(header && body);
    EXPECT_EQ(header->nlmsg_type, SOCK_DIAG_BY_FAMILY);
    EXPECT_EQ(body->sdiag_family, family == AddressFamily::kIpv4 ? AF_INET : AF_INET6);
    EXPECT_EQ(body->sdiag_protocol, IPPROTO_TCP);
    EXPECT_EQ(body->idiag_states, kEveryState);
    EXPECT_EQ(body->idiag_ext, kTcpInfoBit);
  }
}

TEST(DumpRequestTest, ListenersWithSocketMemory) {
  const DumpQuery listeners{.states = {TcpState::kListen}, .socket_memory = true};
  const auto body =
      LoadAt<inet_diag_req>(BuildDumpRequest({listeners, std::nullopt}, 9), NLMSG_HDRLEN);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->idiag_states, 1U << 10U);
  EXPECT_EQ(body->idiag_ext, 1U << (INET_DIAG_SKMEMINFO - 1U));
}

TEST(DumpRequestTest, DetailsAreTcpInfoAndTheCongestionControl) {
  const DumpQuery details{.tcp_info = false, .socket_memory = false, .details = true};
  const auto body =
      LoadAt<inet_diag_req>(BuildDumpRequest({details, std::nullopt}, 9), NLMSG_HDRLEN);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->idiag_ext, kTcpInfoBit | 1U << (INET_DIAG_CONG - 1U));
}

TEST(DumpRequestTest, SynRecvAsksForRequestSocketsToo) {
  const DumpQuery handshakes{.states = {TcpState::kSynSent, TcpState::kSynRecv}};
  const auto body =
      LoadAt<inet_diag_req>(BuildDumpRequest({handshakes, std::nullopt}, 9), NLMSG_HDRLEN);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->idiag_states, 1U << 2U | 1U << 3U | 1U << 12U);
  EXPECT_EQ(body->idiag_ext, 0);
}

}  // namespace
}  // namespace connwatch::dump_request_test
