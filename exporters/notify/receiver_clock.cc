#include "exporters/notify/receiver_clock.h"

#include <algorithm>

namespace connwatch {

namespace {

// The time of day at the zero of monotonic time, if it is `wall` at `monotonic`.
WallTime ZeroOf(WallTime wall, MonotonicTime monotonic) {
  return wall - std::chrono::duration_cast<WallTime::duration>(monotonic.time_since_epoch());
}

}  // namespace

void ReceiverClock::Observe(std::optional<WallTime> date, MonotonicTime sent, MonotonicTime now) {
  constexpr std::chrono::seconds kDateUnit{1};
  is_observed_ = true;
  if (!date || *date < kEarliest || *date >= kLatest) return;
  const Bounds seen{.earliest = ZeroOf(*date, now), .latest = ZeroOf(*date + kDateUnit, sent)};
  Bounds both = seen;
  if (bounds_) {
    both = {.earliest = std::max(bounds_->earliest, seen.earliest),
            .latest = std::min(bounds_->latest, seen.latest)};
  }
  // If the answers contradict each other, the clock was set, or the clocks drift apart.
  bounds_ = both.earliest <= both.latest ? both : seen;
}

Instant ReceiverClock::EarliestAt(Instant own) const { return At(own, &Bounds::earliest); }

Instant ReceiverClock::LatestAt(Instant own) const { return At(own, &Bounds::latest); }

Instant ReceiverClock::At(Instant own, WallTime Bounds::*bound) const {
  const std::chrono::nanoseconds ahead = Ahead(own).value_or(std::chrono::nanoseconds(0));
  if (ahead == std::chrono::nanoseconds(0)) return own;
  const auto since_zero =
      std::chrono::duration_cast<WallTime::duration>(own.monotonic.time_since_epoch());
  return {own.monotonic, (*bounds_).*bound + since_zero};
}

std::optional<std::chrono::nanoseconds> ReceiverClock::Ahead(Instant own) const {
  if (!bounds_) return std::nullopt;
  const WallTime zero = ZeroOf(own.wall, own.monotonic);
  return std::clamp(zero, bounds_->earliest, bounds_->latest) - zero;
}

}  // namespace connwatch
