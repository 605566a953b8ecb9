// The signals of alerts in PromQL, over the metrics that the daemon exports. Pure.
//
// The page has series for each listener of the daemon's own network namespace, but only one set of
// series for each other namespace. So a rule on listeners has two queries: one for the daemon's own
// listeners and one for the other namespaces as a whole.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/alerts/alert_rule.h"

namespace connwatch {

struct SignalQuery {
  std::string text;  // in one or several lines
  /// The labels that name a subject, as PromQL matches them: "on (job, instance, listener)".
  std::string on;
  /// The diagnoses of SynVerdict::kTrouble and kInnocent. Empty if the signal has no verdict.
  std::string trouble;
  std::string innocent;
};

/// Returns `window`, or four scrapes if that is more: a rate needs two samples, and has them then
/// even if one or two scrapes fail.
std::chrono::milliseconds Widened(std::chrono::milliseconds window,
                                  std::chrono::seconds scrape_interval);

/// Returns the query for the host, the groups, or the listeners of the daemon's own network
/// namespace. nullopt if none of them can match the rule.
std::optional<SignalQuery> OwnQuery(const AlertRule& rule, std::chrono::seconds scrape_interval);

/// Returns the query for the other network namespaces, each as a whole. nullopt if the rule is not
/// about listeners, if no namespace as a whole can match it, or if the page has no such number of a
/// namespace.
std::optional<SignalQuery> NamespaceQuery(const AlertRule& rule,
                                          std::chrono::seconds scrape_interval);

}  // namespace connwatch
