// Keeps the stream of destroy events on the loop: opens it and passes every event on. With kAuto it
// closes the stream for a while if the events cost too much. It does not close it when events are
// lost (an overrun): the events that still come are worth more than none.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "core/base/recurring_trouble.h"
#include "core/polling/spending.h"
#include "core/sockets/destroy_event_source.h"
#include "core/sockets/destroy_event_stats.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class DestroyEventRunner {
 public:
  /// How long to wait before joining again, after the events cost too much or joining failed.
  static constexpr std::chrono::minutes kAbsence{1};

  using OnDestroyed = std::function<void(const SocketRecord& record, MonotonicTime now)>;

  /// Both references must outlive the runner.
  DestroyEventRunner(EventLoop& loop, DestroyEventSource& source, OnDestroyed on_destroyed);

  /// Joins or leaves as `config` says. Call it again when `config` has changed. If joining fails,
  /// that is logged and tried again later.
  void Configure(const Config& config);

  DestroyEventStats stats(MonotonicTime now) const;

 private:
  void Join();
  void Watch();
  // Events come in bursts. After a read they may collect for a while, which saves most wake-ups.
  void Gather();
  void Leave();
  // Logs `line` with `tell`, but once only while absences follow each other.
  void BeginAbsence(void (*tell)(std::string_view), const std::string& line);
  void EndAbsence();
  void RejoinLater();
  void OnReadable();
  // Reads what has come, but only a limited amount. Returns true iff there is more. An error means
  // that the stream is broken.
  Result<bool> Read();

  EventLoop& loop_;
  DestroyEventSource& source_;
  const OnDestroyed on_destroyed_;
  DestroyEvents mode_ = DestroyEvents::kOff;
  std::size_t buffer_bytes_ = 0;
  double limit_ = 0;         // with kAuto, share of one core
  DestroyEventStats stats_;  // without the absence that lasts
  std::optional<MonotonicTime> absent_since_;
  RecurringTrouble absences_;
  Spending spending_;
  std::unique_ptr<DestroyEventStream> stream_;
  LoopRegistration readable_;
  LoopRegistration gather_;
  LoopRegistration rejoin_;
};

}  // namespace connwatch
