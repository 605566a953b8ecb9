// An alert and its life: inactive -> pending -> firing -> resolved. Values that the AlertEngine
// hands to the log, the exporters and Alertmanager.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/alert_rule.h"
#include "core/base/instant.h"

namespace connwatch {

enum class AlertState : std::uint8_t {
  kInactive,  // nothing, or a pending one that came to nothing
  kPending,   // the condition holds, but not for long enough
  kFiring,
  kResolved,  // was firing
};

constexpr std::string_view Name(AlertState state) {
  switch (state) {
    case AlertState::kInactive:
      return "inactive";
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
    case AlertState::kResolved:
      return "resolved";
  }
  return "unknown";
}

/// What spoke for an alert at the moment it fired. Holds remote addresses: never for labels.
struct AlertEvidence {
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

  /// One line for people; empty where there is nothing to add to the value.
  std::string text;
  /// The numbers behind it, by name ("syn_queue_length").
  std::vector<std::pair<std::string, double>> numbers;
  /// Networks with the most half-open handshakes, "198.51.100.0/24", the busiest first.
  Counts top_sources;
  /// Destinations with the most unanswered connects of the group, "192.0.2.1:443", among the host's
  /// oldest (PendingConnects::oldest).
  Counts top_destinations;
  /// As (seconds before firing, value), the oldest first. For a rule with growth: the signal in its
  /// window; for another on a SYN queue: its length in the last 20 s (ListenerStatus::kRecentSpan).
  std::vector<std::pair<double, double>> recent;
};

struct Alert {
  std::shared_ptr<const AlertRule> rule;
  std::string subject;
  AlertState state = AlertState::kPending;
  /// The signal and the threshold it is held against; of a rule with growth alone, both are
  /// growths per second. The value is the latest known.
  double value = 0;
  double threshold = 0;
  /// Of a listener's diagnosis, the value of the `cause` label; empty where there is none. While
  /// firing, the first one found stays.
  std::string cause;
  Instant since;                    // pending began
  std::optional<Instant> fired_at;  // absent while pending
  /// Of the moment of firing; nullptr while pending.
  std::shared_ptr<const AlertEvidence> evidence;
};

struct AlertTransition {
  AlertState from = AlertState::kInactive;
  AlertState to = AlertState::kPending;
  Instant at;
  /// As it is now; `state` is `to`.
  Alert alert;
};

}  // namespace connwatch
