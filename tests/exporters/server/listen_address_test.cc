#include "exporters/server/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace connwatch::listen_address_test {
namespace {

using testing::HasSubstr;

TEST(ListenAddressTest, ReadsEveryForm) {
  for (const char* text :
       {":10177", "127.0.0.1:0", "[::1]:65535", "localhost:80", "[::]:1", "unix:/run/x.sock",
        "[fe80::1%eth0]:80", "[::ffff:192.0.2.1]:80", "Node-1.my_lan.example:80", "unix.:80"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(ListenAddressTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "10177", "localhost", "::1:80", "[::1]", "[::1", "a:b:80", ":", ":x", ":65536", ":-1",
        ":+1", ": 80", ":80 ", "http://x:80", "[]:80", "unix:", "unix:x.sock", "unix:@x"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, EINVAL) << text;
    EXPECT_THAT(address.error().context, HasSubstr(text));
  }
}

// A host named "unix" would be printed as a socket's path is, and a line break would reach the log.
TEST(ListenAddressTest, BracketsHoldAnIpv6AddressAndNamesHoldNothingElse) {
  for (const char* text : {"[unix]:54", "[127.0.0.1]:80", "[localhost]:80", "[%eth0]:80", "[:80",
                           "]:80", "a b:80", "a\nb:80", "a%eth0:80", "[fe80::1%a\nb]:80"}) {
    EXPECT_FALSE(ParseListenAddress(text)) << text;
  }
}

TEST(ListenAddressTest, AUnixPathIsAsLongAsTheKernelTakes) {
  const std::string longest = "unix:/" + std::string(106, 'x');
  EXPECT_TRUE(ParseListenAddress(longest));
  EXPECT_THAT(ParseListenAddress(longest + "x").error().context, HasSubstr("at most 107 bytes"));
}

}  // namespace
}  // namespace connwatch::listen_address_test
