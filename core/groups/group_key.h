// The key by which everything about connections is counted: who opened the connection, and its
// group.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/direction.h"

namespace connwatch {

/// A group, as core/groups/group_book.h numbers them. A group that had no connection for long may
/// give its place to another group. The generation tells the owners of one place apart: it is one
/// higher for each new owner, and wraps.
struct GroupId {
  std::uint16_t place = 0;  // from 0 on, without gaps
  std::uint16_t generation = 0;

  auto operator<=>(const GroupId&) const = default;
};

/// "other": sums up the groups that there was no room for.
inline constexpr GroupId kOtherGroup{.place = 0};
/// "ephemeral": connections whose port is of the ephemeral range and is not known as a service.
inline constexpr GroupId kEphemeralGroup{.place = 1};

struct GroupKey {
  Direction direction = Direction::kInbound;
  GroupId group;

  bool operator==(const GroupKey&) const = default;
};

/// One T for every key. A value that was never written to since its group has its place equals the
/// prototype.
template <typename T>
class PerGroup {
 public:
  explicit PerGroup(T prototype) : prototype_(std::move(prototype)) {}

  /// The first access with a new generation makes the value equal to the prototype again. A key
  /// whose group has given up its place must not be used here.
  T& operator[](GroupKey key) {
    Slot& slot = SlotAt(IndexOf(key));
    if (slot.generation != key.group.generation) slot = {prototype_, key.group.generation};
    return slot.value;
  }
  const T& operator[](GroupKey key) const {
    const std::size_t index = IndexOf(key);
    const bool is_there = index < slots_.size() && slots_[index].generation == key.group.generation;
    return is_there ? slots_[index].value : prototype_;
  }

  const T& prototype() const { return prototype_; }
  /// Calls `change` with the prototype and every value.
  template <typename Change>
  void ChangeAll(Change change) {
    change(prototype_);
    for (Slot& slot : slots_) change(slot.value);
  }
  /// Calls `visit` with the key and the value of every place.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const GroupId group{static_cast<std::uint16_t>(i / kDirectionCount), slots_[i].generation};
      visit(GroupKey{kDirections.at(i % kDirectionCount), group}, slots_[i].value);
    }
  }
  /// Adds the other's values, each by `add(into, value)`. If a place has different owners, only the
  /// value of the later owner remains.
  template <typename Add>
  void Merge(const PerGroup& other, Add add) {
    for (std::size_t i = 0; i < other.slots_.size(); ++i) {
      const Slot& more = other.slots_[i];
      Slot& into = SlotAt(i);
      const auto ahead = static_cast<std::int16_t>(more.generation - into.generation);
      if (ahead > 0) into = {prototype_, more.generation};
      if (ahead >= 0) add(into.value, more.value);
    }
  }

 private:
  struct Slot {
    T value;
    std::uint16_t generation = 0;
  };

  static std::size_t IndexOf(GroupKey key) {
    return std::size_t{key.group.place} * kDirectionCount + connwatch::IndexOf(key.direction);
  }

  Slot& SlotAt(std::size_t index) {
    if (index >= slots_.size()) slots_.resize(index + 1, Slot{prototype_});
    return slots_[index];
  }

  T prototype_;
  std::vector<Slot> slots_;
};

}  // namespace connwatch
