// The maximum of a level over a sliding window of time, in constant memory. A level that is always
// 0 takes nearly none.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "core/base/instant.h"

namespace connwatch {

/// Keeps one maximum for each thirtieth of the window. So the peak covers the window and at most a
/// thirtieth more. Times must not go back, and values are never negative.
template <typename Number>
class SlidingPeak {
 public:
  explicit SlidingPeak(std::chrono::milliseconds window)
      : step_(std::max(window / static_cast<int>(kSteps), std::chrono::milliseconds(1))) {}

  void Observe(MonotonicTime now, Number value) {
    if (value == Number{}) return;  // it raises no maximum
    if (!slots_) slots_ = std::make_unique<Slots>();
    Slot& slot = (*slots_)[static_cast<std::size_t>(StepOf(now)) % slots_->size()];
    if (slot.step != StepOf(now)) slot = {StepOf(now), Number{}};
    slot.peak = std::max(slot.peak, value);
  }

  /// Returns 0 if nothing was observed within the window.
  Number Get(MonotonicTime now) const {
    Number peak{};
    if (!slots_) return peak;
    for (const Slot& slot : *slots_) {
      if (slot.step >= StepOf(now) - static_cast<std::int64_t>(kSteps)) {
        peak = std::max(peak, slot.peak);
      }
    }
    return peak;
  }

 private:
  static constexpr std::size_t kSteps = 30;

  struct Slot {
    std::int64_t step = -1;
    Number peak{};
  };
  using Slots = std::array<Slot, kSteps + 1>;

  std::int64_t StepOf(MonotonicTime time) const { return time.time_since_epoch() / step_; }

  std::chrono::milliseconds step_;
  std::unique_ptr<Slots> slots_;  // absent until a value is above 0
};

}  // namespace connwatch
