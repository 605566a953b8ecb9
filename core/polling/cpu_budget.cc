#include "core/polling/cpu_budget.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace connwatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

double ShareOf(const TierDemand& demand) {
  return std::chrono::duration<double>(demand.cost) /
         std::chrono::duration<double>(demand.interval);
}

// The shortest interval at which one poll costs at most `share` of a core.
milliseconds IntervalFor(nanoseconds cost, double share) {
  const double ms = std::chrono::duration<double, std::milli>(cost).count() / share;
  return milliseconds(static_cast<milliseconds::rep>(std::ceil(ms)));
}

milliseconds RoundUp(milliseconds interval, milliseconds step) {
  return (interval + step - milliseconds(1)) / step * step;
}

}  // namespace

std::vector<milliseconds> FitIntervals(std::span<const TierDemand> demands, double budget) {
  std::vector<std::size_t> by_share(demands.size());
  std::iota(by_share.begin(), by_share.end(), std::size_t{0});
  std::ranges::sort(by_share, {}, [&](std::size_t i) { return ShareOf(demands[i]); });

  std::vector<milliseconds> intervals(demands.size());
  double left = budget;
  for (std::size_t rank = 0; rank < by_share.size(); ++rank) {
    const TierDemand& demand = demands[by_share[rank]];
    const double part = left / static_cast<double>(by_share.size() - rank);
    const double share = std::min(ShareOf(demand), part);
    intervals[by_share[rank]] =
        share < part ? demand.interval : std::max(demand.interval, IntervalFor(demand.cost, part));
    left -= share;
  }
  const milliseconds step = demands.front().interval;
  for (std::size_t i = 0; i < demands.size(); ++i) {
    const bool is_stretched = intervals[i] > demands[i].interval;
    if (is_stretched && intervals[i] > step) intervals[i] = RoundUp(intervals[i], step);
  }
  return intervals;
}

void PollCost::Observe(nanoseconds total, std::uint64_t polls) {
  if (polls <= polls_) return;
  constexpr int kWeightOfHistory = 3;  // the latest polls weigh 1
  const nanoseconds latest = (total - total_) / (polls - polls_);
  per_poll_ =
      polls_ == 0 ? latest : (per_poll_ * kWeightOfHistory + latest) / (kWeightOfHistory + 1);
  total_ = total;
  polls_ = polls;
}

bool CpuBudget::Reconfigure(const PerTier<milliseconds>& wanted, double share) {
  if (wanted == wanted_ && share == share_) return false;
  wanted_ = wanted;
  share_ = share;
  return true;
}

PerTier<milliseconds> CpuBudget::Fit(const PerTier<TierLoad>& loads) {
  PerTier<TierDemand> demands;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    costs_.at(i).Observe(loads.at(i).cpu, loads.at(i).polls);
    demands.at(i) = {wanted_.at(i), costs_.at(i).per_poll()};
  }
  const auto fitted = FitIntervals(demands, share_);
  PerTier<milliseconds> intervals;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    constexpr int kTolerance = 5;  // a difference of up to a fifth is not worth a change
    const milliseconds in_force = loads.at(i).interval;
    const bool is_near = std::chrono::abs(fitted[i] - in_force) * kTolerance <= in_force;
    const bool is_back = fitted[i] == wanted_.at(i);
    intervals.at(i) = is_near && !is_back ? in_force : fitted[i];
  }
  return intervals;
}

}  // namespace connwatch
