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
  /// Called after each poll that has ended. `passenger` is the other tier that this poll has served
  /// as well, or nullptr.
  using OnConcluded = std::function<void(const TierPoller* passenger)>;

  /// All references must outlive the runner.
  TierRunner(EventLoop& loop, Priority priority, TierPoller& tier, OnConcluded on_concluded);

  /// Lets the polls of `carrier` serve this tier as well whenever both are due, if the source says
  /// that this is worth it. Then only the carrier's callback is called. For that, a poll of either
  /// tier may begin early, by up to a twentieth of the interval of this tier. Call it before
  /// Start(). `carrier` must outlive the runner, and carries nobody else.
  void RideWith(TierRunner& carrier);

  /// Polls now, then at each interval.
  Result<void> Start();

  /// Must be called when the tier's interval may have changed. If it has, the new interval counts
  /// from the latest poll; a poll that is then overdue runs at once. Does nothing if the interval
  /// is the one in force, if a poll is due already, or before the first poll. So no number of calls
  /// puts off a poll beyond the interval.
  Result<void> Reschedule();

 private:
  Result<void> ScheduleAt(MonotonicTime due);
  Result<void> SetTimer(MonotonicTime at);
  void OnDue();
  // Returns true iff the next poll of this tier is due at `at` or before, and none is in flight.
  bool IsDueBy(MonotonicTime at) const;
  // How early a poll of this tier, or of its carrier, may begin so that one poll serves both.
  std::chrono::milliseconds Patience() const;
  // Counts the lateness of the poll that begins `now`, by itself or with the carrier, and sets the
  // timer for the next one.
  void NoteBegin(MonotonicTime now);
  void OnReadable();
  // Runs a step of the tier and counts its CPU time. Then concludes the poll if it has ended.
  void Step(const std::function<void(Instant)>& step);
  // Called after a poll whose last step began at `begin`. If the next one is due already, it waits
  // as long as that step took, at most an interval. Otherwise a tier whose polls take longer than
  // its interval, on a host that is short of CPU time, would never let tiers of lower priority
  // poll.
  void LetOthersGo(MonotonicTime begin);
  Result<void> WatchDump();
  void FailOnError(Result<void> result);

  EventLoop& loop_;
  Priority priority_;
  TierPoller& tier_;
  OnConcluded on_concluded_;
  // When the next poll is due: so long after the latest one.
  struct Schedule {
    MonotonicTime latest;
    std::chrono::milliseconds interval;

    MonotonicTime next() const { return latest + interval; }
  };
  std::optional<Schedule> schedule_;       // absent before the first poll
  std::optional<MonotonicTime> next_due_;  // absent before Start()
  TierRunner* carrier_ = nullptr;
  TierRunner* passenger_ = nullptr;  // that may ride; is_carrying_ says whether it does
  bool is_carrying_ = false;         // in the poll in flight
  LoopRegistration due_;
  LoopRegistration readable_;
  LoopRegistration deadline_;
};

}  // namespace connwatch
