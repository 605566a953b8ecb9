// When the daemon's loop last ran. The loop beats. Other threads look, so that they do not pass on
// as current what the loop would have changed long ago.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "core/base/instant.h"

namespace connwatch {

/// Any thread may call any method.
class Pulse {
 public:
  /// A loop that has not beaten for longer hangs. It beats once a second (Heartbeat).
  static constexpr std::chrono::seconds kLongestSilence{10};

  void Beat(MonotonicTime now) { latest_.store(now, std::memory_order_relaxed); }

  /// Returns how long the loop has not run, if it hangs at `now`. nullopt if it does not, and
  /// before the first beat.
  std::optional<std::chrono::seconds> SilenceAt(MonotonicTime now) const {
    const MonotonicTime latest = latest_.load(std::memory_order_relaxed);
    if (latest == kNever || now - latest <= kLongestSilence) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(now - latest);
  }

 private:
  static constexpr MonotonicTime kNever = MonotonicTime::min();

  std::atomic<MonotonicTime> latest_{kNever};
};

}  // namespace connwatch
