// Against the real kernel. Needs no capability.
#include "netlink/inet_diag_cookies.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "tests/support/tcp_pair.h"

namespace connwatch::inet_diag_cookies_test {
namespace {

Endpoint EndpointFrom(const sockaddr_in& address) {
  const std::span bytes = std::as_bytes(std::span(&address.sin_addr, 1));
  return {IpAddress::FromIpv4(bytes.first<4>()), ntohs(address.sin_port)};
}

// As the walk over the kernel's table would deliver it.
SocketRecord RecordOf(int fd) {
  sockaddr_in local{};
  sockaddr_in remote{};
  socklen_t size = sizeof(local);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size), 0);
  EXPECT_EQ(getpeername(fd, reinterpret_cast<sockaddr*>(&remote), &size), 0);
  return {.state = TcpState::kEstablished,
          .local = EndpointFrom(local),
          .remote = EndpointFrom(remote)};
}

std::uint64_t CookieOf(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

TEST(InetDiagCookiesTest, GivesTheCookieOfEachSocketInTheOrderAsked) {
  constexpr int kPairs = 40;  // more sockets than one message to the kernel asks for
  std::vector<std::unique_ptr<TcpPair>> pairs;
  std::vector<SocketRecord> records;
  for (int i = 0; i < kPairs; ++i) {
    const auto& pair = pairs.emplace_back(std::make_unique<TcpPair>());
    records.push_back(RecordOf(pair->client));
    records.push_back(RecordOf(pair->server));
  }
  const auto cookies = InetDiagCookies().GiveTo(records);
  ASSERT_TRUE(cookies) << cookies.error().context;
  ASSERT_EQ(cookies->size(), records.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(cookies->at(2 * i), CookieOf(pairs[i]->client));
    EXPECT_EQ(cookies->at(2 * i + 1), CookieOf(pairs[i]->server));
  }
}

TEST(InetDiagCookiesTest, ASocketThatIsGoneHasNone) {
  InetDiagCookies giver;
  std::vector<SocketRecord> records;
  {
    const TcpPair reset;
    const linger at_once{1, 0};
    setsockopt(reset.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    records.push_back(RecordOf(reset.client));
  }
  const TcpPair there;
  records.push_back(RecordOf(there.client));
  const auto cookies = giver.GiveTo(records);
  ASSERT_TRUE(cookies) << cookies.error().context;
  EXPECT_FALSE(cookies->at(0));
  EXPECT_EQ(cookies->at(1), CookieOf(there.client));
}

// The kernel answers with what has taken the place of the socket: a listener, or a mini-socket.
TEST(InetDiagCookiesTest, WhatHasTakenThePlaceOfASocketIsNotTheSocket) {
  TcpPair closed;
  const SocketRecord first_to_close = RecordOf(closed.client);
  close(std::exchange(closed.client, -1));
  closed.WaitFor(POLLIN);
  close(std::exchange(closed.server, -1));  // TIME-WAIT stays at the client's end

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  SocketRecord accepted_once = first_to_close;
  accepted_once.local = EndpointFrom(address);

  const auto cookies = InetDiagCookies().GiveTo(std::vector{first_to_close, accepted_once});
  close(listener);
  ASSERT_TRUE(cookies) << cookies.error().context;
  EXPECT_FALSE(cookies->at(0));
  EXPECT_FALSE(cookies->at(1));
}

}  // namespace
}  // namespace connwatch::inet_diag_cookies_test
