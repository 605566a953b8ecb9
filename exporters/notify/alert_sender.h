// Sends alerts to Alertmanagers and webhooks from a thread of its own. The loop hands over the
// latest alerts and goes on, so slow receivers never delay it. If the loop hangs, nothing is sent:
// receivers then let the alerts end by themselves, instead of hearing for ever what was true once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/alerts/alert_list.h"
#include "core/alerts/notification_stats.h"
#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/base/pulse.h"
#include "exporters/notify/alert_dispatcher.h"
#include "exporters/notify/alert_transport.h"

namespace connwatch {

/// All methods are for one thread, the loop's.
class AlertSender {
 public:
  /// When it is stopped, requests that are due may take this long.
  static constexpr std::chrono::milliseconds kGrace{500};

  struct Parts {
    std::unique_ptr<AlertTransport> transport;
    std::function<Instant()> now;  // called on the sender's thread
    const Pulse& pulse;            // the loop's
    /// Called on the sender's thread when it stops sending because the loop hangs, and when it goes
    /// on.
    std::function<void(bool is_failure, const std::string& line)> log;
  };
  /// The thread starts with the first receiver.
  explicit AlertSender(Parts parts);
  /// Stops. Waits at most kGrace for requests that are due, and drops the rest.
  ~AlertSender();
  AlertSender(const AlertSender&) = delete;
  AlertSender& operator=(const AlertSender&) = delete;
  AlertSender(AlertSender&&) = delete;
  AlertSender& operator=(AlertSender&&) = delete;

  /// Sets who receives alerts from now on, see AlertDispatcher::Configure. Fails if no thread can
  /// be started.
  Result<void> Configure(DispatchOptions options);

  /// Hands over the alerts as they are `now`. Replaces alerts posted before that were not looked at
  /// yet.
  void Post(std::shared_ptr<const AlertList> alerts, Instant now);

  /// The numbers as of the latest change, see AlertDispatcher::stats.
  std::vector<NotificationStats> stats() const;

 private:
  // What the loop hands over to the thread.
  struct Mail {
    std::optional<DispatchOptions> options;
    std::shared_ptr<const AlertList> alerts;
    Instant alerts_at;
    bool is_last = false;
  };

  void Run();  // the thread
  Mail TakeMail();
  void PublishStats();
  // Returns whether the alerts are those of a loop that runs. If not, they must not be sent.
  bool AreCurrent(MonotonicTime now, bool has_mail);
  // Returns how long to wait for something to happen.
  std::chrono::milliseconds Patience(MonotonicTime now,
                                     const std::optional<MonotonicTime>& stop_at) const;

  std::unique_ptr<AlertTransport> transport_;
  std::function<Instant()> now_;
  const Pulse& pulse_;
  const std::function<void(bool is_failure, const std::string& line)> log_;
  // Used only by the thread.
  AlertDispatcher dispatcher_;
  bool is_loop_silent_ = false;  // and there was no list since
  mutable Mutex mutex_;
  Mail mail_ CONNWATCH_GUARDED_BY(mutex_);
  std::vector<NotificationStats> stats_ CONNWATCH_GUARDED_BY(mutex_);
  std::thread thread_;  // last: uses all of the above
};

}  // namespace connwatch
