// Drives a tier on the event loop: begins a poll at each interval, reads on when the kernel
// has more, at the tier's own priority, and gives up at the deadline.
#pragma once

#include <functional>
#include <optional>

#include "daemon/loop/event_loop.h"
#include "monitor/tier_poller.h"

namespace connwatch {

class TierRunner {
 public:
  /// `on_concluded` is called after each poll that ended. All must outlive the runner.
  TierRunner(EventLoop& loop, Priority priority, TierPoller& tier,
             std::function<void()> on_concluded);

  /// Polls now, then at each interval.
  Result<void> Start();

  /// To be called when the tier's interval has changed: it counts from the latest poll. The first
  /// poll is not put off.
  Result<void> Reschedule();

 private:
  Result<void> ScheduleAt(MonotonicTime due);
  void OnDue(MonotonicTime due);
  void OnReadable();
  // Runs a step of the tier, adds up its CPU time, and sees to what follows from it.
  void Step(const std::function<void(Instant)>& step);
  Result<void> WatchDump();
  void FailOnError(Result<void> result);

  EventLoop& loop_;
  Priority priority_;
  TierPoller& tier_;
  std::function<void()> on_concluded_;
  std::optional<MonotonicTime> latest_due_;
  LoopRegistration due_;
  LoopRegistration readable_;
  LoopRegistration deadline_;
};

}  // namespace connwatch
