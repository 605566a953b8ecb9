// Requests to load the configuration again, from signals and from HTTP threads. All of them go
// through here, so that no flood of them keeps the loop from polling, and no amount of polling
// keeps the configuration from being loaded. A reload waits until no poll has anything to do, but
// at most kMaxWait. Requests that wait together are served by one reload, and each reload is
// followed by a pause.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "daemon/loop/event_loop.h"
#include "exporters/access/token_bucket.h"

namespace connwatch {

class ReloadRequests {
 public:
  /// The pause after a reload is so many times as long as the reload took, at most kMaxPause.
  static constexpr int kPauseFactor = 9;
  static constexpr std::chrono::seconds kMaxPause{1};
  /// On a host where some poll is always due, a reload begins after this time and delays a poll.
  static constexpr std::chrono::seconds kMaxWait{2};
  /// Ask() may be called so many times without a pause, and then once per second. An HTTP thread
  /// answers nobody else while it waits for a reload.
  static constexpr unsigned kBurst = 10;

  /// Call it on the loop thread. `reload` runs on that thread. The loop must outlive this object.
  static Result<std::unique_ptr<ReloadRequests>> Create(EventLoop& loop,
                                                        std::function<Result<void>()> reload);
  ~ReloadRequests();
  ReloadRequests(const ReloadRequests&) = delete;
  ReloadRequests& operator=(const ReloadRequests&) = delete;

  /// From now on each SIGHUP is a request. The signal must be blocked in every thread
  /// (BlockSignals). For the loop thread, like Request.
  Result<void> TakeHangups();
  /// Has the configuration loaded soon, and does not wait for that.
  void Request();
  /// Waits at most 30 s for a reload that begins after this call, and returns its outcome. EBUSY
  /// after too many calls: then nothing is loaded. Call it on any thread except the loop's.
  Result<void> Ask();
  /// Ends all waiting and future calls of Ask with an error that says that the daemon stops. Call
  /// it on the loop thread, before the threads that ask are ended.
  void Close();

 private:
  using Waiting = std::vector<std::promise<Result<void>>>;

  ReloadRequests(EventLoop& loop, int event_fd, std::function<Result<void>()> reload)
      : loop_(loop), event_fd_(event_fd), reload_(std::move(reload)) {}
  void OnAsked();
  void Serve();
  Waiting TakeWaiting();

  EventLoop& loop_;
  const int event_fd_;
  const std::function<Result<void>()> reload_;
  LoopRegistration asked_;
  bool takes_hangups_ = false;
  LoopRegistration hangup_;  // not while a reload is scheduled, so that a flood takes no time
  // The next reload, if it is scheduled. The first of the two that is called cancels the other one.
  bool is_scheduled_ = false;
  LoopRegistration when_idle_;
  LoopRegistration when_overdue_;
  MonotonicTime not_before_{};
  Mutex mutex_;
  TokenBucket tokens_ CONNWATCH_GUARDED_BY(mutex_){std::chrono::seconds(1), kBurst};
  Waiting waiting_ CONNWATCH_GUARDED_BY(mutex_);
  bool is_closed_ CONNWATCH_GUARDED_BY(mutex_) = false;
};

}  // namespace connwatch
