// Parses one word of a group's rule: a name, ports, a block of addresses or a unit. Pure. An
// error's context says what is wrong and what would be right.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/groups/group_rule.h"

namespace connwatch {

/// 1 to 64 of the characters A-Z a-z 0-9 _ . : @ / -, but neither "other" nor digits only, because
/// automatic groups have such names.
Result<std::string> ParseGroupName(std::string_view text);

/// "443", or "6000-6100" with both ends included; ports from 1 to 65535.
Result<PortRange> ParsePorts(std::string_view text);

/// As IpPrefix::Parse(), but with an error that is a whole sentence.
Result<IpPrefix> ParsePrefix(std::string_view text);

/// The name of a systemd unit or container, or the beginning of one followed by `*`. "*" alone
/// means any unit that is known. At most 381 characters, of those that systemd permits and '/',
/// which is in the names of containers: "shop/cart-7c9/redis".
Result<UnitPattern> ParseUnitPattern(std::string_view text);

}  // namespace connwatch
