#include "daemon/loop/reload_requests.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "monitor/clock.h"

namespace connwatch {

namespace {

Error Stopping() { return Error{ESHUTDOWN, "the daemon is stopping"}; }

}  // namespace

Result<std::unique_ptr<ReloadRequests>> ReloadRequests::Create(
    EventLoop& loop, std::function<Result<void>()> reload) {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return Error::FromErrno(errno, "eventfd");
  std::unique_ptr<ReloadRequests> requests(new ReloadRequests(loop, fd, std::move(reload)));
  auto asked =
      loop.OnReadable(fd, Priority::kReloadRequests, [raw = requests.get()] { raw->OnAsked(); });
  if (!asked) return std::move(asked).error();
  requests->asked_ = std::move(asked).value();
  return requests;
}

ReloadRequests::~ReloadRequests() {
  asked_ = {};
  close(event_fd_);
}

Result<void> ReloadRequests::TakeHangups() {
  takes_hangups_ = true;
  auto hangup = loop_.OnSignal(SIGHUP, Priority::kReloadRequests, [this] { Request(); });
  if (!hangup) return std::move(hangup).error();
  hangup_ = std::move(hangup).value();
  return {};
}

void ReloadRequests::Request() {
  if (is_scheduled_) return;
  const MonotonicTime overdue = std::max(not_before_, Now().monotonic + kMaxWait);
  auto when_idle = loop_.At(not_before_, Priority::kReload, [this] { Serve(); });
  auto when_overdue = loop_.At(overdue, Priority::kOverdueReload, [this] { Serve(); });
  for (auto* timer : {&when_idle, &when_overdue}) {
    if (!*timer) return loop_.Fail(std::move(*timer).error());
  }
  when_idle_ = std::move(when_idle).value();
  when_overdue_ = std::move(when_overdue).value();
  is_scheduled_ = true;
  hangup_ = {};
}

Result<void> ReloadRequests::Ask() {
  std::promise<Result<void>> promise;
  std::future<Result<void>> outcome = promise.get_future();
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return Stopping();
    if (!tokens_.Take(Now().monotonic)) {
      return Error{EBUSY, "too many reloads, one per second is permitted"};
    }
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

void ReloadRequests::OnAsked() {
  eventfd_t count = 0;
  eventfd_read(event_fd_, &count);
  {
    const MutexLock lock(mutex_);
    if (waiting_.empty()) return;  // a reload that was scheduled already has served them
  }
  Request();
}

void ReloadRequests::Serve() {
  is_scheduled_ = false;
  when_idle_ = {};
  when_overdue_ = {};
  if (takes_hangups_) {
    if (auto taken = TakeHangups(); !taken) return loop_.Fail(std::move(taken).error());
  }
  Waiting waiting = TakeWaiting();
  const MonotonicTime start = Now().monotonic;
  const Result<void> outcome = reload_();
  const MonotonicTime end = Now().monotonic;
  not_before_ = end + std::min<std::chrono::nanoseconds>((end - start) * kPauseFactor, kMaxPause);
  for (auto& promise : waiting) promise.set_value(outcome);
}

ReloadRequests::Waiting ReloadRequests::TakeWaiting() {
  const MutexLock lock(mutex_);
  return std::exchange(waiting_, {});
}

}  // namespace connwatch
