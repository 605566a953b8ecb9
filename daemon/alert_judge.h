// Judges every snapshot by the alert rules. Makes the list of alerts for the report, and writes the
// transitions to the log that are worth a line.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert_engine.h"
#include "core/alerts/alert_list.h"
#include "core/snapshot.h"
#include "daemon/alert_episodes.h"

namespace connwatch {

/// For the loop thread.
class AlertJudge {
 public:
  /// The most transitions of one judgement that have a line of the log each, the most severe first.
  /// Of the others there is one line for each rule and state. So thousands of alerts at once do not
  /// push other lines out of the log.
  static constexpr std::size_t kMaxLines = 100;

  explicit AlertJudge(std::vector<AlertRule> rules) : engine_(std::move(rules)) {}

  /// See AlertEngine::Reconfigure. The counts of rules that are no longer there are forgotten.
  void Reconfigure(std::vector<AlertRule> rules, Instant now);

  /// Returns the alerts as of this snapshot.
  std::shared_ptr<const AlertList> Judge(const Snapshot& snapshot, Instant now);

  /// Returns what has happened to alerts since the call before, in order.
  std::vector<AlertTransition> TakeTransitions() { return std::exchange(untaken_, {}); }

 private:
  void Book(std::vector<AlertTransition> transitions);

  AlertEngine engine_;
  AlertEpisodes episodes_;
  std::map<std::string, AlertTransitionCounts, std::less<>> transitions_;  // by rule
  std::vector<AlertTransition> untaken_;
};

}  // namespace connwatch
