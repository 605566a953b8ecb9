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

  /// Calls `take` for all handshakes that ended before the previous Read(). Each is told of once.
  /// An error says why the counts cannot be read; whatever was not told of is told of by a later
  /// call.
  virtual Result<void> Read(const std::function<void(const HandshakeBatch&)>& take) = 0;
  /// From now on tells handshakes apart by `detail` as well. The next two Read() may still tell of
  /// some that were counted by the detail before.
  virtual void Ask(const HandshakeDetail& detail) = 0;
  /// As of now.
  virtual TracingStatus status() const = 0;
};

}  // namespace connwatch
