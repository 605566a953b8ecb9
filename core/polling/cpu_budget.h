// Stretches the intervals of the tiers so that polling stays within its share of one core. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "core/polling/tier.h"

namespace connwatch {

struct TierDemand {
  /// What the configuration asks for.
  std::chrono::milliseconds interval{0};
  /// CPU time of one poll, as measured.
  std::chrono::nanoseconds cost{0};
};

/// Returns the interval of each tier, in the order of `demands`. No interval is shorter than asked
/// for. Together the polls stay within `budget`, a share of one core, more than 0. Every tier is
/// entitled to an equal part of the budget. What a cheap tier does not need goes to the others. A
/// stretched interval that is longer than the one that the first tier asks for is rounded up to a
/// multiple of that one, so that the polls stay in step.
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

/// What a tier has cost so far, and how often it is polled now.
struct TierLoad {
  std::chrono::nanoseconds cpu{0};  // of all `polls`
  std::uint64_t polls = 0;
  std::chrono::milliseconds interval{0};  // in force
};

/// Chooses the interval of each tier, poll after poll.
class CpuBudget {
 public:
  /// `wanted` are the intervals that the configuration asks for; `share` of one core is what the
  /// polls may use, more than 0.
  CpuBudget(const PerTier<std::chrono::milliseconds>& wanted, double share)
      : wanted_(wanted), share_(share) {}

  /// Changes what is asked for. The measured cost of polls is kept. Returns false if the same is
  /// asked for as before.
  bool Reconfigure(const PerTier<std::chrono::milliseconds>& wanted, double share);

  /// Returns the interval that each tier should have. A tier keeps its interval if the new one
  /// differs by a fifth or less, unless the new one is the one asked for.
  PerTier<std::chrono::milliseconds> Fit(const PerTier<TierLoad>& loads);

 private:
  PerTier<std::chrono::milliseconds> wanted_;
  double share_;
  PerTier<PollCost> costs_;
};

}  // namespace connwatch
