// Reports the state of the service to the service manager (systemd) over sd_notify. Does nothing if
// there is no service manager that asked for it. For the loop thread.
#pragma once

#include <chrono>
#include <string>

#include "core/report.h"

namespace connwatch {

class ServiceNotice {
 public:
  /// Reports that the service works. Only the first call counts.
  void Ready();
  /// Reports one line for `systemctl status`. It is sent only if it has changed.
  void Status(const std::string& text);
  /// Reports that the configuration is being read again, from now until Reloaded(). Not sent before
  /// the service is ready, because systemd takes the end of a reload as "ready". `awake` is the
  /// time now by CLOCK_MONOTONIC.
  void Reloading(std::chrono::nanoseconds awake);
  void Reloaded();
  void Stopping();

 private:
  bool is_ready_ = false;
  std::string status_;
};

/// "1234 sockets, 12 listeners; firing: SynRecvBacklogGrowth 0.0.0.0:443"
std::string DescribeForStatus(const Report& report);

}  // namespace connwatch
