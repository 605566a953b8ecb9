// The alert rules that are in force without any configuration. Why each number: docs/alerts.md,
// which is held to these by a test.
#pragma once

#include <vector>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// Names differ; RttHigh is there but not enabled.
std::vector<AlertRule> DefaultAlertRules();

}  // namespace connwatch
