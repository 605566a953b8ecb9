#include "exporters/notify/alert_message.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

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
  // After the rule's own labels: namespaces that a rule made equal would be one alert.
  if (!alert.netns.empty()) labels["netns"] = alert.netns;
  if (!alert.pod_namespace.empty()) labels["namespace"] = alert.pod_namespace;
  if (!alert.pod.empty()) labels["pod"] = alert.pod;
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

// Returns the time of day of `event` by the clock of `now`. If that is close to what was noted at
// the event, it is what was noted. So every message of an alert has the same time, whatever the
// clocks' small corrections are.
WallTime TimeOf(const Instant& event, const Instant& now) {
  constexpr std::chrono::seconds kClose{5};
  const auto off =
      std::chrono::round<std::chrono::seconds>(now.WallOf(event.monotonic) - event.wall);
  return std::chrono::abs(off) <= kClose ? event.wall : event.wall + off;
}

struct Span {
  WallTime starts_at;
  std::optional<WallTime> ends_at;
};

// Neither the beginning nor the end of a resolved alert is in the future, and the end is not before
// the beginning, because that is refused.
Span SpanOf(const AlertReport& report, const AlertMessageContext& context) {
  const Alert& alert = *report.alert;
  const Instant& now = context.now;
  Span span{.starts_at = std::min(TimeOf(alert.fired_at.value_or(alert.since), now), now.wall),
            .ends_at = std::nullopt};
  if (report.resolved_at) {
    span.ends_at = std::clamp(TimeOf(*report.resolved_at, now), span.starts_at, now.wall);
  } else {
    span.ends_at = context.expires_at;
  }
  return span;
}

std::string RenderAlert(const AlertReport& report, const AlertMessageContext& context) {
  const Span span = SpanOf(report, context);
  Json json = {{"labels", LabelsOf(*report.alert, context.instance)},
               {"annotations", AnnotationsOf(*report.alert)},
               {"startsAt", Rfc3339(span.starts_at)}};
  if (span.ends_at) json["endsAt"] = Rfc3339(*span.ends_at);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

AlertIdentity IdentityOf(const Alert& alert) {
  return {.rule = alert.rule->name,
          .subject = alert.subject,
          .severity = alert.rule->severity,
          .labels = alert.rule->labels};
}

bool AlertMessage::Add(const AlertReport& report) {
  const std::string alert = RenderAlert(report, context_);
  if (!is_empty() && text_.size() + alert.size() + kPunctuationBytes > kMaxBytes) return false;
  if (!is_empty()) text_ += ',';
  text_ += alert;
  return true;
}

std::string AlertMessage::Finish() && { return std::move(text_) + "]"; }

}  // namespace connwatch
