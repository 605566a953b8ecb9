#include "core/alerts/alert_life.h"

#include <algorithm>
#include <utility>

namespace connwatch {

namespace {

using std::chrono::nanoseconds;

bool IsWorse(const AlertRule& rule, double value, double other) {
  const bool is_low_worse = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
  return is_low_worse ? value < other : value > other;
}

AlertState Become(Alert& alert, AlertState state) { return std::exchange(alert.state, state); }

}  // namespace

std::optional<AlertState> AlertLife::Advance(const AlertJudgement& judged, Alert& alert) {
  const bool is_firing = alert.state == AlertState::kFiring;
  const bool is_known =
      is_firing && !lull_ ? judged.is_clear.has_value() : judged.holds.has_value();
  const bool was_known = std::exchange(is_known_, is_known);
  if (!is_known) {
    unknown_ += judged.elapsed;
    return unknown_ >= kMaxUnknown ? End(alert) : std::nullopt;
  }
  unknown_ = nanoseconds(0);
  const nanoseconds elapsed = was_known ? judged.elapsed : nanoseconds(0);
  if (judged.value) alert.value = *judged.value;
  if (IsWorse(*alert.rule, alert.value, alert.worst)) alert.worst = alert.value;
  if (!is_firing || alert.cause.empty()) alert.cause = judged.cause;
  if (!is_firing) return Begin(judged, elapsed, alert);
  return lull_ ? Rest(judged, elapsed, alert) : Clear(judged, elapsed, alert);
}

std::optional<AlertState> AlertLife::Begin(const AlertJudgement& judged, nanoseconds elapsed,
                                           Alert& alert) {
  if (!*judged.holds) return End(alert);
  const AlertRule& rule = *alert.rule;
  const bool is_new = alert.state == AlertState::kInactive;
  if (is_new) {
    alert.threshold = rule.threshold ? rule.threshold->value : rule.growth->per_second;
    alert.worst = alert.value;
    alert.since = judged.now;
    held_.reset();
  }
  if (HasHeld(rule.hold, elapsed)) {
    alert.fired_at = judged.now;
    cleared_.reset();
    was_away_ = false;
    NoteBegin(judged.now.monotonic, alert);
    return Become(alert, AlertState::kFiring);
  }
  return is_new ? std::optional(Become(alert, AlertState::kPending)) : std::nullopt;
}

std::optional<AlertState> AlertLife::Clear(const AlertJudgement& judged, nanoseconds elapsed,
                                           Alert& alert) {
  if (!*judged.is_clear) {
    CountReturn(judged, elapsed, alert);
    cleared_.reset();
    alert.clears_in.reset();
    return std::nullopt;
  }
  held_.reset();
  cleared_ = cleared_ ? *cleared_ + elapsed : nanoseconds(0);
  if (*cleared_ < alert.rule->clear.hold) {
    alert.clears_in = ClearTime(alert) - *cleared_;
    return std::nullopt;
  }
  if (!alert.flapping) return End(alert);
  lull_ = nanoseconds(0);
  alert.clears_in = kFlappingLull;
  return std::nullopt;
}

void AlertLife::CountReturn(const AlertJudgement& judged, nanoseconds elapsed, Alert& alert) {
  const nanoseconds hold = alert.rule->hold;
  if (cleared_ && *cleared_ > nanoseconds(0) && *cleared_ >= hold) was_away_ = true;
  if (!was_away_) return;
  if (!judged.holds.value_or(false)) {
    held_.reset();
  } else if (HasHeld(hold, elapsed)) {
    was_away_ = false;
    NoteBegin(judged.now.monotonic, alert);
  }
}

std::optional<AlertState> AlertLife::Rest(const AlertJudgement& judged, nanoseconds elapsed,
                                          Alert& alert) {
  if (*judged.holds) {
    alert.clears_in.reset();
    if (!HasHeld(alert.rule->hold, elapsed)) return std::nullopt;
    lull_.reset();
    cleared_.reset();
    was_away_ = false;
    alert.clears_in.reset();
    NoteBegin(judged.now.monotonic, alert);
    return std::nullopt;
  }
  held_.reset();
  *lull_ += elapsed;
  if (*lull_ >= kFlappingLull) return End(alert);
  alert.clears_in = kFlappingLull - *lull_;
  return std::nullopt;
}

nanoseconds AlertLife::ClearTime(const Alert& alert) {
  const nanoseconds lull = alert.flapping ? nanoseconds(kFlappingLull) : nanoseconds(0);
  return alert.rule->clear.hold + lull;
}

std::optional<AlertState> AlertLife::End(Alert& alert) {
  lull_.reset();
  cleared_.reset();
  if (alert.state == AlertState::kInactive) return std::nullopt;
  const bool was_firing = alert.state == AlertState::kFiring;
  return Become(alert, was_firing ? AlertState::kResolved : AlertState::kInactive);
}

bool AlertLife::HasHeld(nanoseconds hold, nanoseconds elapsed) {
  held_ = held_ ? *held_ + elapsed : nanoseconds(0);
  return *held_ >= hold;
}

void AlertLife::NoteBegin(MonotonicTime now, Alert& alert) {
  std::erase_if(begun_, [now](MonotonicTime begin) { return now - begin > kFlappingSpan; });
  if (begun_.size() == kMaxTimes) begun_.erase(begun_.begin());
  begun_.push_back(now);
  if (begun_.size() < kFlappingTimes) return;
  alert.flapping =
      AlertFlapping{.times = static_cast<unsigned>(begun_.size()), .span = now - begun_.front()};
}

bool AlertLife::Remembers(MonotonicTime now) const {
  return !begun_.empty() && now - begun_.back() <= kFlappingSpan;
}

}  // namespace connwatch
