#include "core/groups/rule_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace connwatch::rule_matcher_test {
namespace {

using testing::ElementsAre;

IpPrefix Prefix(std::string_view text) { return *IpPrefix::Parse(text); }

TEST(RuleMatcherTest, MergesPortRanges) {
  const RuleMatcher matcher(
      {.local_ports = {{80, 90}, {443, 443}, {85, 100}, {444, 445}, {81, 82}}});
  EXPECT_THAT(matcher.match().local_ports, ElementsAre(PortRange{80, 100}, PortRange{443, 445}));
}

TEST(RuleMatcherTest, MergesUpToTheLastPort) {
  const RuleMatcher matcher({.remote_ports = {{65'535, 65'535}, {1, 65'535}, {0, 0}}});
  EXPECT_THAT(matcher.match().remote_ports, ElementsAre(PortRange{0, 65'535}));
}

TEST(RuleMatcherTest, DropsPrefixesWithinOthers) {
  const RuleMatcher matcher(
      {.local_addresses = {Prefix("10.1.0.0/16"), Prefix("fd00::/8"), Prefix("10.0.0.0/8"),
                           Prefix("10.0.0.0/9"), Prefix("fd00::/8"), Prefix("11.0.0.0/8")}});
  EXPECT_THAT(matcher.match().local_addresses,
              ElementsAre(Prefix("10.0.0.0/8"), Prefix("11.0.0.0/8"), Prefix("fd00::/8")));
}

TEST(RuleMatcherTest, DropsUnitsThatAPatternTakes) {
  const RuleMatcher matcher({.units = {{"nginx.service", false},
                                       {"ng", true},
                                       {"ng", false},
                                       {"ng", true},
                                       {"nginx", true},
                                       {"a.service", false}}});
  EXPECT_THAT(matcher.match().units,
              ElementsAre(UnitPattern{"a.service", false}, UnitPattern{"ng", true}));
}

TEST(RuleMatcherTest, AnEmptyMatchTakesEverything) { EXPECT_TRUE(RuleMatcher({}).Matches({})); }

TEST(RuleMatcherTest, EveryKeyMustMatch) {
  const RuleMatcher matcher({.direction = Direction::kOutbound,
                             .local_ports = {{1'000, 2'000}},
                             .remote_ports = {{5'432, 5'432}},
                             .local_addresses = {Prefix("192.0.2.0/24")},
                             .remote_addresses = {Prefix("10.0.0.0/8")},
                             .units = {{"db", true}}});
  const ConnectionTraits taken{.direction = Direction::kOutbound,
                               .local = {*IpAddress::Parse("192.0.2.1"), 1'500},
                               .remote = {*IpAddress::Parse("10.0.0.1"), 5'432},
                               .unit = "db1.service"};
  EXPECT_TRUE(matcher.Matches(taken));
  std::vector<ConnectionTraits> others(6, taken);
  others[0].direction = Direction::kInbound;
  others[1].local.port = 999;
  others[2].remote.port = 5'433;
  others[3].local.address = *IpAddress::Parse("192.0.3.1");
  others[4].remote.address = *IpAddress::Parse("::1");
  others[5].unit = "";
  for (const ConnectionTraits& other : others) EXPECT_FALSE(matcher.Matches(other));
}

}  // namespace
}  // namespace connwatch::rule_matcher_test
