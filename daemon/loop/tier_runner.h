// Drives a tier on the event loop. Begins a poll at each interval, reads on at the tier's own
// priority when the kernel has more, and gives up at the deadline.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "daemon/loop/event_loop.h"
#include "monitor/tier_poller.h"

namespace connwatch {

class TierRunner {
 public:
  /// `on_concluded` is called after each poll that ended. All references must outlive the runner.
  TierRunner(EventLoop& loop, Priority priority, TierPoller& tier,
             std::function<void()> on_concluded);

  /// Polls now, then at each interval.
  Result<void> Start();

  /// Must be called when the tier's interval may have changed. If it has, the new interval counts
  /// from the latest poll; a poll that is then overdue runs at once. Does nothing if the interval
  /// is the one in force, if a poll is due already, or before the first poll. So no number of calls
  /// puts off a poll beyond the interval.
  Result<void> Reschedule();

 private:
  Result<void> ScheduleAt(MonotonicTime due);
  void OnDue(MonotonicTime due);
  void OnReadable();
  // Runs a step of the tier and counts its CPU time. Then concludes the poll if it has ended.
  void Step(const std::function<void(Instant)>& step);
  Result<void> WatchDump();
  void FailOnError(Result<void> result);

  EventLoop& loop_;
  Priority priority_;
  TierPoller& tier_;
  std::function<void()> on_concluded_;
  // When the next poll is due: so long after the latest one.
  struct Schedule {
    MonotonicTime latest;
    std::chrono::milliseconds interval;

    MonotonicTime next() const { return latest + interval; }
  };
  std::optional<Schedule> schedule_;  // absent before the first poll
  LoopRegistration due_;
  LoopRegistration readable_;
  LoopRegistration deadline_;
};

}  // namespace connwatch
