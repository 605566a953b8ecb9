#include "core/groups/rule_matcher.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace connwatch {

namespace {

// Returns true iff `outer` covers `inner` too, extending `outer` if needed. `inner` must not begin
// before `outer`.
bool Absorb(PortRange& outer, PortRange inner) {
  if (inner.first > outer.last + 1U) return false;
  outer.last = std::max(outer.last, inner.last);
  return true;
}

bool Absorb(const IpPrefix& outer, const IpPrefix& inner) { return outer.Contains(inner); }

bool Absorb(const UnitPattern& outer, const UnitPattern& inner) {
  return outer == inner || (outer.is_prefix && inner.text.starts_with(outer.text));
}

// Sorts by beginning. If two entries begin alike, one that can cover the other comes first.
constexpr auto kPortOrder = [](PortRange a, PortRange b) { return a.first < b.first; };
constexpr auto kUnitOrder = [](const UnitPattern& a, const UnitPattern& b) {
  return a.text != b.text ? a.text < b.text : a.is_prefix && !b.is_prefix;
};

template <typename T, typename Order>
void Simplify(std::vector<T>& list, Order order) {
  std::sort(list.begin(), list.end(), order);
  std::vector<T> kept;
  for (T& item : list) {
    if (kept.empty() || !Absorb(kept.back(), item)) kept.push_back(std::move(item));
  }
  list = std::move(kept);
}

// In a simplified list only the last item that begins at or before a value can hold the value.
bool IsIn(const std::vector<PortRange>& list, std::uint16_t port) {
  const auto next =
      std::upper_bound(list.begin(), list.end(), port,
                       [](std::uint16_t value, PortRange range) { return value < range.first; });
  return next != list.begin() && std::prev(next)->Contains(port);
}

bool IsIn(const std::vector<IpPrefix>& list, const IpAddress& address) {
  const auto next = std::upper_bound(
      list.begin(), list.end(), address,
      [](const IpAddress& value, const IpPrefix& prefix) { return value < prefix.address(); });
  return next != list.begin() && std::prev(next)->Contains(address);
}

bool IsIn(const std::vector<UnitPattern>& list, std::string_view unit) {
  const auto next = std::upper_bound(
      list.begin(), list.end(), unit,
      [](std::string_view value, const UnitPattern& pattern) { return value < pattern.text; });
  return next != list.begin() && std::prev(next)->Matches(unit);
}

template <typename T, typename Value>
bool Admits(const std::vector<T>& list, const Value& value) {
  return list.empty() || IsIn(list, value);
}

}  // namespace

RuleMatcher::RuleMatcher(GroupMatch match) : match_(std::move(match)) {
  Simplify(match_.local_ports, kPortOrder);
  Simplify(match_.remote_ports, kPortOrder);
  Simplify(match_.local_addresses, std::less<>());
  Simplify(match_.remote_addresses, std::less<>());
  Simplify(match_.units, kUnitOrder);
}

bool RuleMatcher::Matches(const ConnectionTraits& traits) const {
  return (!match_.direction || *match_.direction == traits.direction) &&
         Admits(match_.local_ports, traits.local.port) &&
         Admits(match_.remote_ports, traits.remote.port) &&
         Admits(match_.local_addresses, traits.local.address) &&
         Admits(match_.remote_addresses, traits.remote.address) &&
         Admits(match_.units, traits.unit);
}

}  // namespace connwatch
