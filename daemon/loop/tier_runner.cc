#include "daemon/loop/tier_runner.h"

#include <algorithm>
#include <utility>

#include "monitor/clock.h"

namespace connwatch {

TierRunner::TierRunner(EventLoop& loop, Priority priority, TierPoller& tier,
                       OnConcluded on_concluded)
    : loop_(loop), priority_(priority), tier_(tier), on_concluded_(std::move(on_concluded)) {}

void TierRunner::RideWith(TierRunner& carrier) {
  carrier_ = &carrier;
  carrier.passenger_ = this;
}

Result<void> TierRunner::Start() { return ScheduleAt(Now().monotonic); }

Result<void> TierRunner::Reschedule() {
  if (!schedule_ || schedule_->interval == tier_.health().interval()) return {};
  const MonotonicTime now = Now().monotonic;
  if (schedule_->next() <= now) return {};
  schedule_->interval = tier_.health().interval();
  return ScheduleAt(std::max(schedule_->next(), now));
}

Result<void> TierRunner::ScheduleAt(MonotonicTime due) {
  next_due_ = due;
  return SetTimer(due);
}

Result<void> TierRunner::SetTimer(MonotonicTime at) {
  auto timer = loop_.At(at, priority_, [this] { OnDue(); });
  if (!timer) return std::move(timer).error();
  due_ = std::move(timer).value();
  return {};
}

void TierRunner::OnDue() {
  const MonotonicTime now = Now().monotonic;
  const bool can_ride = carrier_ != nullptr && !tier_.IsInFlight() && tier_.OnePassServesAll();
  if (can_ride && carrier_->IsDueBy(now + Patience())) {
    carrier_->OnDue();
    return;
  }
  NoteBegin(now);
  const bool carries = passenger_ != nullptr && !tier_.IsInFlight() && tier_.OnePassServesAll() &&
                       passenger_->IsDueBy(now + passenger_->Patience());
  if (carries) {
    passenger_->NoteBegin(now);
    is_carrying_ = true;
  }
  Step([&](Instant at) { tier_.Begin(at, carries ? &passenger_->tier_ : nullptr); });
}

bool TierRunner::IsDueBy(MonotonicTime at) const {
  return next_due_ && *next_due_ <= at && !tier_.IsInFlight();
}

std::chrono::milliseconds TierRunner::Patience() const {
  constexpr int kParts = 20;
  return tier_.health().interval() / kParts;
}

void TierRunner::NoteBegin(MonotonicTime now) {
  const MonotonicTime due = *next_due_;
  const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now - due);
  tier_.RecordLateness(std::max(late, std::chrono::microseconds(0)));
  const auto interval = tier_.health().interval();
  // After the host has slept, missed polls are not made up for in a burst.
  const bool is_missed = due + interval <= now;
  schedule_ = Schedule{is_missed ? now : due, interval};
  FailOnError(ScheduleAt(schedule_->next()));
}

void TierRunner::OnReadable() {
  Step([this](Instant at) { tier_.Continue(at); });
}

void TierRunner::Step(const std::function<void(Instant)>& step) {
  const MonotonicTime begin = Now().monotonic;
  const bool was_in_flight = tier_.IsInFlight();
  const auto cpu_before = ThreadCpuTime();
  step(Now());
  const bool has_concluded = tier_.HasEnded();
  if (has_concluded) {
    readable_ = {};
    deadline_ = {};
    tier_.Conclude(Now());
  }
  const auto cpu_after = ThreadCpuTime();
  tier_.AddCpu(cpu_after - cpu_before);
  if (has_concluded) {
    on_concluded_(std::exchange(is_carrying_, false) ? &passenger_->tier_ : nullptr);
    tier_.AddCpu(ThreadCpuTime() - cpu_after);  // work after the poll is part of its cost
    LetOthersGo(begin);
  } else if (!was_in_flight) {
    FailOnError(WatchDump());
  }
}

void TierRunner::LetOthersGo(MonotonicTime begin) {
  const MonotonicTime now = Now().monotonic;
  if (*next_due_ > now) return;
  const MonotonicTime::duration taken = now - begin;
  FailOnError(SetTimer(now + std::min<MonotonicTime::duration>(taken, tier_.health().interval())));
}

Result<void> TierRunner::WatchDump() {
  auto readable = loop_.OnReadable(tier_.fd(), priority_, [this] { OnReadable(); });
  if (!readable) return std::move(readable).error();
  auto deadline = loop_.At(tier_.deadline(), priority_, [this] { OnReadable(); });
  if (!deadline) return std::move(deadline).error();
  readable_ = std::move(readable).value();
  deadline_ = std::move(deadline).value();
  return {};
}

void TierRunner::FailOnError(Result<void> result) {
  if (!result) loop_.Fail(std::move(result).error());
}

}  // namespace connwatch
