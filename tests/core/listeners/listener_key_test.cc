#include "core/listeners/listener_key.h"

#include <gtest/gtest.h>

#include "tests/support/records.h"

namespace connwatch::listener_key_test {
namespace {

const IpAddress kLinkLocal = IpAddress::Parse("fe80::1").value();

TEST(ListenerKeyTest, TheInterfaceIsPartOfTheKey) {
  const Endpoint bgp{IpAddress(), 179};
  EXPECT_NE((ListenerKey{bgp, 1}), (ListenerKey{bgp, 2}));
  EXPECT_NE((ListenerKey{bgp, 1}), (ListenerKey{bgp}));
  EXPECT_LT((ListenerKey{bgp, 9}), (ListenerKey{{IpAddress(), 180}, 1})) << "the address is first";
}

TEST(ListenerKeyTest, TheTextIsThatOfSs) {
  EXPECT_EQ(FormatListener({{IpAddress(), 443}}, ""), "0.0.0.0:443");
  EXPECT_EQ(FormatListener({{Ipv6Loopback(), 443}}, ""), "[::1]:443");
  EXPECT_EQ(FormatListener({{IpAddress(), 179}, 3}, "red"), "0.0.0.0%red:179");
  EXPECT_EQ(FormatListener({{kLinkLocal, 22}, 2}, "eth0"), "[fe80::1%eth0]:22");
}

TEST(ListenerKeyTest, AnIndexWithoutANameStandsForItself) {
  EXPECT_EQ(FormatListener({{IpAddress(), 179}, 7}, ""), "0.0.0.0%7:179");
  EXPECT_EQ(FormatListener({{kLinkLocal, 22}, 7}, ""), "[fe80::1%7]:22");
}

}  // namespace
}  // namespace connwatch::listener_key_test
