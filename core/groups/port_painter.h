// Finds for every port the first rule that takes it. Rules are added one by one, from the first to
// the last. A part of GroupRules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/port_range.h"
#include "core/groups/group_rule.h"

namespace connwatch {

using RuleIndex = std::uint16_t;

/// No rule. Greater than the index of every rule.
inline constexpr RuleIndex kNoRule = std::numeric_limits<RuleIndex>::max();
static_assert(kMaxGroupRules <= kNoRule);

/// The rule of each port; empty if no port has a rule.
using PortTable = std::vector<RuleIndex>;

class PortPainter {
 public:
  /// Gives `rule` to the ports of `range` that have no rule yet. However many ranges are painted,
  /// each port and each range is looked at only about once.
  void Paint(PortRange range, RuleIndex rule);

  /// Returns the table. The painter must not be used after that.
  PortTable Take() && { return std::move(table_); }

 private:
  std::size_t FirstUnpainted(std::size_t port);

  PortTable table_;
  // For a painted port: a later port on the way to the next unpainted one. kPortCount is the end.
  std::vector<std::uint32_t> next_;
};

}  // namespace connwatch
