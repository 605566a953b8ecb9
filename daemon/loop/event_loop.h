// The only event loop of the daemon, on sd-event: timers, descriptors and signals, by priority. The
// code on its thread owns nearly everything in the daemon that changes (docs/architecture.md,
// "Threads").
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/polling/tier.h"

struct sd_event;
struct sd_event_source;

namespace connwatch {

/// If several things are to be done, the one with the lowest number goes first. The tiers have 0,
/// 10, 20, ..., so slices of the long dump come after everything that is short.
enum class Priority : std::int64_t {
  kHeartbeat = -20,  // first, so that whatever comes after a pause knows of it
  kStopSignals = -10,
  kReloadRequests = -5,  // a reload is only scheduled
  kOverdueReload = -4,   // one that polls have kept waiting for long (ReloadRequests)
  kDestroyEvents = 5,
  kHousekeeping = 10,
  kReload = 100,  // last, so that no number of reloads delays a poll by more than one of them
};

constexpr Priority PriorityOf(Tier tier) {
  constexpr std::int64_t kStep = 10;
  return Priority{kStep * static_cast<std::int64_t>(IndexOf(tier))};
}
static_assert(PriorityOf(kTiers.back().id) < Priority::kReload);

/// A registration with the loop. To end it, destroy it. Its own callback may do so.
class LoopRegistration {
 public:
  LoopRegistration() = default;

 private:
  friend class EventLoop;
  struct Unregister {
    void operator()(sd_event_source* source) const;
  };
  explicit LoopRegistration(sd_event_source* source) : source_(source) {}

  std::unique_ptr<sd_event_source, Unregister> source_;
};

class EventLoop {
 public:
  using Callback = std::function<void()>;

  static Result<std::unique_ptr<EventLoop>> Create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// The signal must be blocked in every thread (BlockSignals).
  Result<LoopRegistration> OnSignal(int signal_number, Priority priority, Callback callback);
  /// Calls `callback` while `fd` is readable (level-triggered). Does not own `fd`.
  Result<LoopRegistration> OnReadable(int fd, Priority priority, Callback callback);
  /// Calls `callback` once, at `when`, or at once if that has passed.
  Result<LoopRegistration> At(MonotonicTime when, Priority priority, Callback callback);

  /// Runs until a callback calls Stop or Fail. After Fail it returns the error given there.
  Result<void> Run();
  void Stop();
  void Fail(Error error);

 private:
  explicit EventLoop(sd_event* event) : event_(event) {}

  sd_event* event_;
  Result<void> outcome_;
};

/// Blocks the signals that the loop takes. Threads started later inherit that. Ignores SIGPIPE.
void BlockSignals();

}  // namespace connwatch
