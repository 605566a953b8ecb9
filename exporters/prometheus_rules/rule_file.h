// Writes the alert rules as a rule file for Prometheus, for those who let Prometheus alert. Pure.
// Format: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "core/alerts/alert_rule.h"

namespace connwatch {

/// The scrape interval that the shipped rule file is made for.
inline constexpr std::chrono::seconds kDefaultScrapeInterval{15};

/// Returns YAML for Prometheus 2.42 or later, with one alerting rule for each rule that is enabled
/// and can match something. Annotations must be templates without mistakes, and all texts UTF-8.
/// The windows fit pages that are scraped every `scrape_interval`, which must be above 0, or more
/// often.
std::string RenderRuleFile(std::span<const AlertRule> rules, std::chrono::seconds scrape_interval);

}  // namespace connwatch
