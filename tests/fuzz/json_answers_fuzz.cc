// Any texts and numbers in the answers of the JSON API: each answer can be read, and those texts
// that are UTF-8 come back.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "exporters/json/json_api.h"
#include "tests/fuzz/any_report.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_json.h"
#include "tests/fuzz/utf8_text.h"
#include "tests/support/reports.h"

namespace {

using connwatch::Paging;
using connwatch::Report;
using connwatch::Require;

std::vector<std::optional<std::string>> RenderAll(const Report& report, const Paging& paging) {
  const connwatch::Snapshot& snapshot = *report.snapshot;
  return {connwatch::RenderStates(snapshot),
          connwatch::RenderListeners(snapshot, paging),
          connwatch::RenderNamespaces(snapshot, paging),
          connwatch::RenderHandshakes(snapshot, paging),
          connwatch::RenderGroups(snapshot, paging),
          connwatch::RenderAlerts(report, paging),
          connwatch::RenderHistory(report),
          connwatch::RenderStatus(report, connwatch::TestInstant(30))};
}

// Names of members as well as values.
void CollectTexts(const nlohmann::json& json, std::vector<std::string>& texts) {
  if (json.is_string()) texts.push_back(json.get<std::string>());
  if (!json.is_structured()) return;
  for (const auto& [name, value] : json.items()) {
    texts.push_back(name);
    CollectTexts(value, texts);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider input(bytes, size);
  const connwatch::AnyReport any = connwatch::ReadAnyReport(input);
  std::vector<std::string> texts;
  for (const auto& answer : RenderAll(any.report, Paging{})) {
    Require(answer && answer->ends_with("}\n"));
    CollectTexts(connwatch::ReadStrictJson(*answer), texts);
  }
  for (const std::string& expected : any.in_json) {
    if (!connwatch::IsUtf8(expected)) continue;
    Require(std::ranges::any_of(texts, [&expected](const std::string& text) {
      return text.find(expected) != std::string::npos;
    }));
  }
  const Paging paging = {
      .limit = input.ConsumeIntegralInRange<std::size_t>(1, Paging::kMaxLimit),
      .offset = input.ConsumeIntegralInRange<std::size_t>(0, Paging::kMaxOffset)};
  for (const auto& answer : RenderAll(any.report, paging)) connwatch::ReadStrictJson(*answer);
  const std::string error = input.ConsumeRemainingBytesAsString();
  const auto answer = connwatch::ReadStrictJson(connwatch::RenderError(error, error.size()));
  Require(!connwatch::IsUtf8(error) || answer.at("error") == error);
  return 0;
}
