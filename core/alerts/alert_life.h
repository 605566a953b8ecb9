// The life of one alert: inactive -> pending -> firing -> resolved, in the time that counts. Pure.
// The exact rules are in docs/alerts.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/alerts/alert.h"
#include "core/base/instant.h"

namespace connwatch {

/// What one evaluation found about a subject.
struct AlertJudgement {
  /// Whether the rule's condition holds, and whether its trouble is over. nullopt if not known.
  std::optional<bool> holds;
  std::optional<bool> is_clear;
  /// What Alert::value becomes; if absent, it stays.
  std::optional<double> value;
  /// The value of the `cause` label; empty if there is none.
  std::string cause;
  /// How much time counts since the judgement before.
  std::chrono::nanoseconds elapsed;
  Instant now;
};

class AlertLife {
 public:
  /// A value that is not known freezes an alert as stale data does, but at most for this long.
  /// Otherwise the alert of a group without traffic would stay for ever, because such a group has
  /// no ratio of retransmissions.
  static constexpr std::chrono::minutes kMaxUnknown{5};
  /// If its trouble has come this often within this time, an alert is flapping. It then goes on
  /// firing for kFlappingLull after it would have ended, and ends if the trouble stays away. So
  /// people are told once of a trouble that comes and goes, and not each time. A trouble that
  /// returns while the alert still fires counts if it was away, and is back, for as long as `for`
  /// says.
  static constexpr unsigned kFlappingTimes = 3;
  static constexpr std::chrono::minutes kFlappingSpan{10};
  static constexpr std::chrono::minutes kFlappingLull{5};
  /// The most times that are counted. A rule without `for` may fire many times a minute.
  static constexpr std::size_t kMaxTimes = 100;

  /// Changes `alert`, which must be the same at each call, and returns the state before if that
  /// has changed. An alert that has ended must be made anew (state kInactive) before the next call.
  std::optional<AlertState> Advance(const AlertJudgement& judged, Alert& alert);

  /// Ends a pending or a firing alert and returns the state before. Does nothing if it is neither.
  std::optional<AlertState> End(Alert& alert);

  /// Returns how long a firing alert must be clear, in all, until it ends.
  static std::chrono::nanoseconds ClearTime(const Alert& alert);

  /// Returns true iff what it knows decides whether the next alert is flapping.
  bool Remembers(MonotonicTime now) const;

 private:
  // Each does its part for one state.
  std::optional<AlertState> Begin(const AlertJudgement& judged, std::chrono::nanoseconds elapsed,
                                  Alert& alert);
  std::optional<AlertState> Clear(const AlertJudgement& judged, std::chrono::nanoseconds elapsed,
                                  Alert& alert);
  std::optional<AlertState> Rest(const AlertJudgement& judged, std::chrono::nanoseconds elapsed,
                                 Alert& alert);

  // Counts a trouble that is back before its alert has ended.
  void CountReturn(const AlertJudgement& judged, std::chrono::nanoseconds elapsed, Alert& alert);
  // Must be called at each judgement at which the condition holds.
  bool HasHeld(std::chrono::nanoseconds hold, std::chrono::nanoseconds elapsed);
  void NoteBegin(MonotonicTime now, Alert& alert);

  std::optional<std::chrono::nanoseconds> held_;     // how long it holds, before it counts as come
  std::optional<std::chrono::nanoseconds> cleared_;  // how long it is clear, while firing
  std::optional<std::chrono::nanoseconds> lull_;     // how long a flapping trouble has stayed away
  bool was_away_ = false;  // while firing: its trouble has been away since it was counted
  std::chrono::nanoseconds unknown_{0};
  bool is_known_ = false;             // at the latest judgement
  std::vector<MonotonicTime> begun_;  // when its trouble came, within kFlappingSpan
};

}  // namespace connwatch
