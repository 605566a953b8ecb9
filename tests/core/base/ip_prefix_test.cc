#include "core/base/ip_prefix.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace connwatch::ip_prefix_test {
namespace {

// The prefix in `text` as it writes itself, or why it is none.
std::string Parsed(std::string_view text) {
  const Result<IpPrefix> prefix = IpPrefix::Parse(text);
  return prefix ? prefix->ToString() : prefix.error().context;
}

bool Contains(std::string_view prefix, std::string_view address) {
  return IpPrefix::Parse(prefix)->Contains(*IpAddress::Parse(address));
}

TEST(IpPrefixTest, ReadsPrefixesOfBothFamilies) {
  for (const char* text : {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25", "192.0.2.1/32", "::/0",
                           "fd00::/8", "2001:db8::/33", "2001:db8::1/128"}) {
    EXPECT_EQ(Parsed(text), text);
  }
}

TEST(IpPrefixTest, TakesAnAddressForABlockOfItsOwn) {
  EXPECT_EQ(Parsed("192.0.2.1"), "192.0.2.1/32");
  EXPECT_EQ(Parsed("2001:db8::1"), "2001:db8::1/128");
}

TEST(IpPrefixTest, NamesThePrefixThatBitsBeyondTheLengthSpoil) {
  EXPECT_EQ(Parsed("10.1.2.3/8"), "has bits set beyond its length, must be 10.0.0.0/8");
  EXPECT_EQ(Parsed("192.0.2.1/31"), "has bits set beyond its length, must be 192.0.2.0/31");
  EXPECT_EQ(Parsed("0.0.0.1/0"), "has bits set beyond its length, must be 0.0.0.0/0");
  EXPECT_EQ(Parsed("fd00::1/8"), "has bits set beyond its length, must be fd00::/8");
  EXPECT_EQ(Parsed("2001:db8:0:0:8000::/64"),
            "has bits set beyond its length, must be 2001:db8::/64");
  EXPECT_EQ(Parsed("2001:db8::3/127"), "has bits set beyond its length, must be 2001:db8::2/127");
}

TEST(IpPrefixTest, NamesTheRangeOfTheLength) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8 ",
                           "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0.0/99999999999999999999"}) {
    EXPECT_EQ(Parsed(text), "has no valid prefix length, must be from 0 to 32") << text;
  }
  EXPECT_EQ(Parsed("::/129"), "has no valid prefix length, must be from 0 to 128");
}

TEST(IpPrefixTest, RefusesWhatIsNoAddress) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "/8"sv, "10"sv, "10.0.0/8"sv, "10.0.0.256"sv, "010.0.0.0/8"sv, "10.0.0.0\0"sv,
        "localhost"sv, " 10.0.0.0/8"sv, "fe80::1%eth0"sv, "[::1]"sv, "::1::"sv,
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"sv}) {
    EXPECT_EQ(Parsed(text),
              "is not an IP address or prefix, must be such as 192.0.2.1, 10.0.0.0/8 or fd00::/8")
        << text;
  }
}

TEST(IpPrefixTest, RefusesTheV4MappedForm) {
  EXPECT_EQ(Parsed("::ffff:192.0.2.1"), "is in v4-mapped form, must be in IPv4 form, 192.0.2.1/32");
  EXPECT_EQ(Parsed("::ffff:10.1.2.3/104"),
            "is in v4-mapped form, must be in IPv4 form, 10.0.0.0/8");
  EXPECT_EQ(Parsed("::ffff:0:0/96"), "is in v4-mapped form, must be in IPv4 form, 0.0.0.0/0");
  EXPECT_EQ(Parsed("::ffff:10.0.0.0/8"), "is in v4-mapped form, must be in IPv4 form");
}

TEST(IpPrefixTest, ContainsWhatBeginsLikeIt) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(Contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(Contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(Contains("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(Contains("2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff"));
  EXPECT_FALSE(Contains("2001:db8::/65", "2001:db8::8000:0:0:0"));
  EXPECT_FALSE(Contains("2001:db8::1", "2001:db8::2"));
}

TEST(IpPrefixTest, KeepsTheFamiliesApart) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "192.0.2.1"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "::ffff:192.0.2.1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::"));
  EXPECT_TRUE(Contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("::/0", "0.0.0.0"));
  EXPECT_FALSE(Contains("::/0", "::ffff:192.0.2.1"));
}

TEST(IpPrefixTest, ContainsLongerPrefixesOfItself) {
  const IpPrefix ten = *IpPrefix::Parse("10.0.0.0/8");
  EXPECT_TRUE(ten.Contains(ten));
  EXPECT_TRUE(ten.Contains(*IpPrefix::Parse("10.1.0.0/16")));
  EXPECT_FALSE(ten.Contains(*IpPrefix::Parse("8.0.0.0/7")));
  EXPECT_FALSE(ten.Contains(*IpPrefix::Parse("0.0.0.0/0")));
  EXPECT_FALSE(ten.Contains(*IpPrefix::Parse("11.0.0.0/16")));
}

TEST(IpPrefixTest, IsTheBlockOfAnAddress) {
  EXPECT_EQ(IpPrefix(*IpAddress::Parse("10.1.2.3"), 8), *IpPrefix::Parse("10.0.0.0/8"));
  EXPECT_EQ(IpPrefix(), *IpPrefix::Parse("0.0.0.0/0"));
}

}  // namespace
}  // namespace connwatch::ip_prefix_test
