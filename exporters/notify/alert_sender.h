// Tells alerts to Alertmanagers and webhooks from a thread of its own. The loop leaves the latest
// alerts behind and goes on; how slow receivers are, it never notices.
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
#include "exporters/notify/alert_dispatcher.h"
#include "exporters/notify/alert_transport.h"

namespace connwatch {

/// All methods for one thread, the loop's.
class AlertSender {
 public:
  /// What is due when it is stopped may take so long.
  static constexpr std::chrono::milliseconds kGrace{500};

  struct Parts {
    std::unique_ptr<AlertTransport> transport;
    std::function<Instant()> now;  // called on the sender's thread
    std::string instance;          // names the host
  };
  /// The thread begins with the first receiver.
  explicit AlertSender(Parts parts);
  /// Stops: gives what is due kGrace to arrive, leaves the rest.
  ~AlertSender();
  AlertSender(const AlertSender&) = delete;
  AlertSender& operator=(const AlertSender&) = delete;
  AlertSender(AlertSender&&) = delete;
  AlertSender& operator=(AlertSender&&) = delete;

  /// Whom to tell from now on, see AlertDispatcher::Configure. Fails where no thread can be had.
  Result<void> Configure(DispatchOptions options);

  /// The alerts as they are `now`; replaces what was posted before and not looked at yet.
  void Post(std::shared_ptr<const AlertList> alerts, Instant now);

  /// As of the latest change, see AlertDispatcher::stats.
  std::vector<NotificationStats> stats() const;

 private:
  // What the loop leaves behind for the thread.
  struct Mail {
    std::optional<DispatchOptions> options;
    std::shared_ptr<const AlertList> alerts;
    Instant alerts_at;
    bool is_last = false;
  };

  void Run();  // the thread
  Mail TakeMail();
  void PublishStats();
  // How long to wait for something to happen.
  std::chrono::milliseconds Patience(MonotonicTime now,
                                     const std::optional<MonotonicTime>& stop_at) const;

  std::unique_ptr<AlertTransport> transport_;
  std::function<Instant()> now_;
  AlertDispatcher dispatcher_;  // the thread's
  mutable Mutex mutex_;
  Mail mail_ CONNWATCH_GUARDED_BY(mutex_);
  std::vector<NotificationStats> stats_ CONNWATCH_GUARDED_BY(mutex_);
  std::thread thread_;  // last: uses all of the above
};

}  // namespace connwatch
