#include "exporters/metrics/alert_families.h"

#include <set>
#include <string>
#include <string_view>

namespace connwatch {

namespace {

std::set<std::string_view> RulesWithAlert(const AlertList& list) {
  std::set<std::string_view> names;
  for (const Alert& alert : list.alerts) names.insert(alert.rule->name);
  return names;
}

void AddCurrent(MetricFamilies& families, const AlertList& list) {
  auto firing = families.Gauge("connwatch_alert_firing",
                               "1 while the alert fires, 0 while it is pending; without subject "
                               "where the rule has neither.");
  auto value =
      families.Gauge("connwatch_alert_value",
                     "The latest value of a pending or firing alert, in its signal's unit.");
  auto threshold = families.Gauge("connwatch_alert_threshold", "What the value is held against.");
  const std::set<std::string_view> with_alert = RulesWithAlert(list);
  for (const AlertRuleStatus& status : list.rules) {
    const AlertRule& rule = *status.rule;
    if (with_alert.contains(rule.name)) continue;
    firing.Add(0.0, {{"alert", rule.name}, {"severity", Name(rule.severity)}, {"subject", ""}});
  }
  for (const Alert& alert : list.alerts) {
    const AlertRule& rule = *alert.rule;
    const Labels labels = {{"alert", rule.name}, {"subject", alert.subject}};
    firing.Add(
        alert.state == AlertState::kFiring ? 1.0 : 0.0,
        {{"alert", rule.name}, {"severity", Name(rule.severity)}, {"subject", alert.subject}});
    value.Add(alert.value, labels);
    threshold.Add(alert.threshold, labels);
  }
}

void AddTransitions(MetricFamilies& families, const AlertList& list) {
  auto transitions =
      families.Counter("connwatch_alert_transitions_total", "Alerts that became so.");
  auto left_out = families.Gauge("connwatch_alert_subjects_left_out",
                                 "Subjects that the rule had no room for.");
  for (std::size_t i = 0; i < list.rules.size(); ++i) {
    const AlertRule& rule = *list.rules[i].rule;
    for (const AlertState state : kAlertStates) {
      transitions.Add(list.transitions.at(i).at(IndexOf(state)),
                      {{"alert", rule.name}, {"to", Name(state)}});
    }
    left_out.Add(list.rules[i].left_out, {{"alert", rule.name}});
  }
}

}  // namespace

void AddAlerts(MetricFamilies& families, const AlertList& list) {
  AddCurrent(families, list);
  AddTransitions(families, list);
}

void AddNotifications(MetricFamilies& families, const std::vector<NotificationStats>& receivers) {
  if (receivers.empty()) return;
  auto sent = families.Counter("connwatch_alert_notifications_total",
                               "Requests that told alerts to an Alertmanager or a webhook.");
  auto queue = families.Gauge("connwatch_alert_notification_queue_length",
                              "Alerts that the receiver has not taken yet as they are now.");
  auto dropped = families.Counter("connwatch_alert_notifications_dropped_total",
                                  "Alerts given up: resolved and not taken for 15 minutes, or "
                                  "beyond what there is room for.");
  auto left_out = families.Gauge("connwatch_alert_notifications_left_out",
                                 "Alerts that fire and that the receiver is not told of, because "
                                 "there is no room for them.");
  auto clock =
      families.Gauge("connwatch_alertmanager_clock_difference_seconds",
                     "How far the receiver's clock is ahead of this host's; negative if it "
                     "is behind. Absent if it is not known.");
  for (const NotificationStats& stats : receivers) {
    const std::string_view name = stats.receiver;
    sent.Add(stats.successes, {{"alertmanager", name}, {"result", "success"}});
    sent.Add(stats.failures, {{"alertmanager", name}, {"result", "failure"}});
    queue.Add(stats.queue_length, {{"alertmanager", name}});
    dropped.Add(stats.dropped, {{"alertmanager", name}});
    left_out.Add(stats.left_out, {{"alertmanager", name}});
    if (stats.clock_ahead) clock.Add(InSeconds(*stats.clock_ahead), {{"alertmanager", name}});
  }
}

}  // namespace connwatch
