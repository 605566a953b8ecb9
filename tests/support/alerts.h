// Alerts as a report has them: one that fires, one that is pending, a rule at rest.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "core/alerts/alert_list.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch {

inline std::shared_ptr<const AlertList> TestAlerts() {
  const auto rule = [](AlertRule made) {
    return std::make_shared<const AlertRule>(std::move(made));
  };
  const auto above = [](double value) { return AlertThreshold{ThresholdSide::kAbove, value}; };
  const auto growth = rule({.name = "SynRecvBacklogGrowth",
                            .signal = AlertSignal::kListenerSynQueue,
                            .threshold = above(64),
                            .clear = {.level = 32, .hold = std::chrono::seconds(90)},
                            .severity = AlertSeverity::kCritical});
  const auto pending = rule({.name = "ConnectsPending",
                             .signal = AlertSignal::kSynSentRetransmitting,
                             .threshold = above(4),
                             .severity = AlertSeverity::kWarning});
  const auto quiet = rule({.name = "MonitorStale",
                           .signal = AlertSignal::kMonitorAgeSeconds,
                           .threshold = above(30),
                           .severity = AlertSeverity::kWarning});
  auto evidence = std::make_shared<AlertEvidence>();
  evidence->text = "SYN queue 3000 of 4096";
  evidence->numbers = {{"syn_queue_length", 3'000}};
  evidence->top_sources = {{"198.51.100.0/24", 40}};
  evidence->recent = {{1, 1'500}, {0, 3'000}};
  AlertList list;
  list.rules = {{.rule = growth}, {.rule = pending, .left_out = 2}, {.rule = quiet}};
  list.transitions = {{0, 1, 1, 0}, {2, 3, 0, 0}, {}};
  list.alerts = {{.rule = growth,
                  .subject = "0.0.0.0:443",
                  .listener = "0.0.0.0:443",
                  .unit = "nginx.service",
                  .state = AlertState::kFiring,
                  .value = 3'000,
                  .threshold = 64,
                  .worst = 3'200,
                  .cause = "syn_flood",
                  .since = TestInstant(10),
                  .fired_at = TestInstant(20),
                  .evidence = evidence},
                 {.rule = pending,
                  .subject = "443",
                  .group = "443",
                  .state = AlertState::kPending,
                  .value = 5,
                  .threshold = 4,
                  .worst = 5,
                  .cause = "",
                  .since = TestInstant(21),
                  .fired_at = std::nullopt,
                  .evidence = nullptr}};
  return std::make_shared<const AlertList>(std::move(list));
}

}  // namespace connwatch
