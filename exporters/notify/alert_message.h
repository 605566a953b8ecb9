// Alerts as the Alertmanager's API v2 takes them (postableAlerts): a JSON array. A webhook gets the
// same. The evidence for an alert goes into its annotations, never into its labels, because
// Alertmanager identifies an alert by its labels.
// Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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
  std::optional<Instant> resolved_at;
};

struct AlertMessageContext {
  /// The host. This is the label `instance`.
  std::string instance;
  /// The time of day of the receiver, see ReceiverClock. All times are told by it.
  Instant now;
  /// When a firing alert ends by itself, unless it is sent again. Without it, the receiver decides
  /// that.
  std::optional<WallTime> expires_at;
};

/// The array, on one line, of limited size. Bytes that are not UTF-8 are replaced.
class AlertMessage {
 public:
  /// The most bytes of an array with more than one alert. A proxy in front of an Alertmanager may
  /// refuse what is longer than its limit; nginx's is 1 MiB. A single alert is always shorter than
  /// that: config/ limits its annotations.
  static constexpr std::size_t kMaxBytes = std::size_t{256} * 1024;

  explicit AlertMessage(AlertMessageContext context) : context_(std::move(context)) {}

  /// Adds an alert and returns true. Returns false, and adds nothing, if there is no room for it
  /// beside the others. The first one always has room.
  bool Add(const AlertReport& report);

  std::string Finish() &&;

 private:
  static constexpr std::size_t kPunctuationBytes = 2;  // a comma before it, the bracket at the end

  bool is_empty() const { return text_.size() == 1; }

  AlertMessageContext context_;
  std::string text_ = "[";
};

}  // namespace connwatch
