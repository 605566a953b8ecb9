// The part of the schema that reads the rules of groups, built with value_reader.h.
#pragma once

#include <vector>

#include "config/value_reader.h"
#include "core/groups/group_rule.h"

namespace connwatch {

/// A list of at most kMaxGroupRules rules with different names.
ValueReader Groups(std::vector<GroupRule>& groups);

}  // namespace connwatch
