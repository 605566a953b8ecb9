#include "core/groups/rule_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace connwatch::rule_key_test {
namespace {

using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;

using KeyLists = std::vector<std::vector<RuleKey>>;

// How many of the keys the connection has.
std::size_t CommonKeys(const KeyLists& lists, const ConnectionTraits& traits) {
  std::size_t count = 0;
  for (const auto& keys : lists) {
    count +=
        static_cast<std::size_t>(std::count_if(keys.begin(), keys.end(), [&](const RuleKey& key) {
          return KeyOf(traits, key.shape) == key.hash;
        }));
  }
  return count;
}

ConnectionTraits WithLocalPort(unsigned port) {
  ConnectionTraits traits;
  traits.local.port = static_cast<std::uint16_t>(port);
  return traits;
}

TEST(RuleKeyTest, AnEmptyMatchHasNoKeys) { EXPECT_THAT(KeysOf({}), IsEmpty()); }

TEST(RuleKeyTest, ARangeHasOneKeyForEachOfItsPorts) {
  for (const PortRange range : std::vector<PortRange>{
           {0, 0}, {443, 443}, {1, 65'535}, {0, 65'535}, {1, 65'534}, {6'000, 6'100}, {7, 8}}) {
    const KeyLists keys = KeysOf({.local_ports = {range}});
    for (unsigned port = 0; port < 65'536; ++port) {
      const std::size_t expected = range.Contains(static_cast<std::uint16_t>(port)) ? 1 : 0;
      ASSERT_EQ(CommonKeys(keys, WithLocalPort(port)), expected) << port;
    }
  }
}

TEST(RuleKeyTest, ARangeHasFewKeys) {
  EXPECT_THAT(KeysOf({.local_ports = {{443, 443}}}), Each(SizeIs(1)));
  EXPECT_THAT(KeysOf({.local_ports = {{0, 65'535}}}), Each(SizeIs(1)));
  EXPECT_THAT(KeysOf({.local_ports = {{1, 65'534}}}), Each(SizeIs(30)));
}

TEST(RuleKeyTest, TheSidesHaveDifferentKeys) {
  const KeyLists keys = KeysOf({.remote_ports = {{443, 443}}});
  EXPECT_EQ(CommonKeys(keys, WithLocalPort(443)), 0U);
}

TEST(RuleKeyTest, APrefixIsAKeyOfItsAddresses) {
  const KeyLists keys = KeysOf({.remote_addresses = {*IpPrefix::Parse("10.0.0.0/8")}});
  ConnectionTraits traits;
  traits.remote.address = *IpAddress::Parse("10.9.8.7");
  EXPECT_EQ(CommonKeys(keys, traits), 1U);
  traits.remote.address = *IpAddress::Parse("11.9.8.7");
  EXPECT_EQ(CommonKeys(keys, traits), 0U);
  traits.remote.address = *IpAddress::Parse("fd00::1");
  EXPECT_EQ(CommonKeys(keys, traits), 0U);
}

TEST(RuleKeyTest, AUnitHasAKeyByNameAndByItsBeginning) {
  const KeyLists keys = KeysOf({.units = {{"nginx.service", false}, {"ngi", true}, {"", true}}});
  ConnectionTraits traits;
  traits.unit = "nginx.service";
  EXPECT_EQ(CommonKeys(keys, traits), 3U);
  traits.unit = "ng";
  EXPECT_EQ(CommonKeys(keys, traits), 1U);
  traits.unit = "";
  EXPECT_EQ(CommonKeys(keys, traits), 0U);
}

}  // namespace
}  // namespace connwatch::rule_key_test
