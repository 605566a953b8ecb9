// The alerts as of one snapshot: what the AlertEngine knows, for the exporters. Part of a Report.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/alerts/alert.h"

namespace connwatch {

inline constexpr std::array kAlertStates = {AlertState::kInactive, AlertState::kPending,
                                            AlertState::kFiring, AlertState::kResolved};
inline constexpr std::size_t kAlertStateCount = kAlertStates.size();

constexpr std::size_t IndexOf(AlertState state) { return static_cast<std::size_t>(state); }

/// Transitions to each state, by IndexOf(AlertState).
using AlertTransitionCounts = std::array<std::uint64_t, kAlertStateCount>;

/// The state of one rule.
struct AlertRuleStatus {
  std::shared_ptr<const AlertRule> rule;
  /// True while its data is stale: then nothing changes.
  bool is_frozen = false;
  /// How many subjects there was no room for at the latest evaluation.
  std::uint64_t left_out = 0;
};

struct AlertList {
  /// In the order of the configuration.
  std::vector<AlertRuleStatus> rules;
  /// The pending and the firing alerts, the most urgent first (IsMoreUrgent). Of equal ones, in the
  /// order of the rules.
  std::vector<Alert> alerts;
  /// Since the start, in the order of `rules`.
  std::vector<AlertTransitionCounts> transitions;
};

}  // namespace connwatch
