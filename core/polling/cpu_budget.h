// Stretches the intervals of the tiers so that polling stays within its share of one core. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace connwatch {

struct TierDemand {
  /// What the configuration asks for.
  std::chrono::milliseconds interval{0};
  /// CPU time of one poll, as measured.
  std::chrono::nanoseconds cost{0};
};

/// The interval for each tier, in the order of `demands`: none shorter than asked for, together
/// within `budget` (a share of one core, more than 0), and a stretched one that is longer
/// than the first tier's a whole multiple of it, so that their polls stay in step. Every tier is
/// entitled to an equal part of the budget; what a cheap one does not need goes to the others.
std::vector<std::chrono::milliseconds> FitIntervals(std::span<const TierDemand> demands,
                                                    double budget);

/// Follows what one poll of a tier costs: the latest polls weigh most.
class PollCost {
 public:
  /// `total` is the CPU time of all `polls` so far.
  void Observe(std::chrono::nanoseconds total, std::uint64_t polls);
  std::chrono::nanoseconds per_poll() const { return per_poll_; }

 private:
  std::chrono::nanoseconds total_{0};
  std::uint64_t polls_ = 0;
  std::chrono::nanoseconds per_poll_{0};
};

}  // namespace connwatch
