#include "daemon/loop/heartbeat.h"

#include <string>
#include <utility>

#include "daemon/process/logging.h"
#include "monitor/clock.h"

namespace connwatch {

Result<void> Heartbeat::Start() {
  const MonotonicTime now = Now().monotonic;
  PausedUntil(now);
  on_beat_(now);
  auto next = loop_.At(now + kPeriod, Priority::kHeartbeat, [this] {
    if (auto started = Start(); !started) loop_.Fail(std::move(started).error());
  });
  if (!next) return std::move(next).error();
  next_ = std::move(next).value();
  return {};
}

std::chrono::nanoseconds Heartbeat::PausedUntil(MonotonicTime now) {
  if (const auto pause = pauses_.Beat(now)) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(*pause);
    LogWarning("did not run for " + std::to_string(seconds.count()) +
               " s: the process was stopped, the host was suspended, there was no CPU time, or a "
               "system call took that long");
  }
  return pauses_.total();
}

}  // namespace connwatch
