#include "exporters/notify/webhook_body.h"

#include "core/alerts/alert_receiver.h"
#include "core/alerts/alert_template.h"
#include "exporters/notify/notice_json.h"

namespace connwatch {

namespace {

// The form of the object below. A field that is added does not change it.
constexpr int kVersion = 1;

std::string_view StatusOf(const AlertReport& report) {
  return Name(report.resolved_at ? AlertState::kResolved : AlertState::kFiring);
}

std::string LabelOf(const AlertNotice& notice, std::string_view name) {
  for (const auto& [label, value] : notice.labels) {
    if (label == name) return value;
  }
  return {};
}

std::string OwnObject(const AlertReport& report, const AlertNotice& notice) {
  Json json = {{"version", kVersion},
               {"status", StatusOf(report)},
               {"alertname", report.alert->rule->name},
               {"severity", Name(report.alert->rule->severity)},
               {"subject", report.alert->subject},
               {"summary", notice.Annotation("summary")},
               {"description", notice.Annotation("description")},
               {"labels", TextsAsJson(notice.labels)},
               {"annotations", TextsAsJson(notice.annotations)},
               {"startsAt", notice.starts_at}};
  if (notice.ends_at) json["endsAt"] = *notice.ends_at;
  json["generatorURL"] = notice.generator_url;
  json["runbook_url"] = notice.Annotation("runbook_url");
  return OnOneLine(json);
}

std::string ValueOf(std::string_view word, const AlertReport& report, const AlertNotice& notice) {
  if (word == "status") return std::string(StatusOf(report));
  if (word == "alertname" || word == "severity" || word == "instance") return LabelOf(notice, word);
  if (word == "startsAt") return notice.starts_at;
  if (word == "url") return notice.generator_url;
  if (word == "summary" || word == "description" || word == "runbook_url") {
    return notice.Annotation(word);
  }
  return FillTemplate("{{" + std::string(word) + "}}", *report.alert);
}

// What is between the quotes of a JSON string.
std::string Escaped(const std::string& text) {
  const std::string quoted = OnOneLine(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::string WebhookBody(const AlertReport& report, const NoticeContext& context,
                        std::string_view body) {
  const AlertNotice notice = NoticeOf(report, context);
  if (body.empty()) return OwnObject(report, notice);
  return FillTemplate(
      body, [&](std::string_view word) { return Escaped(ValueOf(word, report, notice)); },
      kWebhookWords);
}

}  // namespace connwatch
