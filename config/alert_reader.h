// The part of the schema that reads alert rules, built with value_reader.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/value_reader.h"
#include "core/alerts/alert_rule.h"

namespace connwatch {

/// A list of at most kMaxAlertRules rules with different names. Fills `alerts` with the default
/// rules, each changed by the given rule of the same name if there is one, and then with the other
/// given rules.
ValueReader Alerts(std::vector<AlertRule>& alerts);

/// Labels of all alerts. They may set `job` and `instance`, but no label that tells what a single
/// alert is about.
ValueReader LabelsOfAlerts(std::map<std::string, std::string>& labels);

}  // namespace connwatch
