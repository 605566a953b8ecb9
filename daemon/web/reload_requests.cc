#include "daemon/web/reload_requests.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace connwatch {

namespace {

Error Stopping() { return Error{ESHUTDOWN, "the daemon is stopping"}; }

}  // namespace

Result<std::unique_ptr<ReloadRequests>> ReloadRequests::Create(
    EventLoop& loop, std::function<Result<void>()> reload) {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return Error::FromErrno(errno, "eventfd");
  std::unique_ptr<ReloadRequests> requests(new ReloadRequests(fd, std::move(reload)));
  auto readable = loop.OnReadable(fd, Priority::kSignals, [raw = requests.get()] { raw->Serve(); });
  if (!readable) return std::move(readable).error();
  requests->readable_ = std::move(readable).value();
  return requests;
}

ReloadRequests::~ReloadRequests() {
  readable_ = {};
  close(event_fd_);
}

Result<void> ReloadRequests::Ask() {
  std::promise<Result<void>> promise;
  std::future<Result<void>> outcome = promise.get_future();
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return Stopping();
    waiting_.push_back(std::move(promise));
  }
  eventfd_write(event_fd_, 1);
  constexpr std::chrono::seconds kPatience{30};
  if (outcome.wait_for(kPatience) == std::future_status::ready) return outcome.get();
  return Error{ETIMEDOUT, "the reload has not ended within 30 s; it continues"};
}

void ReloadRequests::Close() {
  {
    const MutexLock lock(mutex_);
    is_closed_ = true;
  }
  for (auto& promise : TakeWaiting()) promise.set_value(Stopping());
}

void ReloadRequests::Serve() {
  eventfd_t count = 0;
  eventfd_read(event_fd_, &count);
  Waiting waiting = TakeWaiting();
  if (waiting.empty()) return;
  const Result<void> outcome = reload_();
  for (auto& promise : waiting) promise.set_value(outcome);
}

ReloadRequests::Waiting ReloadRequests::TakeWaiting() {
  const MutexLock lock(mutex_);
  return std::exchange(waiting_, {});
}

}  // namespace connwatch
