// The alert rules that are in force without any configuration. docs/alerts.md says why each number
// was chosen. A test compares that page with these rules.
#pragma once

#include <vector>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// All names differ. Some of the rules are not enabled: RttHigh, and two of which TotalsNotExact
/// says what both say.
std::vector<AlertRule> DefaultAlertRules();

}  // namespace connwatch
