// Keeps the stream of destroy events on the loop. Joins the kernel's multicast groups for them and
// passes every event to the tracker. With kAuto it leaves these groups for a while if the events
// cost too much. It does not leave them when events are lost (an overrun): the events that still
// come are worth more than none.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "config/config.h"
#include "core/connections/connection_tracker.h"
#include "core/polling/spending.h"
#include "core/sockets/destroy_event_source.h"
#include "core/sockets/destroy_event_stats.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class DestroyEventRunner {
 public:
  /// How long to wait before joining again, after the events cost too much or joining failed.
  static constexpr std::chrono::minutes kAbsence{1};

  /// All arguments must outlive the runner.
  DestroyEventRunner(EventLoop& loop, DestroyEventSource& source, ConnectionTracker& tracker);

  /// Joins or leaves as `config` says. Call it again when `config` has changed. If joining fails,
  /// that is logged and tried again later.
  void Configure(const Config& config);

  DestroyEventStats stats(MonotonicTime now) const;

 private:
  // Events come in bursts. After a read they may collect for this long, which saves most wake-ups.
  static constexpr std::chrono::milliseconds kGather{2};

  void Join();
  void Watch();
  void Gather();
  void Leave();
  void BeginAbsence();
  void EndAbsence();
  void RejoinLater();
  void OnReadable();
  // Reads what has come, but only a limited amount. Returns true iff there is more. An error means
  // that the stream is broken.
  Result<bool> Read();

  EventLoop& loop_;
  DestroyEventSource& source_;
  ConnectionTracker& tracker_;
  DestroyEvents mode_ = DestroyEvents::kOff;
  std::size_t buffer_bytes_ = 0;
  double limit_ = 0;         // with kAuto, share of one core
  DestroyEventStats stats_;  // without the absence that lasts
  std::optional<MonotonicTime> absent_since_;
  Spending spending_;
  std::unique_ptr<DestroyEventStream> stream_;
  LoopRegistration readable_;
  LoopRegistration gather_;
  LoopRegistration rejoin_;
};

}  // namespace connwatch
