#include "daemon/loop/handshake_runner.h"

#include "core/handshakes/handshake_source.h"
#include "monitor/clock.h"

namespace connwatch {

// The interval begins when a reading has ended. So between two readings there is always a whole
// interval, however late the loop is: the source needs that time before a table is at rest.
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
