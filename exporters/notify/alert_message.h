// Alerts as the Alertmanager's API v2 takes them (postableAlerts): a JSON array. A webhook gets the
// same. The evidence for an alert goes into its annotations, never into its labels, because
// Alertmanager identifies an alert by its labels.
// Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/alerts/alert.h"
#include "core/base/instant.h"

namespace connwatch {

/// To a receiver two alerts are the same if they have the same labels. These are made of:
struct AlertIdentity {
  std::string rule;
  std::string subject;
  AlertSeverity severity = AlertSeverity::kWarning;
  std::map<std::string, std::string> labels;

  friend auto operator<=>(const AlertIdentity&, const AlertIdentity&) = default;
};

AlertIdentity IdentityOf(const Alert& alert);

/// One alert to send: it fires, or was firing until `resolved_at`.
struct AlertReport {
  std::shared_ptr<const Alert> alert;  // its latest state while it fired
  std::optional<WallTime> resolved_at;
};

struct AlertMessageContext {
  /// The host. This is the label `instance`, unless the rule has a label of that name.
  std::string instance;
  /// When a firing alert ends by itself, unless it is sent again.
  WallTime expires_at;
};

/// The array, on one line. Bytes that are not UTF-8 are replaced.
std::string RenderAlertMessage(std::span<const AlertReport> reports,
                               const AlertMessageContext& context);

}  // namespace connwatch
