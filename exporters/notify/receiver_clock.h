// What time a receiver of alerts has, learnt from the Date headers of its answers. A receiver
// judges the times of an alert by its own clock. If this host's clock is slow, an end that is in
// the future here can be in the past there. Pure; time is passed in.
//
// An answer came after its request was sent and before it was read, and Date has whole seconds. So
// each answer bounds the receiver's clock from both sides. What several answers agree on bounds it
// more closely. As long as this host's clock is within the bounds, it is taken to be right.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/instant.h"

namespace connwatch {

/// For one thread.
class ReceiverClock {
 public:
  /// A Date outside of these is ignored, because no clock that is of use shows it.
  static constexpr WallTime kEarliest{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};
  static constexpr WallTime kLatest{std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)};

  /// An answer with this Date was read `now`. Its request was sent at `sent`. If it has no Date,
  /// what is known stays.
  void Observe(std::optional<WallTime> date, MonotonicTime sent, MonotonicTime now);

  /// True iff an answer was observed, with a Date or without.
  bool is_observed() const { return is_observed_; }

  /// Return the same moment with the receiver's time of day: this host's if the receiver's clock is
  /// not known or if both agree, else the earliest or the latest that the answers allow. What has
  /// ended is told by the earliest, so that it is not in the receiver's future. An end that is to
  /// come is told by the latest, so that it is not in the receiver's past.
  Instant EarliestAt(Instant own) const;
  Instant LatestAt(Instant own) const;

  /// Returns by how much the receiver's clock is ahead of this host's, at least; negative if it is
  /// behind; 0 if the answers allow that both are the same. nullopt if it is not known.
  std::optional<std::chrono::nanoseconds> Ahead(Instant own) const;

 private:
  // The receiver's time of day at the zero of monotonic time.
  struct Bounds {
    WallTime earliest;
    WallTime latest;
  };

  Instant At(Instant own, WallTime Bounds::*bound) const;

  std::optional<Bounds> bounds_;
  bool is_observed_ = false;
};

}  // namespace connwatch
