// Alerts that fire, by no more than their subjects.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert_list.h"
#include "exporters/notify/delivery_plan.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch {

inline AlertList ListOf(const std::vector<std::string>& subjects) {
  static const auto rule = std::make_shared<const AlertRule>(AlertRule{.name = "Rule"});
  AlertList list;
  for (const std::string& subject : subjects) {
    list.alerts.push_back({.rule = rule,
                           .subject = subject,
                           .listener = subject,
                           .state = AlertState::kFiring,
                           .value = 5,
                           .threshold = 4,
                           .cause = "",
                           .since = TestInstant(0),
                           .fired_at = TestInstant(0),
                           .evidence = nullptr});
  }
  return list;
}

/// The labels of all alerts in tests.
inline const AlertOrigin kTestOrigin = {
    .labels = {{"instance", "web1:10177"}, {"job", "connwatch"}},
    .external_url = "http://web1:10177",
    .runbook_url = "http://web1:10177/runbook#{{alertname}}"};

inline FiringAlerts Firing(const std::vector<std::string>& subjects) {
  FiringAlerts firing;
  for (const Alert& alert : ListOf(subjects).alerts) {
    firing.emplace(LabelsOf(alert, kTestOrigin), std::make_shared<const Alert>(alert));
  }
  return firing;
}

/// An alert by what decides its rank.
struct TestFiring {
  std::string rule = "Rule";
  std::string subject;
  AlertSeverity severity = AlertSeverity::kWarning;
  int fired = 0;  // a TestInstant
};

inline FiringAlerts FiringOf(const std::vector<TestFiring>& alerts) {
  FiringAlerts firing;
  for (const TestFiring& wanted : alerts) {
    auto alert = std::make_shared<Alert>(ListOf({wanted.subject}).alerts.front());
    alert->rule = std::make_shared<const AlertRule>(
        AlertRule{.name = wanted.rule, .severity = wanted.severity});
    alert->since = TestInstant(wanted.fired);
    alert->fired_at = TestInstant(wanted.fired);
    firing.emplace(LabelsOf(*alert, kTestOrigin), alert);
  }
  return firing;
}

}  // namespace connwatch
