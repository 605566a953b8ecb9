// Judges every snapshot by the alert rules. Makes the list of alerts for the report, and writes a
// line to the log for each transition.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/alerts/alert_engine.h"
#include "core/alerts/alert_list.h"
#include "core/snapshot.h"

namespace connwatch {

/// For the loop thread.
class AlertJudge {
 public:
  explicit AlertJudge(std::vector<AlertRule> rules) : engine_(std::move(rules)) {}

  /// See AlertEngine::Reconfigure.
  void Reconfigure(std::vector<AlertRule> rules, Instant now);

  /// Returns the alerts as of this snapshot.
  std::shared_ptr<const AlertList> Judge(const Snapshot& snapshot, Instant now);

 private:
  void Book(const std::vector<AlertTransition>& transitions);

  AlertEngine engine_;
  std::map<std::string, AlertTransitionCounts, std::less<>> transitions_;  // by rule
};

}  // namespace connwatch
