// Drives the full tier on the event loop: begins a poll at each interval, reads on when the kernel
// has more, at a priority below everything else, and gives up at the deadline.
#pragma once

#include <functional>

#include "daemon/event_loop.h"
#include "daemon/full_tier.h"

namespace connwatch {

class FullTierRunner {
 public:
  /// `on_concluded` is called after each poll that ended. All must outlive the runner.
  FullTierRunner(EventLoop& loop, FullTier& tier, std::function<void()> on_concluded);

  /// Polls now, then at each interval. Also after a change of interval.
  Result<void> Start();

 private:
  Result<void> ScheduleNext();
  void OnDue();
  void OnReadable();
  // Runs a step of the tier, adds up its CPU time, and sees to what follows from it.
  void Step(const std::function<void(Instant)>& step);
  Result<void> WatchDump();
  void FailOnError(Result<void> result);

  EventLoop& loop_;
  FullTier& tier_;
  std::function<void()> on_concluded_;
  MonotonicTime next_due_;
  EventSource due_;
  EventSource readable_;
  EventSource deadline_;
};

}  // namespace connwatch
