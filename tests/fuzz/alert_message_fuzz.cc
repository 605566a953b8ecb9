// Any texts, numbers and times in alerts: the message to the Alertmanager and those to webhooks can
// be read, keep the texts that are UTF-8, and no alert in them ends before it begins. No time is
// beyond 2116, so that the distance of any two can be told.
#include <fuzzer/FuzzedDataProvider.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/alert_receiver.h"
#include "exporters/notify/alert_message.h"
#include "exporters/notify/webhook_body.h"
#include "tests/fuzz/any_report.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_json.h"
#include "tests/fuzz/utf8_text.h"

namespace {

using connwatch::Alert;
using connwatch::AlertReport;
using connwatch::Instant;
using connwatch::IsUtf8;
using connwatch::MonotonicTime;
using connwatch::NoticeContext;
using connwatch::Require;
using connwatch::WallTime;

std::chrono::nanoseconds ReadSpan(FuzzedDataProvider& input) {
  constexpr std::int64_t kLongest = std::int64_t{1} << 62U;
  return std::chrono::nanoseconds(input.ConsumeIntegralInRange<std::int64_t>(0, kLongest));
}

// The clocks need not agree on how far two moments are apart.
Instant ReadInstant(FuzzedDataProvider& input) {
  const std::chrono::nanoseconds monotonic = ReadSpan(input) / 4;
  return {MonotonicTime(monotonic), WallTime(ReadSpan(input) / 2)};
}

// "2026-11-21T07:26:24.339Z": times of this form are in the order of their texts.
void CheckTime(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  Require(text.size() == kForm.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    Require(kForm[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == kForm[i]);
  }
}

void CheckAlert(const nlohmann::json& told, const AlertReport& report) {
  const nlohmann::json& labels = told.at("labels");
  std::map<std::string, std::string> last;  // of equal names the last one is told
  for (const auto& [name, text] : report.labels) last[name] = text;
  for (const auto& [name, text] : last) {
    Require(!IsUtf8(name) || !IsUtf8(text) || labels.at(name) == text);
  }
  for (const auto& [name, text] : told.at("annotations").items()) Require(text.is_string());
  const auto starts_at = told.at("startsAt").get<std::string>();
  CheckTime(starts_at);
  if (!told.contains("endsAt")) return;
  const auto ends_at = told.at("endsAt").get<std::string>();
  CheckTime(ends_at);
  Require(starts_at <= ends_at);
}

// The object of the daemon, and a template with every word.
void CheckWebhook(const AlertReport& report, const NoticeContext& context) {
  const std::string own = connwatch::WebhookBody(report, context, "");
  Require(own.find('\n') == std::string::npos);
  const nlohmann::json told = connwatch::ReadStrictJson(own);
  CheckAlert(told, report);
  Require(told.at("status") == (report.resolved_at ? "resolved" : "firing"));
  std::string body = "{";
  for (const std::string_view word : connwatch::kWebhookWords) {
    body += (body.size() > 1 ? ",\"" : "\"") + std::string(word) + "\":\"{{" + std::string(word) +
            "}}\"";
  }
  const nlohmann::json filled =
      connwatch::ReadStrictJson(connwatch::WebhookBody(report, context, body + "}"));
  Require(filled.size() == connwatch::kWebhookWords.size());
  Require(!IsUtf8(report.alert->subject) || filled.at("subject") == report.alert->subject);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider input(bytes, size);
  const connwatch::AnyReport any = connwatch::ReadAnyReport(input);
  std::vector<AlertReport> reports;
  for (Alert alert : any.report.alerts->alerts) {
    alert.since = ReadInstant(input);
    if (input.ConsumeBool()) alert.fired_at = ReadInstant(input);
    auto& report = reports.emplace_back();
    report.alert = std::make_shared<const Alert>(std::move(alert));
    if (input.ConsumeBool()) report.resolved_at = ReadInstant(input);
  }
  NoticeContext context;
  context.now = ReadInstant(input);
  if (input.ConsumeBool()) context.expires_at = context.now.wall + ReadSpan(input) / 4;
  context.origin.external_url = "http://web1";
  context.origin.runbook_url = "http://web1/{{alertname}}";
  context.origin.labels["instance"] = input.ConsumeRemainingBytesAsString();
  for (AlertReport& report : reports) {
    report.labels = connwatch::LabelsOf(*report.alert, context.origin);
    CheckWebhook(report, context);
  }

  connwatch::AlertMessage message(context);
  std::size_t added = 0;
  while (added < reports.size() && message.Add(reports[added])) ++added;
  const std::string text = std::move(message).Finish();
  Require(added <= 1 || text.size() <= connwatch::AlertMessage::kMaxBytes);
  Require(added >= 1 || reports.empty());
  Require(text.find('\n') == std::string::npos);
  const nlohmann::json told = connwatch::ReadStrictJson(text);
  Require(told.size() == added);
  for (std::size_t i = 0; i < added; ++i) CheckAlert(told.at(i), reports[i]);
  return 0;
}
