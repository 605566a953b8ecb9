// What something costs as a share of one core, over windows of at least 5 s. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/instant.h"

namespace connwatch {

class Spending {
 public:
  static constexpr std::chrono::seconds kWindow{5};

  /// Starts anew: nothing was spent before `now`.
  void Start(MonotonicTime now) {
    window_start_ = now;
    spent_ = {};
    share_ = 0;
  }

  /// Adds what was spent. Returns true iff a window has ended with this call; share() is then about
  /// that window.
  bool Add(std::chrono::nanoseconds cpu, MonotonicTime now) {
    spent_ += cpu;
    const auto elapsed = now - window_start_;
    if (elapsed < kWindow) return false;
    share_ = std::chrono::duration<double>(spent_) / std::chrono::duration<double>(elapsed);
    window_start_ = now;
    spent_ = {};
    return true;
  }

  /// The share in the latest window that has ended; 0 before the first one has.
  double share() const { return share_; }

 private:
  MonotonicTime window_start_;
  std::chrono::nanoseconds spent_{0};
  double share_ = 0;
};

}  // namespace connwatch
