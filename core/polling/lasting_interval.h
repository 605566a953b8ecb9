// Which interval of a tier is worth a line of the log. CpuBudget fits the intervals again after
// every poll, so at a border they may change for ever. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/instant.h"

namespace connwatch {

class LastingInterval {
 public:
  /// A longer interval is told when it has lasted this long, a shorter one when it has lasted the
  /// other time: trouble is told soon, but its end only if the trouble does not come back.
  static constexpr std::chrono::seconds kLonger{30};
  static constexpr std::chrono::minutes kShorter{10};
  /// If the interval is longer than asked for, before and after, it must change by more than this
  /// factor.
  static constexpr double kFactor = 1.5;

  /// Takes the interval in force, and the one that the configuration asks for, after each fit.
  /// Returns true iff the interval in force has changed for long, compared with the one that was
  /// told last. At first, and whenever the configuration asks for another one, nobody needs to be
  /// told what it asks for.
  bool Observe(std::chrono::milliseconds in_force, std::chrono::milliseconds wanted,
               MonotonicTime now);

 private:
  std::chrono::milliseconds wanted_{0};  // which nobody asks for
  std::chrono::milliseconds told_{0};
  std::optional<MonotonicTime> longer_since_;   // than told_
  std::optional<MonotonicTime> shorter_since_;  // likewise
};

}  // namespace connwatch
