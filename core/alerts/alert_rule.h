// One alert rule, as plain values: what is watched, from when on it is trouble, and when the
// trouble is over. Written by config/ (and alert_defaults.h), run by the AlertEngine.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/alerts/alert_signal.h"

namespace connwatch {

enum class AlertSeverity : std::uint8_t { kInfo, kWarning, kCritical };

/// The value of the `severity` label.
constexpr std::string_view Name(AlertSeverity severity) {
  switch (severity) {
    case AlertSeverity::kInfo:
      return "info";
    case AlertSeverity::kWarning:
      return "warning";
    case AlertSeverity::kCritical:
      return "critical";
  }
  return "unknown";
}

/// Which side of a threshold is trouble. A value exactly at the threshold is on neither.
enum class ThresholdSide : std::uint8_t { kAbove, kBelow };

struct AlertThreshold {
  ThresholdSide side = ThresholdSide::kAbove;
  double value = 0;  // in the signal's unit

  bool IsCrossedBy(double number) const {
    return side == ThresholdSide::kAbove ? number > value : number < value;
  }
  bool operator==(const AlertThreshold&) const = default;
};

/// The signal is in trouble if it grows by more than this. SampleWindow::Growth() measures it.
struct AlertGrowth {
  double per_second = 0;  // in the signal's unit, above 0
  std::chrono::milliseconds over{0};

  bool operator==(const AlertGrowth&) const = default;
};

struct AlertClear {
  /// The level at which firing ends: when the signal is below it or, if the rule's threshold is
  /// kBelow, when the signal is above it. If absent, firing ends when the rule's condition does not
  /// hold.
  std::optional<double> level;
  /// How long that must hold without a break before firing ends.
  std::chrono::milliseconds hold{0};

  bool operator==(const AlertClear&) const = default;
};

/// A subject, "0.0.0.0:443", or the beginning of subjects, "10.1.*".
struct SubjectPattern {
  std::string text;
  bool is_prefix = false;

  bool Matches(std::string_view subject) const {
    return is_prefix ? subject.starts_with(text) : subject == text;
  }
  bool operator==(const SubjectPattern&) const = default;
};

struct AlertRule {
  std::string name;
  AlertSignal signal = AlertSignal::kListenerSynQueue;
  /// At least one of these two is present. If both are, both must hold, and the threshold is
  /// kAbove.
  std::optional<AlertThreshold> threshold;
  std::optional<AlertGrowth> growth;
  /// How long the condition must hold before the alert fires. 0 means that it fires at once.
  std::chrono::milliseconds hold{0};
  AlertClear clear;
  AlertSeverity severity = AlertSeverity::kWarning;
  std::map<std::string, std::string> labels;
  /// Templates, see alert_template.h.
  std::map<std::string, std::string> annotations;
  /// The rule is for subjects that match any of these. Empty means every subject.
  std::vector<SubjectPattern> match;
  bool enabled = true;

  bool operator==(const AlertRule&) const = default;
};

/// The most rules that a configuration may have, beside the defaults.
inline constexpr std::size_t kMaxAlertRules = 200;

}  // namespace connwatch
