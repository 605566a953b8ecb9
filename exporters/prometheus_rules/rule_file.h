// The alert rules as a rule file of Prometheus: for those who are paged by it. Pure.
// Format: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// What the shipped rule file is made for.
inline constexpr std::chrono::seconds kDefaultScrapeInterval{15};

/// YAML, for Prometheus 2.42 or later: one alerting rule for each that is enabled and can match
/// something. Annotations must be templates without mistakes, texts UTF-8. The windows are made for
/// pages that are scraped at `scrape_interval`, above 0, or more often.
std::string RenderRuleFile(std::span<const AlertRule> rules, std::chrono::seconds scrape_interval);

}  // namespace connwatch
