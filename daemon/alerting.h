// Runs the alert engine in the daemon: one look per snapshot, a line in the log per transition.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/alerts/alert_engine.h"
#include "core/alerts/alert_table.h"
#include "core/snapshot.h"

namespace connwatch {

/// For the loop thread.
class Alerting {
 public:
  explicit Alerting(std::vector<AlertRule> rules) : engine_(std::move(rules)) {}

  /// See AlertEngine::Reconfigure.
  void Reconfigure(std::vector<AlertRule> rules, Instant now);

  /// Judges the snapshot and puts the alerts into it.
  void Evaluate(Snapshot& snapshot, Instant now);

 private:
  void Book(const std::vector<AlertTransition>& transitions);

  AlertEngine engine_;
  std::map<std::string, AlertTransitionCounts, std::less<>> transitions_;  // by rule
};

}  // namespace connwatch
