#include "monitor/interface_names.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace connwatch::interface_names_test {
namespace {

TEST(InterfaceNamesTest, NamesThatLookLikeAnIndexOrBreakThePageAreNotUsed) {
  for (const std::string_view name : {"eth0", "red", "a\"b\\", "0x1f", "wlp3s0@if4"}) {
    EXPECT_TRUE(IsUsableInterfaceName(name)) << name;
  }
  for (const std::string_view name : {"", "7", "0123", "caf\xc3\xa9", "a\x7f", "a\x01"}) {
    EXPECT_FALSE(IsUsableInterfaceName(name)) << name;
  }
}

// Needs the loopback interface, which every network namespace has.
TEST(InterfaceNamesTest, AsThisNamespaceHasThem) {
  const std::uint32_t loopback = if_nametoindex("lo");
  ASSERT_NE(loopback, 0U);
  constexpr std::uint32_t kNone = std::numeric_limits<std::int32_t>::max();
  ListenerList list;
  for (const std::uint32_t interface : {loopback, std::uint32_t{0}, kNone, loopback}) {
    list.listeners.push_back({.key = {{IpAddress(), 179}, interface}});
  }
  NameInterfaces(list);
  EXPECT_EQ(list.listeners[0].Name(), "0.0.0.0%lo:179");
  EXPECT_EQ(list.listeners[1].Name(), "0.0.0.0:179");
  EXPECT_EQ(list.listeners[2].Name(), "0.0.0.0%2147483647:179");
  EXPECT_EQ(list.listeners[3].Name(), "0.0.0.0%lo:179");
}

}  // namespace
}  // namespace connwatch::interface_names_test
