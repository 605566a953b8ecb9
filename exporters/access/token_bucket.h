// A rate limit that permits a burst at once and then one request per interval.
#pragma once

#include <chrono>

#include "core/base/instant.h"

namespace connwatch {

class TokenBucket {
 public:
  /// The bucket is full at first. `interval` must be above 0 and `burst` at least 1.
  TokenBucket(std::chrono::milliseconds interval, unsigned burst)
      : interval_(interval), capacity_(interval * burst) {}

  /// Returns true iff there is a token.
  bool HasToken(MonotonicTime now) const { return Debt(now) + interval_ <= capacity_; }
  /// Takes a token if there is one. Returns true iff it took one.
  bool Take(MonotonicTime now) {
    if (!HasToken(now)) return false;
    full_at_ = now + Debt(now) + interval_;
    return true;
  }
  bool IsFull(MonotonicTime now) const { return now >= full_at_; }
  /// Returns how long it takes until there is a token; 0 if there is one.
  std::chrono::nanoseconds Wait(MonotonicTime now) const {
    const auto over = Debt(now) + interval_ - capacity_;
    return over > over.zero() ? over : over.zero();
  }

 private:
  // The time that it takes to fill the bucket.
  std::chrono::nanoseconds Debt(MonotonicTime now) const {
    return full_at_ > now ? full_at_ - now : std::chrono::nanoseconds(0);
  }

  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds capacity_;
  MonotonicTime full_at_{};
};

}  // namespace connwatch
