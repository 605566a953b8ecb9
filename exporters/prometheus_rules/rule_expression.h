// An alert rule in PromQL, over the metrics that the daemon exports. Pure; the rule file is made of
// these. What they judge otherwise than the AlertEngine does, and why: docs/alerts.md.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// `text` as a string that PromQL and YAML read alike: in double quotes, control characters and
/// line separators escaped. `text` must be UTF-8.
std::string QuotedForPrometheus(std::string_view text);

/// In Prometheus's way, "1500ms", "65s", "2m".
std::string PrometheusDuration(std::chrono::milliseconds duration);

/// Whether any subject can match the rule: the only one of a host's signal is "host".
bool HasSubjects(const AlertRule& rule);

/// Several lines without the last line feed. It gives a sample, its value the signal's (the growth,
/// of a rule on growth alone), for each subject in trouble, and for each that fires as long as its
/// clear level is not passed. Windows hold at least four scrapes.
std::string RuleExpression(const AlertRule& rule, std::chrono::seconds scrape_interval);

/// How long that must hold. At least one scrape, unless it is 0: one sample makes no alert. Longer
/// by as much as the window of a rate or ratio is, so that one burst within it makes none either.
std::chrono::milliseconds RuleHold(const AlertRule& rule, std::chrono::seconds scrape_interval);

}  // namespace connwatch
