// The piece of the schema that reads the rules of groups, put together from value_reader.h.
#pragma once

#include <vector>

#include "config/value_reader.h"
#include "core/groups/group_rule.h"

namespace connwatch {

/// A list of at most kMaxGroupRules rules, each with a name of its own.
ValueReader Groups(std::vector<GroupRule>& groups);

}  // namespace connwatch
