#include "daemon/loop/handshake_runner.h"

#include "core/handshakes/handshake_source.h"
#include "monitor/clock.h"

namespace connwatch {

// The time is counted from the end of a reading. So the source has the whole of it between two
// readings, however late the loop is.
Result<void> HandshakeRunner::Start() {
  const auto due = Now().monotonic + HandshakeSource::kInterval;
  auto next = loop_.At(due, Priority::kDestroyEvents, [this] {
    read_(Now().monotonic);
    if (auto started = Start(); !started) loop_.Fail(std::move(started).error());
  });
  if (!next) return std::move(next).error();
  next_ = std::move(next).value();
  return {};
}

}  // namespace connwatch
