#include "config/group_reader.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "config/group_parser.h"
#include "config/printable.h"

namespace connwatch {

namespace {

constexpr std::string_view kNameKey = "name";
constexpr NumberRange kItems{.min = 1, .max = 1'000};

ValueReader Ports(std::vector<PortRange>& into) {
  return OneOrList(into, kItems, [](PortRange& range) {
    return Text(range, "a port such as 443 or a range such as 6000-6100", ParsePorts);
  });
}

ValueReader Prefixes(std::vector<IpPrefix>& into) {
  return OneOrList(into, kItems, [](IpPrefix& prefix) {
    return Text(prefix, "an address or a prefix such as 10.0.0.0/8", ParsePrefix);
  });
}

ValueReader Units(std::vector<UnitPattern>& into) {
  return OneOrList(into, kItems, [](UnitPattern& unit) {
    return Text(unit, "a unit such as nginx.service or \"docker-*\"", ParseUnitPattern);
  });
}

ValueReader Match(GroupMatch& match) {
  return Mapping({{"direction", Word(match.direction, {{"inbound", Direction::kInbound},
                                                       {"outbound", Direction::kOutbound}})},
                  {"local_port", Ports(match.local_ports)},
                  {"remote_port", Ports(match.remote_ports)},
                  {"local_address", Prefixes(match.local_addresses)},
                  {"remote_address", Prefixes(match.remote_addresses)},
                  {"unit", Units(match.units)}});
}

ValueReader Rule(GroupRule& rule) {
  const auto has_name = [&rule](const Place& place) {
    if (rule.name.empty()) place.Reject("has no name, must have the key name");
  };
  return Mapping(
      {{kNameKey, Text(rule.name, "a name", ParseGroupName)}, {"match", Match(rule.match)}},
      has_name);
}

void CheckNamesDiffer(const std::vector<GroupRule>& groups, const Place& place) {
  std::unordered_map<std::string_view, std::size_t> first_with;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto [first, is_new] = first_with.emplace(groups[i].name, i);
    if (is_new) continue;
    const std::optional<Place> name = place.Item(i).Find(kNameKey);
    name->Reject(Quoted(groups[i].name) + " is the name of groups[" +
                 std::to_string(first->second) + "] already, must be another name");
  }
}

}  // namespace

ValueReader Groups(std::vector<GroupRule>& groups) {
  return List(groups, {.min = 0, .max = kMaxGroupRules}, Rule,
              [&groups](const Place& place) { CheckNamesDiffer(groups, place); });
}

}  // namespace connwatch
