// How old the data of each tier is, without the time in which this process did not run (pauses.h).
// The alert engine and the history each keep one and feed it every snapshot. For one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "core/base/instant.h"
#include "core/polling/poll_health.h"

namespace connwatch {

/// One tier, as of the latest Observe().
struct TierAge {
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  std::chrono::milliseconds interval{0};  // in force
  // Before there is one, the first Observe(). Later by the pause that came after it.
  MonotonicTime latest_success;
  bool is_excused = false;  // a pause has been left out since the latest success
  bool is_failing = false;  // the latest poll failed
  bool is_stale = false;    // it is failing, its data is too old, or there is none

  std::chrono::milliseconds patience() const { return PatienceFor(interval); }
};

class PollAges {
 public:
  /// `paused` is how long the process has not run so far. A pause is no part of an age: the tier
  /// could not poll. But only one pause is left out between two successes, so that a process that
  /// hardly runs at all does not look well.
  void Observe(std::span<const PollHealth> polls, std::chrono::nanoseconds paused,
               MonotonicTime now);

  /// nullptr for a tier that was not among the polls. Valid until the next Observe().
  const TierAge* Find(Tier tier) const;

  /// Returns by how much the most overdue tier is overdue: the age of its data minus its interval,
  /// at least 0. nullopt if there is no tier.
  std::optional<std::chrono::duration<double>> Overdue() const;

 private:
  std::map<Tier, TierAge> tiers_;
  std::chrono::nanoseconds paused_{0};
  MonotonicTime now_;
};

}  // namespace connwatch
