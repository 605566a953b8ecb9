// The maximum of a level over a sliding window of time, in constant memory.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "core/base/instant.h"

namespace connwatch {

/// Keeps one maximum for each thirtieth of the window. So the peak covers the window and at most a
/// thirtieth more. Times must not go back.
class SlidingPeak {
 public:
  explicit SlidingPeak(std::chrono::milliseconds window)
      : step_(std::max(window / static_cast<int>(kSteps), std::chrono::milliseconds(1))) {}

  void Observe(MonotonicTime now, std::uint64_t value) {
    Slot& slot = slots_[static_cast<std::size_t>(StepOf(now)) % slots_.size()];
    if (slot.step != StepOf(now)) slot = {StepOf(now), 0};
    slot.peak = std::max(slot.peak, value);
  }

  /// Returns 0 if nothing was observed within the window.
  std::uint64_t Get(MonotonicTime now) const {
    std::uint64_t peak = 0;
    for (const Slot& slot : slots_) {
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
    std::uint64_t peak = 0;
  };

  std::int64_t StepOf(MonotonicTime time) const { return time.time_since_epoch() / step_; }

  std::chrono::milliseconds step_;
  std::array<Slot, kSteps + 1> slots_{};
};

}  // namespace connwatch
