// An allocator for vectors of large values that are written to as soon as they are made.
#pragma once

#include <memory>
#include <utility>

namespace connwatch {

/// std::vector first writes zeros to the whole of a new element, then gives the members their
/// initial values. With this allocator it leaves the zeros out. So every member of T must have an
/// initial value.
template <typename T>
class PlainAllocator : public std::allocator<T> {
 public:
  template <typename U>
  void construct(U* place) {
    ::new (static_cast<void*>(place)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* place, Arguments&&... arguments) {
    std::construct_at(place, std::forward<Arguments>(arguments)...);
  }
};

}  // namespace connwatch
