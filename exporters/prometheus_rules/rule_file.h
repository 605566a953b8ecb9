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
/// The windows are long enough if pages are scraped every `scrape_interval` or more often.
/// `scrape_interval` must be above 0. Each rule has `runbook_url` as an annotation, with its name
/// for {{alertname}}; if that is empty, it is the page /runbook of the daemon at `instance`.
std::string RenderRuleFile(std::span<const AlertRule> rules, std::chrono::seconds scrape_interval,
                           const std::string& runbook_url = {});

}  // namespace connwatch
