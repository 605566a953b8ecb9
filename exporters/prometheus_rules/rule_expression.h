// Writes an alert rule in PromQL, over the metrics that the daemon exports. The rule file is made
// of these expressions. docs/alerts.md says where they judge differently from the AlertEngine, and
// why. Pure.
#pragma once

#include <chrono>
#include <string>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// Returns true iff any subject can match the rule. The only subject of a host's signal is "host".
bool HasSubjects(const AlertRule& rule);

/// Returns true iff the expression yields samples of other network namespaces, each as a whole.
bool IsForNamespaces(const AlertRule& rule);

/// Returns the expression in several lines, without the last line feed. It yields one sample for
/// each subject in trouble, and for each firing subject until its clear level is passed. The value
/// of the sample is that of the signal, or the growth if the rule is on growth alone. Windows
/// contain at least four scrapes. HasSubjects(rule) must be true.
std::string RuleExpression(const AlertRule& rule, std::chrono::seconds scrape_interval);

/// Returns how long the expression must hold before the alert fires. It is 0 if the rule's own
/// `hold` is 0. Otherwise it is at least one scrape interval, so that one sample makes no alert. If
/// the window of a rate or ratio had to be made longer than the signal's, `hold` becomes longer by
/// the same time, so that one burst within the window makes no alert either.
std::chrono::milliseconds RuleHold(const AlertRule& rule, std::chrono::seconds scrape_interval);

}  // namespace connwatch
