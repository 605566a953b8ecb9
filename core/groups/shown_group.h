// The groups as the exporters show them. Part of a Snapshot.
#pragma once

#include <array>
#include <string>

#include "core/groups/group_key.h"

namespace connwatch {

/// A group that has series of its own.
struct ShownGroup {
  GroupId id = kOtherGroup;
  std::string name;
  std::array<bool, kDirectionCount> directions{};  // by IndexOf(Direction)
};

}  // namespace connwatch
