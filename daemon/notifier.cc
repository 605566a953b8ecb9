#include "daemon/notifier.h"

#include <utility>

#include "config/regular_file.h"
#include "daemon/process/logging.h"
#include "exporters/notify/curl_transport.h"
#include "monitor/clock.h"

namespace connwatch {

namespace {

void Log(const ReceiverLog::Line& line) {
  if (line.level == LogLevel::kError) {
    LogError(line.text);
  } else if (line.level == LogLevel::kWarning) {
    LogWarning(line.text);
  } else {
    LogInfo(line.text);
  }
}

}  // namespace

void Notifier::Configure(const Config& config) {
  if (!sender_ && config.alertmanagers.empty()) return;
  Result<void> configured = sender_ ? Result<void>() : StartSender();
  if (configured) {
    configured = sender_->Configure({.receivers = config.alertmanagers,
                                     .resend_interval = config.alert_resend_interval,
                                     .origin = AlertOriginFrom(config, address_)});
  }
  if (!configured) LogError("no alerts are sent: " + configured.error().context);
}

Result<void> Notifier::StartSender() {
  auto transport = CurlTransport::Create(
      [](const std::string& path) { return ReadRegularFile(path, kMaxReceiverFileBytes); });
  if (!transport) return std::move(transport).error();
  sender_ = std::make_unique<AlertSender>(AlertSender::Parts{
      .transport = std::move(transport).value(), .now = Now, .pulse = pulse_, .log = LogChange});
  return {};
}

std::vector<NotificationStats> Notifier::Tell(const std::shared_ptr<const AlertList>& alerts,
                                              Instant now) {
  if (!sender_) return {};
  std::vector<NotificationStats> receivers = sender_->stats();
  for (const ReceiverLog::Line& line : log_.Observe(receivers, now)) Log(line);
  sender_->Post(alerts, now);
  return receivers;
}

}  // namespace connwatch
