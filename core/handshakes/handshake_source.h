// The interface that tells of every handshake that has ended. bpf/ implements it; tests script it.
#pragma once

#include <chrono>
#include <functional>

#include "core/base/result.h"
#include "core/handshakes/handshake_batch.h"
#include "core/handshakes/tracing_status.h"

namespace connwatch {

/// Used by one thread.
class HandshakeSource {
 public:
  virtual ~HandshakeSource() = default;

  /// How often Read() should be called.
  static constexpr std::chrono::milliseconds kInterval{500};

  /// Calls `take` for all handshakes that had ended by the Read() before. Each is told of once.
  /// After an error what was not told of is told of by a later call.
  virtual Result<void> Read(const std::function<void(const HandshakeBatch&)>& take) = 0;
  /// From now on tells handshakes apart by `detail`.
  virtual void Ask(const HandshakeDetail& detail) = 0;
  virtual TracingStatus status() const = 0;
};

}  // namespace connwatch
