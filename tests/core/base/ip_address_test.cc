#include "core/base/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace connwatch::ip_address_test {
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

TEST(IpAddressTest, ReadsWhatItWrites) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    const auto address = IpAddress::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(IpAddress::Parse("::ffff:192.0.2.1"), Ipv4("192.0.2.1"));
}

TEST(IpAddressTest, ReadsNothingElse) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "1"sv, "192.0.2"sv, "192.0.2.1 "sv, "192.0.2.1\0"sv, "0x1.0.0.0"sv,
                          "::1%lo"sv, "[::1]"sv, "::g"sv}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string(100'000, ':')));
}

TEST(IpAddressTest, KeepsItsFirstBits) {
  const IpAddress ipv4 = Ipv4("255.255.255.255");
  EXPECT_EQ(ipv4.FirstBits(0), Ipv4("0.0.0.0"));
  EXPECT_EQ(ipv4.FirstBits(9), Ipv4("255.128.0.0"));
  EXPECT_EQ(ipv4.FirstBits(31), Ipv4("255.255.255.254"));
  EXPECT_EQ(ipv4.FirstBits(32), ipv4);
  EXPECT_EQ(ipv4.FirstBits(1'000), ipv4);
  const IpAddress ipv6 = Ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(ipv6.FirstBits(0), Ipv6("::"));
  EXPECT_EQ(ipv6.FirstBits(63), Ipv6("ffff:ffff:ffff:fffe::"));
  EXPECT_EQ(ipv6.FirstBits(64), Ipv6("ffff:ffff:ffff:ffff::"));
  EXPECT_EQ(ipv6.FirstBits(65), Ipv6("ffff:ffff:ffff:ffff:8000::"));
  EXPECT_EQ(ipv6.FirstBits(127), Ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"));
  EXPECT_EQ(ipv6.FirstBits(128), ipv6);
  EXPECT_EQ(ipv6.FirstBits(129), ipv6);
}

TEST(IpAddressTest, WritesTheSourcePrefix) {
  EXPECT_EQ(FormatSourcePrefix(Ipv4("198.51.100.77").SourcePrefix()), "198.51.100.0/24");
  EXPECT_EQ(FormatSourcePrefix(Ipv4("0.0.0.1").SourcePrefix()), "0.0.0.0/24");
  EXPECT_EQ(FormatSourcePrefix(Ipv4("255.255.255.255").SourcePrefix()), "255.255.255.0/24");
  EXPECT_EQ(FormatSourcePrefix(Ipv6("2001:db8:7:8::1").SourcePrefix()), "2001:db8:7::/48");
  EXPECT_EQ(FormatSourcePrefix(Ipv6("::1").SourcePrefix()), "::/48");
}

TEST(IpAddressTest, TellsItsUpperHalf) {
  EXPECT_EQ(Ipv4("192.0.2.1").UpperHalf(), 0xc000'0201'0000'0000U);
  EXPECT_EQ(Ipv6("2001:db8:1:2:3:4:5:6").UpperHalf(), 0x2001'0db8'0001'0002U);
}

TEST(IpAddressTest, KnowsTheLoopback) {
  for (const char* text : {"127.0.0.0", "127.0.0.1", "127.255.255.255"}) {
    EXPECT_TRUE(Ipv4(text).IsLoopback()) << text;
  }
  for (const char* text : {"126.255.255.255", "128.0.0.1", "0.0.0.0", "1.0.0.127"}) {
    EXPECT_FALSE(Ipv4(text).IsLoopback()) << text;
  }
  EXPECT_TRUE(Ipv6("::1").IsLoopback());
  EXPECT_TRUE(Ipv6("::ffff:127.0.0.1").IsLoopback());
  for (const char* text : {"::", "::2", "::101", "::1:1", "1::1", "7f00::"}) {
    EXPECT_FALSE(Ipv6(text).IsLoopback()) << text;
  }
}

TEST(EndpointTest, WritesTheListenerLabel) {
  EXPECT_EQ((Endpoint{Ipv4("0.0.0.0"), 443}.ToString()), "0.0.0.0:443");
  EXPECT_EQ((Endpoint{Ipv6("::"), 443}.ToString()), "[::]:443");
  EXPECT_EQ((Endpoint{Ipv6("2001:db8::1"), 65535}.ToString()), "[2001:db8::1]:65535");
}

}  // namespace
}  // namespace connwatch::ip_address_test
