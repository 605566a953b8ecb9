// One alert in the words and times of a notification. AlertMessage writes notices for
// Alertmanagers, WebhookBody for webhooks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert.h"
#include "core/base/instant.h"
#include "exporters/notify/alert_labels.h"

namespace connwatch {

/// One alert to send: it fires, or was firing until `resolved_at`.
struct AlertReport {
  AlertLabels labels;
  std::shared_ptr<const Alert> alert;  // its latest state while it fired
  std::optional<Instant> resolved_at;
};

/// When a notice is written, and for whom.
struct NoticeContext {
  AlertOrigin origin;
  /// The time of day of the receiver, see ReceiverClock. All times are told by it.
  Instant now;
  /// When a firing alert ends by itself, unless it is sent again. Without it, the receiver decides
  /// that.
  std::optional<WallTime> expires_at;
};

struct AlertNotice {
  AlertLabels labels;
  /// The evidence is here and not in the labels, because a receiver identifies an alert by these.
  std::vector<std::pair<std::string, std::string>> annotations;
  /// RFC 3339. The end is not before the start.
  std::string starts_at;
  std::optional<std::string> ends_at;
  std::string generator_url;

  /// Returns an empty text if there is no such annotation.
  std::string Annotation(std::string_view name) const;
};

AlertNotice NoticeOf(const AlertReport& report, const NoticeContext& context);

}  // namespace connwatch
