// Any texts, numbers and times in alerts: the message to the Alertmanager can be read, keeps the
// texts that are UTF-8, and no alert in it ends before it begins. No time is beyond 2116, so that
// the distance of any two can be told.
#include <fuzzer/FuzzedDataProvider.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/notify/alert_message.h"
#include "tests/fuzz/any_report.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_json.h"
#include "tests/fuzz/utf8_text.h"

namespace {

using connwatch::Alert;
using connwatch::Instant;
using connwatch::IsUtf8;
using connwatch::MonotonicTime;
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

void CheckAlert(const nlohmann::json& told, const Alert& alert, const std::string& instance) {
  const nlohmann::json& labels = told.at("labels");
  const auto is_kept = [&labels](const std::string& name, const std::string& text) {
    return !IsUtf8(text) || labels.at(name) == text;
  };
  Require(is_kept("alertname", alert.rule->name) && is_kept("subject", alert.subject) &&
          is_kept("instance", instance));
  for (const auto& [name, text] : alert.rule->labels) {
    Require(!IsUtf8(name) || is_kept(name, text));
  }
  for (const auto& [name, text] : told.at("annotations").items()) Require(text.is_string());
  const auto starts_at = told.at("startsAt").get<std::string>();
  CheckTime(starts_at);
  if (!told.contains("endsAt")) return;
  const auto ends_at = told.at("endsAt").get<std::string>();
  CheckTime(ends_at);
  Require(starts_at <= ends_at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider input(bytes, size);
  const connwatch::AnyReport any = connwatch::ReadAnyReport(input);
  std::vector<connwatch::AlertReport> reports;
  for (Alert alert : any.report.alerts->alerts) {
    alert.since = ReadInstant(input);
    if (input.ConsumeBool()) alert.fired_at = ReadInstant(input);
    auto& report = reports.emplace_back();
    report.alert = std::make_shared<const Alert>(std::move(alert));
    if (input.ConsumeBool()) report.resolved_at = ReadInstant(input);
  }
  connwatch::AlertMessageContext context;
  context.now = ReadInstant(input);
  if (input.ConsumeBool()) context.expires_at = context.now.wall + ReadSpan(input) / 4;
  context.instance = input.ConsumeRemainingBytesAsString();

  connwatch::AlertMessage message(context);
  std::size_t added = 0;
  while (added < reports.size() && message.Add(reports[added])) ++added;
  const std::string text = std::move(message).Finish();
  Require(added <= 1 || text.size() <= connwatch::AlertMessage::kMaxBytes);
  Require(added >= 1 || reports.empty());
  Require(text.find('\n') == std::string::npos);
  const nlohmann::json told = connwatch::ReadStrictJson(text);
  Require(told.size() == added);
  for (std::size_t i = 0; i < added; ++i) {
    CheckAlert(told.at(i), *reports[i].alert, context.instance);
  }
  return 0;
}
