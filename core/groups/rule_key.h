// The keys that GroupRules files its rules under: each item in a rule's lists as one or a few
// values that can be looked up by hash. A piece of GroupRules.
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
  /// How much of it: bits, of a kUnitBeginning characters, of a kUnit 0.
  std::uint16_t length = 0;

  auto operator<=>(const KeyShape&) const = default;
};

/// A hash, so different keys may be equal: what is found by one has to be checked.
using KeyHash = std::uint64_t;

struct RuleKey {
  KeyShape shape;
  KeyHash hash = 0;

  auto operator<=>(const RuleKey&) const = default;
};

/// The keys of each list of `match` that is not empty. A connection that the rule takes has one key
/// of each list, by KeyOf().
std::vector<std::vector<RuleKey>> KeysOf(const GroupMatch& match);

/// What a connection is to be looked up by; nullopt where it has no such key (the other address
/// family, a shorter unit). Allocates nothing.
std::optional<KeyHash> KeyOf(const ConnectionTraits& traits, KeyShape shape);

}  // namespace connwatch
