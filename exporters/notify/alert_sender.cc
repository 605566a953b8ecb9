#include "exporters/notify/alert_sender.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

namespace connwatch {

namespace {

using std::chrono::milliseconds;

// Rounded up, so that what was waited for is due after the wait.
milliseconds TimeTo(MonotonicTime then, MonotonicTime now) {
  return std::max(std::chrono::ceil<milliseconds>(then - now), milliseconds(0));
}

// Needed because a TLS library may write to a connection that is closed.
void BlockSigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

AlertSender::AlertSender(Parts parts)
    : transport_(std::move(parts.transport)),
      now_(std::move(parts.now)),
      pulse_(parts.pulse),
      log_(std::move(parts.log)),
      dispatcher_(*transport_) {}

AlertSender::~AlertSender() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    mail_.is_last = true;
  }
  transport_->Wake();
  thread_.join();
}

Result<void> AlertSender::Configure(DispatchOptions options) {
  if (options.receivers.empty() && !thread_.joinable()) return {};
  {
    const MutexLock lock(mutex_);
    mail_.options = std::move(options);
  }
  if (thread_.joinable()) {
    transport_->Wake();
    return {};
  }
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return Error::FromErrno(error.code().value(), "start the thread that sends alerts");
  }
  return {};
}

void AlertSender::Post(std::shared_ptr<const AlertList> alerts, Instant now) {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    mail_.alerts.swap(alerts);
    mail_.alerts_at = now;
  }
  transport_->Wake();
}

std::vector<NotificationStats> AlertSender::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

void AlertSender::Run() {
  BlockSigpipe();
  std::optional<MonotonicTime> stop_at;
  std::vector<PostResult> ended;
  while (true) {
    Mail mail = TakeMail();
    const Instant now = now_();
    dispatcher_.Conclude(ended, now);
    if (mail.options) dispatcher_.Configure(*std::move(mail.options), now);
    if (mail.alerts) dispatcher_.Update(*mail.alerts, mail.alerts_at);
    if (mail.is_last) stop_at = now.monotonic + kGrace;
    if (AreCurrent(now.monotonic, mail.alerts != nullptr)) dispatcher_.Send(now);
    PublishStats();
    // If no request is under way, nothing that is left is due.
    if (stop_at && (now.monotonic >= *stop_at || !dispatcher_.IsPosting())) return;
    ended = transport_->Wait(Patience(now.monotonic, stop_at));
  }
}

AlertSender::Mail AlertSender::TakeMail() {
  const MutexLock lock(mutex_);
  return std::exchange(mail_, {});
}

void AlertSender::PublishStats() {
  std::vector<NotificationStats> stats = dispatcher_.stats();
  const MutexLock lock(mutex_);
  stats_.swap(stats);
}

bool AlertSender::AreCurrent(MonotonicTime now, bool has_mail) {
  const auto silence = pulse_.SilenceAt(now);
  if (silence && !is_loop_silent_) {
    is_loop_silent_ = true;
    log_(true, "no alerts are sent: the daemon's loop has not run for " +
                   std::to_string(silence->count()) + " s");
  } else if (!silence && is_loop_silent_ && has_mail) {
    is_loop_silent_ = false;
    log_(false, "alerts are sent again");
  }
  return !is_loop_silent_;
}

milliseconds AlertSender::Patience(MonotonicTime now,
                                   const std::optional<MonotonicTime>& stop_at) const {
  constexpr milliseconds kIdle{60'000};
  // Without a next time nothing is sent before the loop posts, which wakes the thread.
  const auto next = is_loop_silent_ ? std::nullopt : dispatcher_.NextSend();
  milliseconds patience = next ? std::min(TimeTo(*next, now), kIdle) : kIdle;
  if (stop_at) patience = std::min(patience, TimeTo(*stop_at, now));
  return patience;
}

}  // namespace connwatch
