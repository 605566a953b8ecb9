// Which connections belong to which group, as plain values: read and checked by config/, compiled
// by GroupRules, applied by GroupBook. How matching works is in docs/groups.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/direction.h"
#include "core/base/ip_address.h"
#include "core/base/ip_prefix.h"
#include "core/base/port_range.h"

namespace connwatch {

/// A systemd unit or container, or how the name of one begins.
struct UnitPattern {
  std::string text;
  bool is_prefix = false;

  /// An unknown unit, "", matches nothing.
  bool Matches(std::string_view unit) const {
    return !unit.empty() && (is_prefix ? unit.starts_with(text) : unit == text);
  }
  bool operator==(const UnitPattern&) const = default;
};

/// What a connection must be like: one of each list that is not empty. The default takes all.
struct GroupMatch {
  std::optional<Direction> direction = std::nullopt;
  std::vector<PortRange> local_ports = {};
  std::vector<PortRange> remote_ports = {};
  std::vector<IpPrefix> local_addresses = {};
  std::vector<IpPrefix> remote_addresses = {};
  std::vector<UnitPattern> units = {};

  bool operator==(const GroupMatch&) const = default;
};

struct GroupRule {
  /// The value of the `group` label. 1 to 64 of the characters A-Z a-z 0-9 _ . : @ / -, not "other"
  /// and not digits only, so that no automatic group by port has it.
  std::string name;
  GroupMatch match = {};

  bool operator==(const GroupRule&) const = default;
};

/// Rules in a configuration, and hence configured groups.
inline constexpr std::size_t kMaxGroupRules = 10'000;

/// What takes a connection that no rule takes.
enum class GroupBy : std::uint8_t { kPort, kUnit };

/// What rules look at in a connection.
struct ConnectionTraits {
  Direction direction = Direction::kInbound;
  Endpoint local;
  Endpoint remote;
  /// The systemd unit or container of the socket; empty where that is not known.
  std::string_view unit;
};

}  // namespace connwatch
