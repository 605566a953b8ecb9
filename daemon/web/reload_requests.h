// Passes requests to load the configuration again from HTTP threads to the loop, and returns the
// outcome.
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
  /// Call it on the loop thread. `reload` runs on that thread, once for all requests that wait. The
  /// loop must outlive this object.
  static Result<std::unique_ptr<ReloadRequests>> Create(EventLoop& loop,
                                                        std::function<Result<void>()> reload);
  ~ReloadRequests();
  ReloadRequests(const ReloadRequests&) = delete;
  ReloadRequests& operator=(const ReloadRequests&) = delete;

  /// Waits at most 30 s for a reload that begins after this call, and returns its outcome. Call it
  /// on any thread except the loop's.
  Result<void> Ask();
  /// Ends all waiting and future calls of Ask with an error that says that the daemon stops. Call
  /// it on the loop thread, before the threads that ask are ended.
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
