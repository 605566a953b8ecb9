// Keeps the stream of destroy events on the loop: joins, hands every event to the tracker, and with
// `auto` leaves for a while when it costs too much.
#pragma once

#include <chrono>
#include <memory>

#include "config/config.h"
#include "core/connections/connection_tracker.h"
#include "core/polling/spending.h"
#include "core/sockets/destroy_event_source.h"
#include "core/sockets/destroy_event_stats.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class DestroyEventRunner {
 public:
  /// How long it stays away when it cost too much, or could not join.
  static constexpr std::chrono::minutes kAbsence{1};

  /// All must outlive the runner.
  DestroyEventRunner(EventLoop& loop, DestroyEventSource& source, ConnectionTracker& tracker);

  /// Joins or leaves as `config` says; call it again when that has changed. Failing to join is
  /// logged and tried again.
  void Configure(const Config& config);

  const DestroyEventStats& stats() const { return stats_; }
  /// What the events cost of late, as a share of one core.
  double share() const { return spending_.share(); }

 private:
  // Events come in crowds: after a read they may gather for a while, which saves most wake-ups.
  static constexpr std::chrono::milliseconds kGather{2};

  void Join();
  void Watch();
  void Gather();
  void Leave();
  void RejoinLater();
  void OnReadable();
  // Reads what has come, but not for ever: whether there is more. An error: the stream is broken.
  Result<bool> Read();

  EventLoop& loop_;
  DestroyEventSource& source_;
  ConnectionTracker& tracker_;
  DestroyEvents mode_ = DestroyEvents::kOff;
  std::size_t buffer_bytes_ = 0;
  double limit_ = 0;  // with kAuto, share of one core
  DestroyEventStats stats_;
  Spending spending_;
  std::unique_ptr<DestroyEventStream> stream_;
  LoopRegistration readable_;
  LoopRegistration gather_;
  LoopRegistration rejoin_;
};

}  // namespace connwatch
