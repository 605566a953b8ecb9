// Has the handshakes read on the loop, again and again. Used by the loop's thread.
#pragma once

#include <functional>
#include <utility>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class HandshakeRunner {
 public:
  /// `read` is called HandshakeSource::kInterval after Start(), and then that long after each
  /// reading has ended. `loop` must outlive the runner.
  HandshakeRunner(EventLoop& loop, std::function<void(MonotonicTime now)> read)
      : loop_(loop), read_(std::move(read)) {}

  /// Call it once. An error if the loop cannot set a timer. If that happens later, the loop fails.
  Result<void> Start();

 private:
  EventLoop& loop_;
  std::function<void(MonotonicTime now)> read_;
  LoopRegistration next_;
};

}  // namespace connwatch
