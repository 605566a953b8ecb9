// Beats once a second on the loop, to find out when the process did not run. Each pause is logged.
#pragma once

#include <chrono>

#include "core/polling/pauses.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class Heartbeat {
 public:
  /// `loop` must outlive the heartbeat.
  explicit Heartbeat(EventLoop& loop) : loop_(loop) {}

  Result<void> Start();

  /// Returns how long the process has not run, up to now. Beats, because whoever asks may be the
  /// first to run after a pause.
  std::chrono::nanoseconds PausedUntil(MonotonicTime now);

 private:
  static constexpr std::chrono::seconds kPeriod{1};

  EventLoop& loop_;
  Pauses pauses_;
  LoopRegistration next_;
};

}  // namespace connwatch
