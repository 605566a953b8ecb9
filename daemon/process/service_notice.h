// Reports the state of the service to the service manager (systemd), as sd_notify(3) does. Does
// nothing if there is no service manager that asked for it. For the loop thread, which it never
// holds up: what the service manager does not take is sent again at the next beat.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "core/base/instant.h"
#include "core/report.h"
#include "daemon/process/notify_socket.h"

namespace connwatch {

class ServiceNotice {
 public:
  /// Takes the socket of the service manager, and how often its watchdog wants an answer, from the
  /// environment (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID).
  ServiceNotice();

  /// Reports that the service works. Only the first call counts.
  void Ready();
  /// Reports one line for `systemctl status`. It is sent only if it has changed. Of several lines
  /// that could not be sent, only the latest is sent again.
  void Status(const std::string& text);
  /// Reports that the configuration is being read again, from now until Reloaded(). Not sent before
  /// the service is ready, because systemd takes the end of a reload as "ready". `awake` is the
  /// time now by CLOCK_MONOTONIC.
  void Reloading(std::chrono::nanoseconds awake);
  void Reloaded();
  /// This is the last message. It is not sent again.
  void Stopping();

  /// Must be called once a second while the loop runs. Answers the watchdog, and sends again what
  /// could not be sent. A watchdog needs at least 2 s.
  void Beat(MonotonicTime now);

 private:
  struct Message {
    bool is_reloading = false;
    std::string text;
  };

  // In order, and before the status.
  void Tell(Message message);
  void SendWhatWaits();

  NotifySocket socket_;
  std::optional<std::chrono::microseconds> watchdog_;  // how long it waits for an answer
  MonotonicTime next_answer_;
  bool is_ready_ = false;
  std::deque<Message> waiting_;  // at most four: ready, reloading, ready, stopping
  std::string status_;
  std::string told_status_;
};

/// "1234 sockets, 12 listeners; firing: SynRecvBacklogGrowth 0.0.0.0:443"
std::string DescribeForStatus(const Report& report);

}  // namespace connwatch
