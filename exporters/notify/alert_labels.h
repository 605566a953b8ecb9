// The labels of an alert, which identify it: to a receiver two alerts are the same if they have the
// same labels. The names are those that the same alert has if Prometheus sends it, so that routes
// and silences hold for both. Remote addresses are never labels.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert.h"

namespace connwatch {

/// Names and values, in a fixed order.
using AlertLabels = std::vector<std::pair<std::string, std::string>>;

/// Who sends alerts, and where people read more about them.
struct AlertOrigin {
  /// Labels of every alert, among them `job` and `instance`. A rule's own label takes the place of
  /// one of the same name.
  std::map<std::string, std::string> labels;
  /// The address of the status page, without a / at its end.
  std::string external_url;
  /// The address of a rule's runbook, with {{alertname}} in it.
  std::string runbook_url;

  bool operator==(const AlertOrigin&) const = default;
};

/// Returns alertname, severity, the rule's own labels, those of the origin, and then what the alert
/// is about: listener or group, netns, namespace, pod, unit. What is not known is left out. Two
/// alerts of one list have different labels.
AlertLabels LabelsOf(const Alert& alert, const AlertOrigin& origin);

/// Returns the address of the alert on the status page. It is the same as long as the page names
/// the subject the same.
std::string LinkTo(const Alert& alert, const AlertOrigin& origin);

/// Returns the address of the runbook for the alert's rule.
std::string RunbookOf(const Alert& alert, const AlertOrigin& origin);

}  // namespace connwatch
