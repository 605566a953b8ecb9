// A limit that several parts share: so many things, of all of them together. Used by one thread.
#pragma once

#include <algorithm>
#include <cstddef>

namespace connwatch {

class Allowance {
 public:
  explicit Allowance(std::size_t most) : most_(most) {}
  ~Allowance() = default;
  Allowance(const Allowance&) = delete;
  Allowance& operator=(const Allowance&) = delete;

  bool HasRoom() const { return taken_ < most_; }
  /// Returns false and takes nothing if there is no room.
  bool Take() {
    if (!HasRoom()) return false;
    ++taken_;
    return true;
  }
  void GiveBack(std::size_t count) { taken_ -= std::min(count, taken_); }

  std::size_t taken() const { return taken_; }

 private:
  const std::size_t most_;
  std::size_t taken_ = 0;
};

}  // namespace connwatch
