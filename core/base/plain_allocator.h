// An allocator for vectors of large values that are written to as soon as they are made.
#pragma once

#include <memory>
#include <utility>

namespace connwatch {

/// std::vector makes a new element by writing zeros to all of it before it gives the members their
/// initial values. With this allocator it leaves the zeros out.
template <typename T>
class PlainAllocator : public std::allocator<T> {
 public:
  template <typename U>
  struct rebind {  // a name of the standard
    using other = PlainAllocator<U>;
  };

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
