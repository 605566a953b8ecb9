// Which rule is the first to take a port, for every port: made rule by rule, first to last. A piece
// of GroupRules.
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

/// After every rule.
inline constexpr RuleIndex kNoRule = std::numeric_limits<RuleIndex>::max();
static_assert(kMaxGroupRules <= kNoRule);

/// A rule for each port; empty where no port has one.
using PortTable = std::vector<RuleIndex>;

inline constexpr std::size_t kPortCount = 65'536;

class PortPainter {
 public:
  /// Gives the ports of `range` that have no rule yet to `rule`. Painting any number of ranges
  /// costs no more than looking at each port once, and at each range.
  void Paint(PortRange range, RuleIndex rule);

  /// The table; the painter is used up.
  PortTable Take() && { return std::move(table_); }

 private:
  std::size_t FirstUnpainted(std::size_t port);

  PortTable table_;
  // Leads from a painted port towards the next that is not; kPortCount is the end.
  std::vector<std::uint32_t> next_;
};

}  // namespace connwatch
