#include "exporters/notify/alert_notice.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "core/alerts/alert_template.h"
#include "core/alerts/alert_text.h"
#include "core/base/rfc3339.h"

namespace connwatch {

namespace {

using Annotations = std::vector<std::pair<std::string, std::string>>;

Annotations AnnotationsOf(const AlertReport& report, const AlertOrigin& origin) {
  const Alert& alert = *report.alert;
  // The rule's own annotations are among these two.
  Annotations annotations = {{"summary", SummaryOf(alert, report.resolved_at)},
                             {"description", DescriptionOf(alert, report.resolved_at)}};
  const auto add = [&annotations](const std::string& name, std::string text) {
    const bool is_new =
        std::ranges::find(annotations, name, &Annotations::value_type::first) == annotations.end();
    if (is_new) annotations.emplace_back(name, std::move(text));
  };
  for (const auto& [name, text] : alert.rule->annotations) add(name, FillTemplate(text, alert));
  const auto add_known = [&add](const char* name, std::string text) {
    if (!text.empty()) add(name, std::move(text));
  };
  add_known("value", FillTemplate("{{value}}", alert));
  add_known("threshold", FillTemplate("{{threshold}}", alert));
  add_known("cause", alert.cause);
  add_known("unit", alert.unit);
  add_known("namespace", alert.pod_namespace);
  add_known("pod", alert.pod);
  if (alert.evidence) {
    const AlertEvidence& evidence = *alert.evidence;
    add_known("evidence", evidence.text);
    add_known("top_sources", CountsText(evidence.top_sources));
    add_known("top_destinations", CountsText(evidence.top_destinations));
    add_known("top_groups", CountsText(evidence.top_groups));
    add_known("top_units", CountsText(evidence.top_units));
  }
  add("runbook_url", RunbookOf(alert, origin));
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
Span SpanOf(const AlertReport& report, const NoticeContext& context) {
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

}  // namespace

std::string AlertNotice::Annotation(std::string_view name) const {
  const auto found = std::ranges::find(annotations, name, &Annotations::value_type::first);
  return found == annotations.end() ? "" : found->second;
}

AlertNotice NoticeOf(const AlertReport& report, const NoticeContext& context) {
  const Span span = SpanOf(report, context);
  AlertNotice notice{.labels = report.labels,
                     .annotations = AnnotationsOf(report, context.origin),
                     .starts_at = Rfc3339(span.starts_at),
                     .ends_at = std::nullopt,
                     .generator_url = LinkTo(*report.alert, context.origin)};
  if (span.ends_at) notice.ends_at = Rfc3339(*span.ends_at);
  return notice;
}

}  // namespace connwatch
