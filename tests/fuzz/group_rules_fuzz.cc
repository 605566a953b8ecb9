// Any rules and any connections: the tables of GroupRules and the sorted lists of RuleMatcher find
// what a look at every entry of every rule finds.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/groups/group_rules.h"
#include "core/groups/rule_matcher.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::ConnectionTraits;
using connwatch::Direction;
using connwatch::Endpoint;
using connwatch::GroupMatch;
using connwatch::GroupRule;
using connwatch::IpAddress;
using connwatch::IpPrefix;
using connwatch::PortRange;
using connwatch::Require;
using connwatch::UnitPattern;

// Few different bytes, so that rules often overlap.
IpAddress ReadAddress(FuzzedDataProvider& input) {
  std::array<std::byte, 16> bytes{};
  const std::size_t any = input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1);
  bytes.at(any) = std::byte{input.ConsumeIntegral<std::uint8_t>()};
  if (input.ConsumeBool()) return IpAddress::FromIpv4(std::span(bytes).first<4>());
  bytes[0] = std::byte{0x20};  // not v4-mapped
  return IpAddress::FromIpv6(bytes);
}

PortRange ReadPorts(FuzzedDataProvider& input) {
  const auto first = input.ConsumeIntegral<std::uint16_t>();
  const auto most = static_cast<std::uint16_t>(input.ConsumeBool() ? 0xffff - first : 0);
  return {first,
          static_cast<std::uint16_t>(first + input.ConsumeIntegralInRange<std::uint16_t>(0, most))};
}

IpPrefix ReadPrefix(FuzzedDataProvider& input) {
  const IpAddress address = ReadAddress(input);
  return {address, input.ConsumeIntegralInRange(0U, connwatch::BitsOf(address.family()))};
}

UnitPattern ReadUnit(FuzzedDataProvider& input) {
  constexpr std::size_t kLongest = 12;
  const bool is_prefix = input.ConsumeBool();
  return {"u" + input.ConsumeRandomLengthString(kLongest), is_prefix};
}

template <typename Read>
auto ReadList(FuzzedDataProvider& input, Read read) {
  constexpr unsigned kMost = 3;
  std::vector<decltype(read(input))> list;
  for (unsigned left = input.ConsumeIntegralInRange(0U, kMost); left > 0; --left) {
    list.push_back(read(input));
  }
  return list;
}

GroupRule ReadRule(FuzzedDataProvider& input) {
  GroupRule rule;
  if (input.ConsumeBool()) {
    rule.match.direction = input.ConsumeBool() ? Direction::kInbound : Direction::kOutbound;
  }
  rule.match.local_ports = ReadList(input, ReadPorts);
  rule.match.remote_ports = ReadList(input, ReadPorts);
  rule.match.local_addresses = ReadList(input, ReadPrefix);
  rule.match.remote_addresses = ReadList(input, ReadPrefix);
  rule.match.units = ReadList(input, ReadUnit);
  return rule;
}

template <typename T, typename Is>
bool IsAny(const std::vector<T>& list, Is is) {
  return list.empty() || std::ranges::any_of(list, is);
}

bool Matches(const GroupMatch& match, const ConnectionTraits& traits) {
  const auto has_port = [](const Endpoint& end) {
    return [&end](PortRange range) { return range.first <= end.port && end.port <= range.last; };
  };
  const auto has_address = [](const Endpoint& end) {
    return [&end](const IpPrefix& prefix) { return prefix.Contains(end.address); };
  };
  const auto is_unit = [&traits](const UnitPattern& pattern) {
    return pattern.is_prefix ? traits.unit.substr(0, pattern.text.size()) == pattern.text
                             : traits.unit == pattern.text;
  };
  return (!match.direction || *match.direction == traits.direction) &&
         IsAny(match.local_ports, has_port(traits.local)) &&
         IsAny(match.remote_ports, has_port(traits.remote)) &&
         IsAny(match.local_addresses, has_address(traits.local)) &&
         IsAny(match.remote_addresses, has_address(traits.remote)) && IsAny(match.units, is_unit);
}

Endpoint ReadEndpoint(FuzzedDataProvider& input, const std::vector<PortRange>& ports,
                      const std::vector<IpPrefix>& prefixes) {
  Endpoint end = {ReadAddress(input), input.ConsumeIntegral<std::uint16_t>()};
  if (!ports.empty() && input.ConsumeBool()) end.port = ports.front().last;
  if (!prefixes.empty() && input.ConsumeBool()) end.address = prefixes.back().address();
  return end;
}

// Often one that a rule takes.
void CheckConnection(FuzzedDataProvider& input, const std::vector<GroupRule>& rules,
                     const connwatch::GroupRules& compiled) {
  const GroupMatch& near =
      rules.at(input.ConsumeIntegralInRange<std::size_t>(0, rules.size() - 1)).match;
  std::string unit = ReadUnit(input).text;
  if (!near.units.empty() && input.ConsumeBool()) unit = near.units.front().text + unit.substr(1);
  if (input.ConsumeBool()) unit.clear();
  ConnectionTraits traits;
  traits.direction = input.ConsumeBool() ? Direction::kInbound : Direction::kOutbound;
  traits.local = ReadEndpoint(input, near.local_ports, near.local_addresses);
  traits.remote = ReadEndpoint(input, near.remote_ports, near.remote_addresses);
  traits.unit = unit;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const bool matches = Matches(rules[i].match, traits);
    Require(connwatch::RuleMatcher(rules[i].match).Matches(traits) == matches);
    if (matches && !first) first = i;
  }
  Require(compiled.Match(traits) == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr unsigned kMostRules = 8;
  constexpr int kConnections = 4;
  FuzzedDataProvider input(bytes, size);
  std::vector<GroupRule> rules;
  for (unsigned left = input.ConsumeIntegralInRange(1U, kMostRules); left > 0; --left) {
    rules.push_back(ReadRule(input));
  }
  const connwatch::GroupRules compiled(rules);
  for (int i = 0; i < kConnections; ++i) CheckConnection(input, rules, compiled);
  return 0;
}
