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

/// The name of a systemd unit or container, or the beginning of such names.
struct UnitPattern {
  std::string text;
  bool is_prefix = false;

  /// An unknown unit, "", matches nothing.
  bool Matches(std::string_view unit) const {
    return !unit.empty() && (is_prefix ? unit.starts_with(text) : unit == text);
  }
  bool operator==(const UnitPattern&) const = default;
};

/// What a connection must be like. It must match one entry of each list that is not empty. The
/// default takes all connections.
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
  /// or "ephemeral", and not digits only, because automatic groups by port have such names.
  std::string name;
  GroupMatch match = {};

  bool operator==(const GroupRule&) const = default;
};

/// The most rules, and so the most configured groups, that a configuration may have.
inline constexpr std::size_t kMaxGroupRules = 10'000;

/// How to group a connection that no rule takes. kNone counts all of them as "other"; it is for
/// machines that need no groups, and the configuration does not have it.
enum class GroupBy : std::uint8_t { kPort, kUnit, kNone };

/// What rules look at in a connection.
struct ConnectionTraits {
  Direction direction = Direction::kInbound;
  Endpoint local;
  Endpoint remote;
  /// The systemd unit or container of the socket; empty if that is not known.
  std::string_view unit;
  /// False if the port that would name an automatic group is of the ephemeral range and not known
  /// as a service (core/groups/service_ports.h).
  bool is_service = true;
};

}  // namespace connwatch
