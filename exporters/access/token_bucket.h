// Permits a burst at once and then one per interval.
#pragma once

#include <chrono>

#include "core/base/instant.h"

namespace connwatch {

class TokenBucket {
 public:
  /// Full at first. `interval` above 0, `burst` at least 1.
  TokenBucket(std::chrono::milliseconds interval, unsigned burst)
      : interval_(interval), capacity_(interval * burst) {}

  /// Whether there is a token.
  bool HasToken(MonotonicTime now) const { return Debt(now) + interval_ <= capacity_; }
  /// Takes one, only if there is one; whether it did.
  bool Take(MonotonicTime now) {
    if (!HasToken(now)) return false;
    full_at_ = now + Debt(now) + interval_;
    return true;
  }
  bool IsFull(MonotonicTime now) const { return now >= full_at_; }
  /// Until there is a token; 0 if there is.
  std::chrono::nanoseconds Wait(MonotonicTime now) const {
    const auto over = Debt(now) + interval_ - capacity_;
    return over > over.zero() ? over : over.zero();
  }

 private:
  // What is missing until the bucket is full, as the time it takes to fill.
  std::chrono::nanoseconds Debt(MonotonicTime now) const {
    return full_at_ > now ? full_at_ - now : std::chrono::nanoseconds(0);
  }

  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds capacity_;
  MonotonicTime full_at_{};
};

}  // namespace connwatch
