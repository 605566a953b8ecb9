// Beats once a second on the loop: to find out when the process did not run, and for what others do
// once a second. Each pause is logged.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "core/polling/pauses.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class Heartbeat {
 public:
  /// `on_beat` is called at each beat, the first one within Start. `loop` must outlive the
  /// heartbeat.
  Heartbeat(EventLoop& loop, std::function<void(MonotonicTime now)> on_beat)
      : loop_(loop), on_beat_(std::move(on_beat)) {}

  Result<void> Start();

  /// Returns how long the process has not run, up to now. Beats, because whoever asks may be the
  /// first to run after a pause.
  std::chrono::nanoseconds PausedUntil(MonotonicTime now);

 private:
  static constexpr std::chrono::seconds kPeriod{1};

  EventLoop& loop_;
  std::function<void(MonotonicTime now)> on_beat_;
  Pauses pauses_;
  LoopRegistration next_;
};

}  // namespace connwatch
