// The key by which everything about connections is counted: who opened the connection, and its
// group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/direction.h"

namespace connwatch {

/// The number of a group; core/groups/group_book.h gives them, from 0 on without gaps.
using GroupId = std::uint16_t;

/// "other": sums up the groups that there was no room for.
inline constexpr GroupId kOtherGroup = 0;

struct GroupKey {
  Direction direction = Direction::kInbound;
  GroupId group = 0;

  bool operator==(const GroupKey&) const = default;
};

/// One T for every key. A value that was never written to equals the prototype.
template <typename T>
class PerGroup {
 public:
  explicit PerGroup(T prototype) : prototype_(std::move(prototype)) {}

  T& operator[](GroupKey key) {
    const std::size_t index = IndexOf(key);
    if (index >= values_.size()) values_.resize(index + 1, prototype_);
    return values_[index];
  }
  const T& operator[](GroupKey key) const {
    const std::size_t index = IndexOf(key);
    return index < values_.size() ? values_[index] : prototype_;
  }

  const T& prototype() const { return prototype_; }
  /// Calls `change` with the prototype and every value.
  template <typename Change>
  void ChangeAll(Change change) {
    change(prototype_);
    for (T& value : values_) change(value);
  }
  /// Adds the other's values, each by `add(into, value)`.
  template <typename Add>
  void Merge(const PerGroup& other, Add add) {
    if (other.values_.size() > values_.size()) values_.resize(other.values_.size(), prototype_);
    for (std::size_t i = 0; i < other.values_.size(); ++i) add(values_[i], other.values_[i]);
  }

 private:
  static std::size_t IndexOf(GroupKey key) {
    return std::size_t{key.group} * kDirectionCount + connwatch::IndexOf(key.direction);
  }

  T prototype_;
  std::vector<T> values_;
};

}  // namespace connwatch
