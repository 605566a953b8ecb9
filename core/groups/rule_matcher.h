// One rule of a group, prepared to be asked often: the lists of its keys as sorted ranges that do
// not overlap, so that a list of a thousand prefixes costs ten comparisons. A piece of GroupRules.
#pragma once

#include <vector>

#include "core/groups/group_rule.h"

namespace connwatch {

class RuleMatcher {
 public:
  explicit RuleMatcher(GroupMatch match);

  /// Whether the rule takes the connection.
  bool Matches(const ConnectionTraits& traits) const;

  /// The rule without what is redundant in it: each list sorted, nothing in it within another.
  const GroupMatch& match() const { return match_; }

 private:
  GroupMatch match_;
};

}  // namespace connwatch
