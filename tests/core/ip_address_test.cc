#include "core/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>

namespace connwatch {
namespace {

IpAddress Ipv6(const char* text) {
  std::array<std::byte, 16> bytes{};
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes.data()), 1) << text;
  return IpAddress::FromIpv6(bytes);
}

IpAddress Ipv4(const char* text) {
  std::array<std::byte, 4> bytes{};
  EXPECT_EQ(inet_pton(AF_INET, text, bytes.data()), 1) << text;
  return IpAddress::FromIpv4(bytes);
}

TEST(IpAddressTest, V4MappedIsIpv4) {
  EXPECT_EQ(Ipv6("::ffff:192.0.2.1"), Ipv4("192.0.2.1"));
  EXPECT_EQ(Ipv6("::ffff:192.0.2.1").family(), AddressFamily::kIpv4);
}

TEST(IpAddressTest, OtherEmbeddedFormsStayIpv6) {
  for (const char* text : {"::", "::1", "::192.0.2.1", "64:ff9b::c000:201", "::fffe:192.0.2.1"}) {
    EXPECT_EQ(Ipv6(text).family(), AddressFamily::kIpv6) << text;
  }
}

TEST(IpAddressTest, TheTwoUnspecifiedAddressesDiffer) {
  EXPECT_NE(Ipv6("::"), Ipv4("0.0.0.0"));
  EXPECT_EQ(IpAddress(), Ipv4("0.0.0.0"));
}

TEST(EndpointTest, WritesTheListenerLabel) {
  EXPECT_EQ((Endpoint{Ipv4("0.0.0.0"), 443}.ToString()), "0.0.0.0:443");
  EXPECT_EQ((Endpoint{Ipv6("::"), 443}.ToString()), "[::]:443");
  EXPECT_EQ((Endpoint{Ipv6("2001:db8::1"), 65535}.ToString()), "[2001:db8::1]:65535");
}

}  // namespace
}  // namespace connwatch
