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

inline FiringAlerts Firing(const std::vector<std::string>& subjects) {
  FiringAlerts firing;
  for (const Alert& alert : ListOf(subjects).alerts) {
    firing.emplace(IdentityOf(alert), std::make_shared<const Alert>(alert));
  }
  return firing;
}

}  // namespace connwatch
