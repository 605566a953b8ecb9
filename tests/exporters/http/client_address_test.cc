#include "exporters/http/client_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace connwatch::client_address_test {
namespace {

sockaddr_in6 Ipv6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return address;
}

TEST(ClientAddressTest, OfEveryFamily) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(ClientAddress(reinterpret_cast<sockaddr*>(&v4)), "127.0.0.1");
  EXPECT_EQ(ClientNetwork(reinterpret_cast<sockaddr*>(&v4)), "127.0.0.1");
  auto v6 = Ipv6("2001:db8:1:2:3:4:5:6");
  EXPECT_EQ(ClientAddress(reinterpret_cast<sockaddr*>(&v6)), "2001:db8:1:2:3:4:5:6");
  EXPECT_EQ(ClientNetwork(reinterpret_cast<sockaddr*>(&v6)), "2001:db8:1:2::");
  auto mapped = Ipv6("::ffff:192.0.2.7");
  EXPECT_EQ(ClientAddress(reinterpret_cast<sockaddr*>(&mapped)), "192.0.2.7");
  const sockaddr unnamed{AF_UNIX, {}};
  EXPECT_EQ(ClientAddress(&unnamed), "unix");
  EXPECT_EQ(ClientNetwork(&unnamed), "unix");
}

}  // namespace
}  // namespace connwatch::client_address_test
