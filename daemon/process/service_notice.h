// What the service manager (systemd) is told over sd_notify. Nothing happens where none has asked.
// For the loop thread.
#pragma once

#include <string>

#include "core/base/instant.h"
#include "core/report.h"

namespace connwatch {

class ServiceNotice {
 public:
  /// The service does what it is for. Only the first call counts.
  void Ready();
  /// One line for `systemctl status`; sent if it has changed.
  void Status(const std::string& text);
  /// The configuration is being read again, since `now`, until Reloaded(). Not told before the
  /// service was ready: systemd takes the end of a reload for that.
  void Reloading(Instant now);
  void Reloaded();
  void Stopping();

 private:
  bool is_ready_ = false;
  std::string status_;
};

/// "1234 sockets, 12 listeners; firing: SynRecvBacklogGrowth 0.0.0.0:443"
std::string DescribeForStatus(const Report& report);

}  // namespace connwatch
