// Brings "load the configuration again" from HTTP threads to the loop, and the outcome back.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "daemon/loop/event_loop.h"

namespace connwatch {

class ReloadRequests {
 public:
  /// On the loop thread. `reload` runs on it, once for all requests that wait. The loop must
  /// outlive this.
  static Result<std::unique_ptr<ReloadRequests>> Create(EventLoop& loop,
                                                        std::function<Result<void>()> reload);
  ~ReloadRequests();
  ReloadRequests(const ReloadRequests&) = delete;
  ReloadRequests& operator=(const ReloadRequests&) = delete;

  /// Waits for a reload that begins after this call, for at most 30 s; its outcome. On any thread
  /// but the loop's.
  Result<void> Ask();
  /// Whoever waits, and whoever asks from now on, is told that the daemon stops. On the loop
  /// thread, before the end of the threads that ask.
  void Close();

 private:
  using Waiting = std::vector<std::promise<Result<void>>>;

  ReloadRequests(int event_fd, std::function<Result<void>()> reload)
      : event_fd_(event_fd), reload_(std::move(reload)) {}
  void Serve();
  Waiting TakeWaiting();

  const int event_fd_;
  const std::function<Result<void>()> reload_;
  LoopRegistration readable_;
  Mutex mutex_;
  Waiting waiting_ CONNWATCH_GUARDED_BY(mutex_);
  bool is_closed_ CONNWATCH_GUARDED_BY(mutex_) = false;
};

}  // namespace connwatch
