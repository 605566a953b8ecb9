// The piece of the schema that reads alert rules, put together from value_reader.h.
#pragma once

#include <vector>

#include "config/value_reader.h"
#include "core/alerts/alert_rule.h"

namespace connwatch {

/// A list of at most kMaxAlertRules rules, each with a name of its own. Fills `alerts` with the
/// default rules, changed by those given with their names, and then the others.
ValueReader Alerts(std::vector<AlertRule>& alerts);

}  // namespace connwatch
