#include "exporters/notify/alert_message.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/alerts/alert_template.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

// RFC 3339 in UTC: "2026-11-21T07:26:24.339Z".
std::string Rfc3339(WallTime time) {
  using std::chrono::milliseconds;
  const auto whole = std::chrono::floor<milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<milliseconds> clock(whole - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

// "198.51.100.0/24 (40), 203.0.113.0/24 (7)"
std::string Listed(const AlertEvidence::Counts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (!text.empty()) text += ", ";
    text += name + " (" + std::to_string(count) + ")";
  }
  return text;
}

Json LabelsOf(const Alert& alert, const std::string& instance) {
  Json labels = {{"alertname", alert.rule->name},
                 {"severity", Name(alert.rule->severity)},
                 {"subject", alert.subject}};
  for (const auto& [name, value] : alert.rule->labels) labels[name] = value;
  labels.emplace("instance", instance);
  return labels;
}

Json AnnotationsOf(const Alert& alert) {
  Json annotations = Json::object();
  for (const auto& [name, text] : alert.rule->annotations) {
    annotations[name] = FillTemplate(text, alert);
  }
  // Added to the user's own annotations, which are not replaced.
  const auto add = [&annotations](std::string_view name, std::string text) {
    if (!text.empty()) annotations.emplace(name, std::move(text));
  };
  add("value", FillTemplate("{{value}}", alert));
  add("threshold", FillTemplate("{{threshold}}", alert));
  add("cause", alert.cause);
  if (alert.evidence) {
    add("evidence", alert.evidence->text);
    add("top_sources", Listed(alert.evidence->top_sources));
    add("top_destinations", Listed(alert.evidence->top_destinations));
  }
  return annotations;
}

Json ToJson(const AlertReport& report, const AlertMessageContext& context) {
  const Alert& alert = *report.alert;
  const WallTime starts_at = alert.fired_at.value_or(alert.since).wall;
  // If the clock was set back, the alert must not end before it began, because that is refused.
  const WallTime ends_at = std::max(report.resolved_at.value_or(context.expires_at), starts_at);
  return {{"labels", LabelsOf(alert, context.instance)},
          {"annotations", AnnotationsOf(alert)},
          {"startsAt", Rfc3339(starts_at)},
          {"endsAt", Rfc3339(ends_at)}};
}

}  // namespace

AlertIdentity IdentityOf(const Alert& alert) {
  return {.rule = alert.rule->name,
          .subject = alert.subject,
          .severity = alert.rule->severity,
          .labels = alert.rule->labels};
}

std::string RenderAlertMessage(std::span<const AlertReport> reports,
                               const AlertMessageContext& context) {
  Json message = Json::array();
  for (const AlertReport& report : reports) message.push_back(ToJson(report, context));
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace connwatch
