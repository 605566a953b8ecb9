// Finds the pauses of this process: times in which it did not run, because it was stopped
// (SIGSTOP), its host was suspended, it got no CPU time, or a system call held it up. What is late
// because of a pause is late by no fault of the polls. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/instant.h"

namespace connwatch {

class Pauses {
 public:
  /// A shorter time without a beat is no pause: on a busy host the loop is late by a second or two.
  static constexpr std::chrono::seconds kShortest{5};

  /// Must be called about once a second while the process runs. Returns the length of the pause
  /// that ended just before `now`; nullopt if there was none.
  std::optional<std::chrono::nanoseconds> Beat(MonotonicTime now) {
    const auto since_beat = now - latest_.value_or(now);
    latest_ = now;
    if (since_beat < kShortest) return std::nullopt;
    total_ += since_beat;
    return since_beat;
  }

  /// Of all pauses.
  std::chrono::nanoseconds total() const { return total_; }

 private:
  std::optional<MonotonicTime> latest_;  // absent before the first
  std::chrono::nanoseconds total_{0};
};

}  // namespace connwatch
