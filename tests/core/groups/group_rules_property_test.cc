// GroupRules against a matcher that asks every rule in turn, on random rules and connections. The
// values are drawn from few, so that rules overlap and connections hit them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/groups/group_rules.h"

namespace connwatch::group_rules_property_test {
namespace {

constexpr std::array<std::string_view, 7> kUnits = {
    "",        "nginx.service",       "nginx@1.service",    "postgresql.service",
    "a.scope", "docker-0123456789ab", "docker-0123456789ff"};

bool IsTaken(const GroupMatch& match, const ConnectionTraits& traits) {
  const auto takes_port = [](const auto& ranges, std::uint16_t port) {
    return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [port](PortRange range) {
             return range.first <= port && port <= range.last;
           });
  };
  const auto takes_address = [](const auto& prefixes, const IpAddress& address) {
    return prefixes.empty() ||
           std::any_of(prefixes.begin(), prefixes.end(), [&](const IpPrefix& prefix) {
             return IpPrefix(address, prefix.length()) == prefix;
           });
  };
  const auto takes_unit = [&](const UnitPattern& unit) {
    if (traits.unit.empty()) return false;
    return unit.is_prefix ? traits.unit.substr(0, unit.text.size()) == unit.text
                          : traits.unit == unit.text;
  };
  return (!match.direction || match.direction == traits.direction) &&
         takes_port(match.local_ports, traits.local.port) &&
         takes_port(match.remote_ports, traits.remote.port) &&
         takes_address(match.local_addresses, traits.local.address) &&
         takes_address(match.remote_addresses, traits.remote.address) &&
         (match.units.empty() || std::any_of(match.units.begin(), match.units.end(), takes_unit));
}

std::optional<std::size_t> FirstInTurn(const std::vector<GroupRule>& rules,
                                       const ConnectionTraits& traits) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (IsTaken(rules[i].match, traits)) return i;
  }
  return std::nullopt;
}

class RandomRules {
 public:
  // A rule has at least one key, each with the probability of `density` percent: a rule that takes
  // everything would hide those after it. Ports are drawn from `ports`.
  RandomRules(unsigned seed, int density, int ports)
      : random_(seed), density_(density), ports_(ports) {}

  std::vector<GroupRule> Rules(std::size_t count) {
    std::vector<GroupRule> rules(count);
    for (GroupRule& rule : rules) {
      do {
        rule.match = Match();
      } while (rule.match == GroupMatch{});
    }
    return rules;
  }

