// Any alert rules as a rule file for Prometheus: it is YAML that gives back names, expressions,
// durations and labels, and each expression has its quotes and brackets in pairs.
#include <fuzzer/FuzzedDataProvider.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/alerts/alert_signal.h"
#include "core/alerts/alert_template.h"
#include "exporters/prometheus_rules/prometheus_text.h"
#include "exporters/prometheus_rules/rule_expression.h"
#include "exporters/prometheus_rules/rule_file.h"
#include "tests/fuzz/any_report.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/utf8_text.h"

namespace {

using connwatch::AlertRule;
using connwatch::Require;
using std::chrono::milliseconds;

std::string ReadText(FuzzedDataProvider& input) {
  constexpr std::size_t kLongest = 100;
  return connwatch::OnlyUtf8(input.ConsumeRandomLengthString(kLongest));
}

double ReadFinite(FuzzedDataProvider& input) {
  const double number = connwatch::ReadAnyNumber(input);
  return std::isfinite(number) ? number : 0;
}

milliseconds ReadDuration(FuzzedDataProvider& input) {
  constexpr milliseconds kLongest = std::chrono::hours(24);
  return milliseconds(input.ConsumeIntegralInRange<milliseconds::rep>(0, kLongest.count()));
}

void ReadCondition(FuzzedDataProvider& input, AlertRule& rule) {
  const bool has_growth = input.ConsumeBool();
  if (has_growth) {
    rule.growth = {.per_second = ReadFinite(input), .over = ReadDuration(input) + milliseconds(1)};
  }
  if (has_growth && input.ConsumeBool()) return;
  rule.threshold = connwatch::AlertThreshold{.value = ReadFinite(input)};
  if (!has_growth && input.ConsumeBool()) rule.threshold->side = connwatch::ThresholdSide::kBelow;
}

AlertRule ReadRule(FuzzedDataProvider& input) {
  const auto signals = connwatch::AlertSignals();
  AlertRule rule;
  rule.name = ReadText(input);
  rule.match.push_back({ReadText(input), input.ConsumeBool()});
  if (input.ConsumeBool()) rule.match.clear();
  rule.labels[ReadText(input)] = ReadText(input);
  const std::string annotation = ReadText(input);
  if (!connwatch::FindTemplateMistake(annotation)) rule.annotations[ReadText(input)] = annotation;
  rule.signal = signals[input.ConsumeIntegralInRange<std::size_t>(0, signals.size() - 1)].id;
  ReadCondition(input, rule);
  rule.hold = ReadDuration(input);
  if (input.ConsumeBool()) rule.clear.level = ReadFinite(input);
  rule.clear.hold = ReadDuration(input);
  rule.enabled = !input.ConsumeBool();
  return rule;
}

// A label is a template for Prometheus, so "{{" is written as a template that writes it.
std::string LiteralOf(std::string text) {
  constexpr std::string_view kLiteral = "{{ `{{` }}";
  for (std::size_t at = text.find(kLiteral); at != std::string::npos;
       at = text.find(kLiteral, at + 2)) {
    text.replace(at, kLiteral.size(), "{{");
  }
  return text;
}

void CheckExpression(std::string_view text) {
  std::string open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!open.empty() && open.back() == '"') {
      if (text[i] == '"') open.pop_back();
      if (text[i] == '\\') ++i;
      continue;
    }
    switch (text[i]) {
      case '"':
      case '(':
      case '{':
      case '[':
        open += text[i];
        break;
      case ')':
      case '}':
      case ']':
        Require(!open.empty() && open.back() == (text[i] == ')'   ? '('
                                                 : text[i] == '}' ? '{'
                                                                  : '['));
        open.pop_back();
        break;
      default:
        Require(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
    }
  }
  Require(open.empty());
}

void CheckDuration(const YAML::Node& node, milliseconds duration) {
  Require(node.IsDefined() == (duration.count() > 0));
  if (node) Require(node.as<std::string>() == connwatch::PrometheusDuration(duration));
}

void CheckLabels(const YAML::Node& node, const AlertRule& rule) {
  std::map<std::string, std::string> expected = rule.labels;
  expected["severity"] = connwatch::Name(rule.severity);
  Require(node.size() == expected.size());
  for (const auto& [name, value] : expected) {
    Require(LiteralOf(node[name].as<std::string>()) == value);
  }
}

void CheckRule(const YAML::Node& node, const AlertRule& rule, std::chrono::seconds interval) {
  const auto expression = node["expr"].as<std::string>();
  Require(node["alert"].as<std::string>() == rule.name);
  Require(expression == connwatch::RuleExpression(rule, interval));
  CheckExpression(expression);
  CheckDuration(node["for"], connwatch::RuleHold(rule, interval));
  CheckDuration(node["keep_firing_for"], rule.clear.hold);
  CheckLabels(node["labels"], rule);
  for (const auto& [name, text] : rule.annotations) Require(node["annotations"][name].IsScalar());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr unsigned kMostRules = 3;
  FuzzedDataProvider input(bytes, size);
  std::vector<AlertRule> rules;
  for (unsigned left = input.ConsumeIntegralInRange(1U, kMostRules); left > 0; --left) {
    rules.push_back(ReadRule(input));
  }
  const std::chrono::seconds interval(input.ConsumeIntegralInRange(1, 3'600));
  const YAML::Node file = YAML::Load(connwatch::RenderRuleFile(rules, interval));
  const YAML::Node listed = file["groups"][0]["rules"];
  Require(file["groups"].size() == 1 && listed.IsSequence());
  std::size_t next = 0;
  for (const AlertRule& rule : rules) {
    if (rule.enabled && connwatch::HasSubjects(rule)) CheckRule(listed[next++], rule, interval);
  }
  Require(next == listed.size());
  return 0;
}
