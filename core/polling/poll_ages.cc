#include "core/polling/poll_ages.h"

#include <algorithm>
#include <utility>

namespace connwatch {

void PollAges::Observe(std::span<const PollHealth> polls, std::chrono::nanoseconds paused,
                       MonotonicTime now) {
  const std::chrono::nanoseconds pause = paused - std::exchange(paused_, paused);
  now_ = now;
  for (const PollHealth& health : polls) {
    const auto [tier, is_new] = tiers_.try_emplace(health.tier());
    TierAge& age = tier->second;
    if (is_new || age.successes != health.successes()) {
      age.latest_success = now;
      age.is_excused = false;
    } else if (pause.count() > 0 && !age.is_excused) {
      age.latest_success = std::min(age.latest_success + pause, now);
      age.is_excused = true;
    }
    age.successes = health.successes();
    age.failures = health.failures();
    age.interval = health.interval();
    age.is_failing = health.current_failure().has_value();
    age.is_stale =
        age.is_failing || age.successes == 0 || now - age.latest_success > age.patience();
  }
}

const TierAge* PollAges::Find(Tier tier) const {
  const auto found = tiers_.find(tier);
  return found == tiers_.end() ? nullptr : &found->second;
}

std::optional<std::chrono::duration<double>> PollAges::Overdue() const {
  std::optional<std::chrono::duration<double>> overdue;
  for (const auto& [tier, age] : tiers_) {
    const std::chrono::duration<double> by = now_ - age.latest_success - age.interval;
    overdue = std::max({overdue.value_or(by), by, std::chrono::duration<double>(0)});
  }
  return overdue;
}

}  // namespace connwatch