  // Rules of one narrow range of ports each, with or without a direction.
  std::vector<GroupRule> PortRules(std::size_t count) {
    std::vector<GroupRule> rules(count);
    for (GroupRule& rule : rules) {
      const std::uint16_t first = Port();
      const int last = std::min(first + Below(3), 65'535);
      auto& ranges = Has(50) ? rule.match.local_ports : rule.match.remote_ports;
      ranges = {{first, static_cast<std::uint16_t>(last)}};
      if (Has(70)) rule.match.direction = AnyDirection();
    }
    return rules;
  }

  ConnectionTraits Connection() {
    return {.direction = AnyDirection(),
            .local = {Address(), Port()},
            .remote = {Address(), Port()},
            .unit = Unit()};
  }

 private:
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  bool Has(int percent) { return Below(100) < percent; }
  std::string_view Unit() { return kUnits.at(static_cast<std::size_t>(Below(kUnits.size()))); }
  Direction AnyDirection() { return Has(50) ? Direction::kInbound : Direction::kOutbound; }

  // Both ends of all ports are among them.
  std::uint16_t Port() {
    const int port = Below(ports_);
    return static_cast<std::uint16_t>(port % 2 == 0 ? port / 2 : 65'535 - port / 2);
  }

  // 10.x.x.x or fd00::x:..., each byte one of a few.
  IpAddress Address() {
    const auto byte = [this] {
      return static_cast<std::byte>(
          std::array{0, 1, 128, 255}.at(static_cast<std::size_t>(Below(4))));
    };
    if (Has(50)) return IpAddress::FromIpv4(std::array{std::byte{10}, byte(), byte(), byte()});
    std::array<std::byte, 16> bytes{std::byte{0xfd}};
    for (const std::size_t i : {1U, 2U, 7U, 8U, 15U}) bytes.at(i) = byte();
    return IpAddress::FromIpv6(bytes);
  }

  IpPrefix Prefix() {
    const IpAddress address = Address();
    const int bits = static_cast<int>(BitsOf(address.family()));
    return {address, static_cast<unsigned>(Has(30) ? bits : Below(bits + 1))};
  }

  PortRange Ports() {
    if (Has(60)) {
      const std::uint16_t port = Port();
      return {port, port};
    }
    const auto [first, last] = std::minmax({Port(), Port()});
    return {first, last};
  }

  UnitPattern Pattern() {
    const std::string unit(Unit());
    if (unit.empty()) return {"", true};
    if (Has(50)) return {unit, false};
    return {unit.substr(0, static_cast<std::size_t>(Below(static_cast<int>(unit.size()) + 1))),
            true};
  }

  template <typename T>
  std::vector<T> SomeOf(T (RandomRules::*make)()) {
    std::vector<T> list;
    if (!Has(density_)) return list;
    do {
      list.push_back((this->*make)());
    } while (Has(40));
    return list;
  }

  GroupMatch Match() {
    GroupMatch match;
    if (Has(50)) match.direction = AnyDirection();
    match.local_ports = SomeOf(&RandomRules::Ports);
    match.remote_ports = SomeOf(&RandomRules::Ports);
    match.local_addresses = SomeOf(&RandomRules::Prefix);
    match.remote_addresses = SomeOf(&RandomRules::Prefix);
    match.units = SomeOf(&RandomRules::Pattern);
    return match;
  }

  std::mt19937 random_;
  int density_;
  int ports_;
};

struct Agreement {
  std::size_t rules = 0;
  int density = 0;  // percent
  int ports = 0;
  unsigned rounds = 0;
  int connections = 0;
  bool is_by_port = false;
  std::size_t depth = 0;  // what the connections must reach beyond: the index of a rule
};

void ExpectAgreement(const Agreement& agreement) {
  std::size_t deepest = 0;
  for (unsigned seed = 1; seed <= agreement.rounds; ++seed) {
    RandomRules random(seed, agreement.density, agreement.ports);
    const std::vector<GroupRule> rules =
        agreement.is_by_port ? random.PortRules(agreement.rules) : random.Rules(agreement.rules);
    const GroupRules compiled{rules};
    for (int i = 0; i < agreement.connections; ++i) {
      const ConnectionTraits traits = random.Connection();
      const std::optional<std::size_t> expected = FirstInTurn(rules, traits);
      deepest = std::max(deepest, expected.value_or(0));
      ASSERT_EQ(compiled.Match(traits), expected)
          << "seed " << seed << ", " << traits.local.ToString() << " " << traits.remote.ToString()
          << " " << traits.unit;
    }
  }
  EXPECT_GT(deepest, agreement.depth);
}

TEST(GroupRulesPropertyTest, FewRulesAgree) {
  ExpectAgreement(
      {.rules = 5, .density = 40, .ports = 12, .rounds = 400, .connections = 50, .depth = 3});
}

TEST(GroupRulesPropertyTest, RulesWithOneKeyAgree) {
  ExpectAgreement(
      {.rules = 50, .density = 15, .ports = 40, .rounds = 100, .connections = 100, .depth = 15});
}

TEST(GroupRulesPropertyTest, RulesWithManyKeysAgree) {
  ExpectAgreement(
      {.rules = 300, .density = 80, .ports = 20, .rounds = 20, .connections = 300, .depth = 250});
}

TEST(GroupRulesPropertyTest, TenThousandRulesAgree) {
  ExpectAgreement({.rules = 10'000,
                   .density = 90,
                   .ports = 5'000,
                   .rounds = 1,
                   .connections = 1'000,
                   .depth = 8'000});
}

TEST(GroupRulesPropertyTest, TenThousandRulesByPortAgree) {
  ExpectAgreement({.rules = 10'000,
                   .ports = 65'536,
                   .rounds = 1,
                   .connections = 1'000,
                   .is_by_port = true,
                   .depth = 8'000});
}

}  // namespace
}  // namespace connwatch::group_rules_property_test
