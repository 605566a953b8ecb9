// Runs the alert sender in the daemon: hands it the alerts of every snapshot, and writes to the log
// when a receiver begins to fail and when it works again.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "core/base/result.h"
#include "core/snapshot.h"
#include "exporters/notify/alert_sender.h"

namespace connwatch {

/// For the loop thread.
class Notifying {
 public:
  /// Whom to tell from now on. There is a sender, with its thread, once there is a receiver.
  void Configure(const Config& config);

  /// Has the snapshot's alerts told, and puts into it how that goes.
  void Notify(Snapshot& snapshot, Instant now);

 private:
  Result<void> StartSender();
  void LogChanges(const std::vector<NotificationStats>& receivers);

  std::unique_ptr<AlertSender> sender_;
  std::map<std::string, int> failing_;  // by receiver, the code of the failure that was logged
};

}  // namespace connwatch
