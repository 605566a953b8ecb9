// How far one polling tier can be trusted: how often it succeeded and failed, when, why, and what
// it cost. A value. The loop keeps one for each tier and copies it into each Snapshot.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/duration_histogram.h"
#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/polling/tier.h"

namespace connwatch {

/// Why a poll failed, as the values of the `reason` label.
enum class PollFailureReason : std::uint8_t {
  kNoBufferSpace,  // ENOBUFS
  kTimeout,        // the dump did not end in time
  kMalformed,      // a message was cut short or contradicts its own lengths
  kPermission,     // EPERM, EACCES
  kUnsupported,    // the kernel has no inet_diag for TCP
  kOther,
};

inline constexpr std::array kPollFailureReasons = {
    PollFailureReason::kNoBufferSpace, PollFailureReason::kTimeout,
    PollFailureReason::kMalformed,     PollFailureReason::kPermission,
    PollFailureReason::kUnsupported,   PollFailureReason::kOther,
};
inline constexpr std::size_t kPollFailureReasonCount = kPollFailureReasons.size();

std::string_view Name(PollFailureReason reason);

/// Decides by the errno in the error.
PollFailureReason ReasonOf(const Error& error);

struct PollFailure {
  WallTime at;
  PollFailureReason reason = PollFailureReason::kOther;
  std::string text;
};

/// How old the data may be before it counts as stale: three intervals, and 2 s more for a poll that
/// is slow.
constexpr std::chrono::milliseconds PatienceFor(std::chrono::milliseconds interval) {
  return 3 * interval + std::chrono::seconds(2);
}

class PollHealth {
 public:
  PollHealth(Tier tier, std::chrono::milliseconds interval);

  void RecordSuccess(Instant now, std::chrono::microseconds duration);
  void RecordFailure(Instant now, std::chrono::microseconds duration, const Error& error);
  /// A poll was due while the one before was still running.
  void RecordOverrun() { ++overruns_; }
  /// A poll began `late` after it was due, because the loop or the host was busy.
  void RecordLateness(std::chrono::microseconds late) { lateness_.Observe(late); }
  /// The dump of a complete poll has delivered sockets that had come before.
  void RecordDuplicates(std::uint64_t sockets) { duplicates_ += sockets; }
  /// A poll that has ended had no dump of its own: it was given the records of another tier's poll,
  /// which has the cost of both.
  void RecordCarried() { ++carried_; }
  void AddCpu(std::chrono::nanoseconds spent) { cpu_ += spent; }
  void set_interval(std::chrono::milliseconds interval) { interval_ = interval; }

  Tier tier() const { return tier_; }
  std::chrono::milliseconds interval() const { return interval_; }
  std::chrono::milliseconds patience() const { return PatienceFor(interval_); }
  std::uint64_t successes() const { return successes_; }
  std::uint64_t failures() const;
  std::uint64_t failures(PollFailureReason reason) const;
  std::uint64_t overruns() const { return overruns_; }
  /// How many sockets the dumps of the complete polls delivered twice. Each was counted once.
  std::uint64_t duplicates() const { return duplicates_; }
  /// How many of the polls, good or failed, had no dump of their own.
  std::uint64_t carried() const { return carried_; }
  /// CPU time of this process spent on the tier, kernel included.
  std::chrono::nanoseconds cpu() const { return cpu_; }
  const DurationHistogram& durations() const { return durations_; }
  const DurationHistogram& lateness() const { return lateness_; }
  /// Absent before the first success.
  const std::optional<MonotonicTime>& last_success() const { return last_success_; }
  /// Present while the latest poll is a failed one. What is shown is then older than it should be.
  const std::optional<PollFailure>& current_failure() const { return current_failure_; }

  /// Whether the data is older than it should be: the latest poll failed, the latest good one is
  /// further back than the patience, or there was none.
  bool IsStale(MonotonicTime now) const {
    if (!last_success_ || current_failure_) return true;
    return now - *last_success_ > patience();
  }

 private:
  Tier tier_;
  std::chrono::milliseconds interval_;
  std::uint64_t successes_ = 0;
  std::array<std::uint64_t, kPollFailureReasonCount> failures_{};
  std::uint64_t overruns_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t carried_ = 0;
  std::chrono::nanoseconds cpu_{0};
  DurationHistogram durations_;
  DurationHistogram lateness_;
  std::optional<MonotonicTime> last_success_;
  std::optional<PollFailure> current_failure_;
};

}  // namespace connwatch
