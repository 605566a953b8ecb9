#include "daemon/tier_runner.h"

#include <utility>

namespace connwatch {

TierRunner::TierRunner(EventLoop& loop, Priority priority, TierPoller& tier,
                       std::function<void()> on_concluded)
    : loop_(loop), priority_(priority), tier_(tier), on_concluded_(std::move(on_concluded)) {}

Result<void> TierRunner::Start() {
  next_due_ = EventLoop::Now().monotonic;
  return ScheduleNext();
}

Result<void> TierRunner::ScheduleNext() {
  auto due = loop_.At(next_due_, priority_, [this] { OnDue(); });
  if (!due) return std::move(due).error();
  due_ = std::move(due).value();
  return {};
}

void TierRunner::OnDue() {
  const auto interval = tier_.health().interval();
  const MonotonicTime now = EventLoop::Now().monotonic;
  tier_.RecordLateness(std::chrono::duration_cast<std::chrono::microseconds>(now - next_due_));
  next_due_ += interval;
  if (next_due_ <= now) next_due_ = now + interval;  // the host slept: no burst to catch up
  FailOnError(ScheduleNext());
  Step([this](Instant at) { tier_.Begin(at); });
}

void TierRunner::OnReadable() {
  Step([this](Instant at) { tier_.Continue(at); });
}

void TierRunner::Step(const std::function<void(Instant)>& step) {
  const bool was_in_flight = tier_.IsInFlight();
  const auto cpu_before = EventLoop::ThreadCpuTime();
  step(EventLoop::Now());
  const bool has_concluded = tier_.HasEnded();
  if (has_concluded) {
    readable_ = {};
    deadline_ = {};
    tier_.Conclude(EventLoop::Now());
  }
  const auto cpu_after = EventLoop::ThreadCpuTime();
  tier_.AddCpu(cpu_after - cpu_before);
  if (has_concluded) {
    on_concluded_();
    tier_.AddCpu(EventLoop::ThreadCpuTime() - cpu_after);  // what follows is part of the price
  } else if (!was_in_flight) {
    FailOnError(WatchDump());
  }
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
