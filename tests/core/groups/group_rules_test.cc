// What the rules mean, one at a time; group_rules_property_test.cc has them by the thousand.
#include "core/groups/group_rules.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace connwatch::group_rules_test {
namespace {

constexpr std::optional<std::size_t> kNone;

IpPrefix Prefix(std::string_view text) { return *IpPrefix::Parse(text); }

GroupRules RulesOf(std::vector<GroupMatch> matches) {
  std::vector<GroupRule> rules;
  rules.reserve(matches.size());
  for (GroupMatch& match : matches) rules.push_back({"g", std::move(match)});
  return GroupRules(rules);
}

ConnectionTraits Inbound(std::uint16_t local_port, std::uint16_t remote_port = 50'000) {
  return {.direction = Direction::kInbound,
          .local = {*IpAddress::Parse("192.0.2.1"), local_port},
          .remote = {*IpAddress::Parse("198.51.100.7"), remote_port}};
}

ConnectionTraits Outbound(std::uint16_t remote_port, std::string_view remote = "198.51.100.7") {
  return {.direction = Direction::kOutbound,
          .local = {*IpAddress::Parse("192.0.2.1"), 40'000},
          .remote = {*IpAddress::Parse(remote), remote_port}};
}

ConnectionTraits OfUnit(std::string_view unit) {
  ConnectionTraits traits = Inbound(443);
  traits.unit = unit;
  return traits;
}

TEST(GroupRulesTest, WithoutRulesNothingMatches) {
  EXPECT_EQ(GroupRules().Match(Inbound(443)), kNone);
  EXPECT_EQ(RulesOf({}).Match(Inbound(443)), kNone);
}

TEST(GroupRulesTest, AnEmptyMatchTakesEverything) {
  const GroupRules rules = RulesOf({{}, {.local_ports = {{443, 443}}}});
  EXPECT_EQ(rules.Match(Inbound(443)), 0U);
  EXPECT_EQ(rules.Match(Outbound(1, "::1")), 0U);
}

TEST(GroupRulesTest, TheFirstRuleThatMatchesWins) {
  const GroupRules rules = RulesOf({{.local_ports = {{443, 443}}},
                                    {.direction = Direction::kInbound},
                                    {.local_ports = {{80, 90}, {443, 443}}},
                                    {}});
  EXPECT_EQ(rules.Match(Inbound(443)), 0U);
  EXPECT_EQ(rules.Match(Inbound(80)), 1U);
  EXPECT_EQ(rules.Match(Outbound(80)), 3U);
}

TEST(GroupRulesTest, ThePortOfTheOtherSideDoesNotCount) {
  const GroupRules rules = RulesOf({{.local_ports = {{443, 443}}}, {.remote_ports = {{80, 80}}}});
  EXPECT_EQ(rules.Match(Outbound(443)), kNone);
  EXPECT_EQ(rules.Match(Inbound(80)), kNone);
  EXPECT_EQ(rules.Match(Inbound(443, 80)), 0U);
  EXPECT_EQ(rules.Match(Outbound(80)), 1U);
}

TEST(GroupRulesTest, RangesIncludeBothEnds) {
  constexpr std::uint16_t kTaken[] = {5'432, 6'000, 6'050, 6'100};
  constexpr std::uint16_t kLeft[] = {5'431, 5'433, 5'999, 6'101};
  const GroupRules rules = RulesOf(
      {{.direction = Direction::kOutbound, .remote_ports = {{5'432, 5'432}, {6'000, 6'100}}}});
  for (const std::uint16_t port : kTaken) {
    EXPECT_EQ(rules.Match(Outbound(port)), 0U) << port;
  }
  for (const std::uint16_t port : kLeft) {
    EXPECT_EQ(rules.Match(Outbound(port)), kNone) << port;
  }
}

TEST(GroupRulesTest, BothPortsMustMatch) {
  const GroupRules rules = RulesOf({{.local_ports = {{443, 450}}, .remote_ports = {{1'000, 2'000}}},
                                    {.local_ports = {{443, 443}}}});
  EXPECT_EQ(rules.Match(Inbound(443, 1'500)), 0U);
  EXPECT_EQ(rules.Match(Inbound(443, 2'001)), 1U);
  EXPECT_EQ(rules.Match(Inbound(444, 2'001)), kNone);
}

TEST(GroupRulesTest, AddressesOfBothFamilies) {
  const GroupRules rules =
      RulesOf({{.remote_addresses = {Prefix("10.0.0.0/8"), Prefix("fd00::/8")}},
               {.remote_addresses = {Prefix("0.0.0.0/0")}},
               {.local_addresses = {Prefix("192.0.2.1")}}});
  EXPECT_EQ(rules.Match(Outbound(1, "10.1.2.3")), 0U);
  EXPECT_EQ(rules.Match(Outbound(1, "::ffff:10.1.2.3")), 0U);
  EXPECT_EQ(rules.Match(Outbound(1, "fdff::1")), 0U);
  EXPECT_EQ(rules.Match(Outbound(1, "11.0.0.1")), 1U);
  EXPECT_EQ(rules.Match(Outbound(1, "2001:db8::1")), 2U);
}

TEST(GroupRulesTest, AnEarlierShorterPrefixBeatsALaterLongerOne) {
  const GroupRules rules = RulesOf({{.remote_addresses = {Prefix("10.0.0.0/8")}},
                                    {.remote_addresses = {Prefix("10.1.0.0/16")}}});
  EXPECT_EQ(rules.Match(Outbound(1, "10.1.2.3")), 0U);
}

TEST(GroupRulesTest, UnitsByNameAndByBeginning) {
  const GroupRules rules = RulesOf({{.units = {{"postgresql.service", false}}},
                                    {.units = {{"postgresql", true}, {"docker-", true}}},
                                    {.units = {{"", true}}}});
  EXPECT_EQ(rules.Match(OfUnit("postgresql.service")), 0U);
  EXPECT_EQ(rules.Match(OfUnit("postgresql@15.service")), 1U);
  EXPECT_EQ(rules.Match(OfUnit("postgresql")), 1U);
  EXPECT_EQ(rules.Match(OfUnit("docker-0123456789ab")), 1U);
  EXPECT_EQ(rules.Match(OfUnit("p")), 2U);
  EXPECT_EQ(rules.Match(OfUnit("")), kNone);
}

TEST(GroupRulesTest, SeveralKeysTogether) {
  const GroupRules rules = RulesOf({{.direction = Direction::kOutbound,
                                     .remote_ports = {{5'432, 5'432}, {6'000, 6'100}},
                                     .remote_addresses = {Prefix("10.0.0.0/8"), Prefix("fd00::/8")},
                                     .units = {{"app.service", false}}}});
  ConnectionTraits traits = Outbound(6'001, "fd00::5");
  EXPECT_EQ(rules.Match(traits), kNone);
  traits.unit = "app.service";
  EXPECT_EQ(rules.Match(traits), 0U);
  traits.direction = Direction::kInbound;
  EXPECT_EQ(rules.Match(traits), kNone);
}

TEST(GroupRulesTest, RulesBeyondTheLimitTakeNothing) {
  std::vector<GroupRule> rules(kMaxGroupRules, {"g", {.local_ports = {{1, 1}}}});
  rules.push_back({"beyond", {}});
  const GroupRules compiled{rules};
  EXPECT_EQ(compiled.Match(Inbound(1)), 0U);
  EXPECT_EQ(compiled.Match(Inbound(2)), kNone);
}

TEST(GroupRulesTest, AMovedOneMatchesAlike) {
  GroupRules rules = RulesOf({{.local_ports = {{443, 443}}}});
  const GroupRules moved = std::move(rules);
  EXPECT_EQ(moved.Match(Inbound(443)), 0U);
}

}  // namespace
}  // namespace connwatch::group_rules_test
