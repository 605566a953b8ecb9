// A limit that several parts share: so many things, of all of them together. Used by one thread.
// A part of a limit has a lower limit of its own.
#pragma once

#include <algorithm>
#include <cstddef>

namespace connwatch {

class Allowance {
 public:
  explicit Allowance(std::size_t most) : most_(most) {}
  /// Whatever is taken is taken from `whole` as well, which must outlive this.
  Allowance(std::size_t most, Allowance& whole) : most_(most), whole_(&whole) {}
  ~Allowance() = default;
  Allowance(const Allowance&) = delete;
  Allowance& operator=(const Allowance&) = delete;

  bool HasRoom() const { return taken_ < most_ && (whole_ == nullptr || whole_->HasRoom()); }
  /// Returns false and takes nothing if there is no room.
  bool Take() {
    if (!HasRoom()) return false;
    ++taken_;
    if (whole_ != nullptr) static_cast<void>(whole_->Take());  // it has room
    return true;
  }
  void GiveBack(std::size_t count) {
    const std::size_t returned = std::min(count, taken_);
    taken_ -= returned;
    if (whole_ != nullptr) whole_->GiveBack(returned);
  }

  std::size_t taken() const { return taken_; }

 private:
  const std::size_t most_;
  Allowance* const whole_ = nullptr;
  std::size_t taken_ = 0;
};

}  // namespace connwatch
