// One rule of a group, prepared to be asked often. Its lists are sorted ranges that do not overlap,
// so a list of a thousand prefixes costs ten comparisons. A part of GroupRules.
#pragma once

#include <vector>

#include "core/groups/group_rule.h"

namespace connwatch {

class RuleMatcher {
 public:
  explicit RuleMatcher(GroupMatch match);

  /// Returns true iff the rule takes the connection.
  bool Matches(const ConnectionTraits& traits) const;

  /// The rule without redundant entries: each list is sorted, and no entry is within another.
  const GroupMatch& match() const { return match_; }

 private:
  GroupMatch match_;
};

}  // namespace connwatch
