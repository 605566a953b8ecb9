// Has the handshakes read again and again, on the loop.
#pragma once

#include <functional>
#include <utility>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class HandshakeRunner {
 public:
  /// `read` is called every HandshakeSource::kInterval. `loop` must outlive the runner.
  HandshakeRunner(EventLoop& loop, std::function<void(MonotonicTime now)> read)
      : loop_(loop), read_(std::move(read)) {}

  Result<void> Start();

 private:
  EventLoop& loop_;
  std::function<void(MonotonicTime now)> read_;
  LoopRegistration next_;
};

}  // namespace connwatch
