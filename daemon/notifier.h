// Has alerts sent to the configured receivers. Writes to the log what begins and ends there, see
// ReceiverLog.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "config/config.h"
#include "core/alerts/alert_list.h"
#include "core/base/instant.h"
#include "core/base/pulse.h"
#include "core/base/result.h"
#include "daemon/config_use.h"
#include "daemon/receiver_log.h"
#include "exporters/notify/alert_sender.h"

namespace connwatch {

/// For the loop thread.
class Notifier {
 public:
  /// `pulse` is the loop's. While it is silent, no alerts are sent. It must outlive the notifier.
  explicit Notifier(const Pulse& pulse) : pulse_(pulse) {}

  /// Sets where this daemon is reached. Must be called before Configure.
  void SetAddress(OwnAddress address) { address_ = std::move(address); }

  /// Sets the receivers from now on. The sender and its thread start with the first receiver.
  void Configure(const Config& config);

  /// Has `alerts` sent to the receivers, and does not wait for that. Returns how sending has gone
  /// so far: one entry for each name of a receiver.
  std::vector<NotificationStats> Tell(const std::shared_ptr<const AlertList>& alerts, Instant now);

 private:
  Result<void> StartSender();

  const Pulse& pulse_;
  OwnAddress address_;
  std::unique_ptr<AlertSender> sender_;
  ReceiverLog log_;
};

}  // namespace connwatch
