// An alert and its life: inactive -> pending -> firing -> resolved. Values that the AlertEngine
// hands to the log, the exporters and Alertmanager.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/alerts/alert_rule.h"
#include "core/base/instant.h"
#include "core/handshakes/handshakes.h"

namespace connwatch {

enum class AlertState : std::uint8_t {
  kInactive,  // no alert, or a pending one that ended without firing
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

/// The facts that spoke for an alert at the moment it fired. Contains remote addresses, so it must
/// never be used for labels.
struct AlertEvidence {
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

  /// One line for people; empty if there is nothing to add to the value.
  std::string text;
  /// The numbers behind it, by name ("syn_queue_length").
  std::vector<std::pair<std::string, double>> numbers;
  /// Networks that contribute most, "198.51.100.0/24", the first one most. For a listener: those
  /// with the most half-open handshakes. For a group: those of its clients.
  Counts top_sources;
  /// The destinations ("192.0.2.1:443") that contribute most, the first one most. Of an inbound
  /// connection that is the local service. For pending connects: those in PendingConnects::oldest,
  /// for an alert on a group only its connects whose SYN was sent again.
  Counts top_destinations;
  /// The systemd units and containers that contribute most to the signal, the first one most.
  Counts top_units;
  /// For an alert on the host: the groups that contribute most to the signal, the first one most.
  Counts top_groups;
  /// For an alert on traced connects: the destinations that contribute most to the signal, the
  /// worst first. Only those in Handshakes::destinations.
  std::vector<Destination> destinations;
  /// Pairs of (seconds before firing, value), the oldest first. For a rule with growth: the signal
  /// in the rule's window. For any other rule on a SYN queue: the length of the queue in the last
  /// 20 s (ListenerStatus::kRecentSpan).
  std::vector<std::pair<double, double>> recent;
};

/// A subject whose trouble comes and goes: how often it came, and in how long a time.
struct AlertFlapping {
  unsigned times = 0;
  std::chrono::nanoseconds span{0};
};

/// The accept queue of a listener with a single socket.
struct AlertQueue {
  std::uint64_t length = 0;
  std::uint64_t limit = 0;
  double drops_per_second = 0;
};

struct Alert {
  std::shared_ptr<const AlertRule> rule;
  std::string subject;
  /// The listener or the group that the alert is about, as the labels `listener` and `group` of the
  /// page name it. At most one of them is not empty. Without the namespace that is in `subject`.
  std::string listener = {};
  std::string group = {};
  /// The name of the subject's network namespace. Empty if it is the host's own, and if the subject
  /// is no listener. Part of `subject`, so it never changes.
  std::string netns = {};
  /// The pod that owns the namespace: its namespace in Kubernetes, and its name. Empty if there is
  /// none, or was none known when the subject was first seen.
  std::string pod_namespace = {};
  std::string pod = {};
  /// The systemd unit or container that the trouble belongs to, as it was known when the alert
  /// became pending. It never changes afterwards, so it may be used to identify the alert. Of a
  /// group or the host: the unit that contributes more than half. Empty if none is known.
  std::string unit = {};
  AlertState state = AlertState::kPending;
  /// The latest known value of the signal, and the threshold that it is compared with. For a rule
  /// with growth alone, both are growths per second.
  double value = 0;
  double threshold = 0;
  /// The value furthest on the wrong side of the threshold since the alert became pending.
  double worst = 0;
  /// As latest known. Absent if the subject is no listener, or has several sockets.
  std::optional<AlertQueue> accept_queue = std::nullopt;
  /// How much longer the value must stay on the good side of the clear level until a firing alert
  /// ends. Absent while it is not there.
  std::optional<std::chrono::nanoseconds> clears_in = std::nullopt;
  /// Present while the alert is kept firing because its trouble has come and gone several times.
  std::optional<AlertFlapping> flapping = std::nullopt;
  /// The value of the `cause` label, from the listener's diagnosis; empty if there is none. While
  /// the alert fires, the first cause found stays.
  std::string cause;
  Instant since;                    // pending began
  std::optional<Instant> fired_at;  // absent while pending
  /// From the moment of firing; nullptr while pending.
  std::shared_ptr<const AlertEvidence> evidence;
  /// When `worst` was seen, and the evidence of that moment. Absent and nullptr if it has not
  /// become worse since it fired.
  std::optional<Instant> worst_at = std::nullopt;
  std::shared_ptr<const AlertEvidence> worst_evidence = nullptr;
};

/// Returns true iff `one` comes first where there is not room for both: the firing one, then the
/// more severe one, then the older one.
inline bool IsMoreUrgent(const Alert& one, const Alert& other) {
  const auto order = [](const Alert& alert) {
    return std::tuple(alert.state != AlertState::kFiring, -static_cast<int>(alert.rule->severity),
                      alert.fired_at.value_or(alert.since).monotonic);
  };
  return order(one) < order(other);
}

struct AlertTransition {
  AlertState from = AlertState::kInactive;
  AlertState to = AlertState::kPending;
  Instant at;
  /// The alert after the transition: its `state` is `to`.
  Alert alert;
};

}  // namespace connwatch
