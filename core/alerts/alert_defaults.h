// The alert rules that are in force without any configuration. docs/alerts.md says why each number
// was chosen. A test compares that page with these rules.
#pragma once

#include <vector>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// All names differ. RttHigh is among the rules but not enabled.
std::vector<AlertRule> DefaultAlertRules();

}  // namespace connwatch
