// The keys under which GroupRules files its rules. Each item of a rule's lists becomes one or a few
// values that can be looked up by hash. A part of GroupRules.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/groups/group_rule.h"

namespace connwatch {

/// What a key is made of. A look-up by one shape is one probe of the hash table.
struct KeyShape {
  enum class Part : std::uint8_t {
    kLocalPort,
    kRemotePort,
    kLocalIpv4,
    kLocalIpv6,
    kRemoteIpv4,
    kRemoteIpv6,
    kUnit,
    kUnitBeginning
  };

  Part part = Part::kLocalPort;
  /// How much of the part is used: characters of a kUnitBeginning, 0 for a kUnit, else bits.
  std::uint16_t length = 0;

  auto operator<=>(const KeyShape&) const = default;
};

/// A hash. Different keys may have the same hash, so a rule found by it must be checked.
using KeyHash = std::uint64_t;

struct RuleKey {
  KeyShape shape;
  KeyHash hash = 0;

  auto operator<=>(const RuleKey&) const = default;
};

/// Returns the keys of each list of `match` that is not empty. If the rule takes a connection, each
/// of these lists has a key that KeyOf() returns for the connection.
std::vector<std::vector<RuleKey>> KeysOf(const GroupMatch& match);

/// Returns the key by which a connection is looked up. nullopt if it has no key of this shape (the
/// other address family, a shorter unit). Allocates nothing.
std::optional<KeyHash> KeyOf(const ConnectionTraits& traits, KeyShape shape);

}  // namespace connwatch
