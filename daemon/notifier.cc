#include "daemon/notifier.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/regular_file.h"
#include "daemon/process/logging.h"
#include "exporters/notify/curl_transport.h"
#include "monitor/clock.h"

namespace connwatch {

namespace {

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace

void Notifier::Configure(const Config& config) {
  if (!sender_ && config.alertmanagers.empty()) return;
  Result<void> configured = sender_ ? Result<void>() : StartSender();
  if (configured) {
    configured = sender_->Configure(
        {.receivers = config.alertmanagers, .resend_interval = config.alert_resend_interval});
  }
  if (!configured) LogError("no alerts are sent: " + configured.error().context);
}

Result<void> Notifier::StartSender() {
  auto transport = CurlTransport::Create(
      [](const std::string& path) { return ReadRegularFile(path, kMaxReceiverFileBytes); });
  if (!transport) return std::move(transport).error();
  sender_ = std::make_unique<AlertSender>(AlertSender::Parts{
      .transport = std::move(transport).value(), .now = Now, .instance = HostName()});
  return {};
}

std::vector<NotificationStats> Notifier::Tell(const std::shared_ptr<const AlertList>& alerts,
                                              Instant now) {
  if (!sender_) return {};
  std::vector<NotificationStats> receivers = sender_->stats();
  LogChanges(receivers);
  sender_->Post(alerts, now);
  return receivers;
}

// Logs once per kind of failure and once at recovery, not at every try.
void Notifier::LogChanges(const std::vector<NotificationStats>& receivers) {
  std::erase_if(failing_, [&receivers](const auto& item) {
    return std::ranges::find(receivers, item.first, &NotificationStats::receiver) ==
           receivers.end();
  });
  for (const NotificationStats& stats : receivers) {
    const auto known = failing_.find(stats.receiver);
    if (!stats.failure) {
      if (known == failing_.end()) continue;
      failing_.erase(known);
      LogInfo("alertmanager " + stats.receiver + " takes alerts again");
    } else if (known == failing_.end() || known->second != stats.failure->code) {
      failing_[stats.receiver] = stats.failure->code;
      LogError("alertmanager " + stats.receiver +
               " does not take alerts: " + stats.failure->context + "; trying again");
    }
  }
}

}  // namespace connwatch
