#include "exporters/prometheus_rules/rule_file.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/alerts/alert_receiver.h"
#include "core/alerts/alert_template.h"
#include "core/alerts/alert_text.h"
#include "core/alerts/signal_words.h"
#include "exporters/prometheus_rules/prometheus_text.h"
#include "exporters/prometheus_rules/rule_expression.h"

namespace connwatch {

namespace {

using Texts = std::map<std::string, std::string>;

constexpr std::string_view kLiteralBraces = "{{ `{{` }}";
constexpr std::string_view kOwnerTemplate = "{{ or $labels.unit `the application` }}";

// Prometheus reads the values of labels and annotations as Go templates.
std::string LiteralInTemplate(std::string_view text) {
  constexpr std::string_view kOpen = "{{";
  std::string literal;
  for (std::size_t open = text.find(kOpen); open != std::string_view::npos;
       open = text.find(kOpen)) {
    literal.append(text.substr(0, open)).append(kLiteralBraces);
    text.remove_prefix(open + kOpen.size());
  }
  return literal.append(text);
}

std::string SubjectTemplate(const AlertRule& rule) {
  if (IsForNamespaces(rule)) {
    return "{{ or $labels.listener $labels.netns }}";
  }
  const SubjectKind kind = SpecOf(rule.signal).subject;
  const std::string_view label = kind == SubjectKind::kHost ? "instance" : Name(kind);
  return "{{ $labels." + std::string(label) + " }}";
}

std::string ValueTemplate(SignalUnit unit) {
  switch (unit) {
    case SignalUnit::kCount:
      return "{{ printf `%.0f` $value }}";
    case SignalUnit::kPerSecond:
      return "{{ printf `%.1f` $value }}/s";
    case SignalUnit::kShare:
      return "{{ humanizePercentage $value }}";
    case SignalUnit::kSeconds:
      return "{{ humanizeDuration $value }}";
    case SignalUnit::kBytes:
      return "{{ humanize1024 $value }}B";
    case SignalUnit::kFactor:
      return "{{ printf `%.1f` $value }} x";
  }
  return "{{ $value }}";
}

// Shows every cause of the diagnosis, as of the latest evaluation. `label` names the subject.
std::string CausesTemplate(const std::string& metric, const std::string& label) {
  return "{{ with printf `" + metric + "{job=%q,instance=%q," + label +
         "=%q,cause!='deferred_accept'} > 0` $labels.job $labels.instance $labels." + label +
         " | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}"
         "{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}";
}

std::string CauseTemplate(const AlertRule& rule) {
  if (SpecOf(rule.signal).subject != SubjectKind::kListener) return "not diagnosed";
  std::string own = CausesTemplate("connwatch_listener_diagnosis", "listener");
  if (!IsForNamespaces(rule)) return own;
  return "{{ if $labels.listener }}" + own + "{{ else }}" +
         CausesTemplate("connwatch_netns_listener_diagnosis", "netns") + "{{ end }}";
}

// Turns an annotation of the daemon into one for Prometheus.
std::string AnnotationTemplate(const AlertRule& rule, std::string_view text) {
  const AlertSignalSpec& spec = SpecOf(rule.signal);
  // The values of a rule with growth alone are per second, whatever the signal's unit is.
  const std::string per = rule.threshold ? "" : "/s";
  return FillTemplate(text, [&](std::string_view word) -> std::string {
    if (word == "subject") return SubjectTemplate(rule);
    if (word == "value") return ValueTemplate(spec.unit) + per;
    if (word == "cause") return CauseTemplate(rule);
    if (word == "unit") return "{{ or $labels.unit `unknown unit` }}";
    if (word == "owner") return std::string(kOwnerTemplate);
    const double threshold = rule.threshold ? rule.threshold->value : rule.growth->per_second;
    return FormatValue(spec.unit, threshold) + per;
  });
}

// What the daemon tells without being asked to (core/alerts/alert_text.h), as far as Prometheus
// can.
Texts AnnotationsOf(const AlertRule& rule, const std::string& runbook_url) {
  Texts texts;
  for (const auto& [name, text] : rule.annotations) texts[name] = AnnotationTemplate(rule, text);
  std::string summary = AnnotationTemplate(rule, SummaryTemplate(rule));
  if (summary.starts_with(kOwnerTemplate)) ReplaceAll(summary, "`the app", "`The app");
  texts.emplace("summary", std::move(summary));
  const bool has_cause = SpecOf(rule.signal).subject == SubjectKind::kListener;
  texts.emplace("description", std::string(WordsOf(rule.signal).advice) +
                                   (has_cause ? " Cause: " + CauseTemplate(rule) + "." : ""));
  const auto name_of = [&rule](std::string_view) { return rule.name; };
  texts.emplace("runbook_url", runbook_url.empty()
                                   ? "http://{{ $labels.instance }}/runbook#" + rule.name
                                   : FillTemplate(runbook_url, name_of, kRunbookWords));
  return texts;
}

void AppendMapping(std::string& file, std::string_view key, const Texts& texts) {
  if (texts.empty()) return;
  file.append("        ").append(key).append(":\n");
  for (const auto& [name, text] : texts) {
    file += "          " + QuotedForPrometheus(name) + ": " + QuotedForPrometheus(text) + "\n";
  }
}

void AppendLiteral(std::string& file, std::string_view key, std::string_view text) {
  file.append("        ").append(key).append(": |-\n");
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    file.append("          ").append(line).append("\n");
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

void AppendDuration(std::string& file, std::string_view key, std::chrono::milliseconds duration) {
  if (duration.count() == 0) return;
  file.append("        ")
      .append(key)
      .append(": ")
      .append(PrometheusDuration(duration))
      .append("\n");
}

void AppendRule(std::string& file, const AlertRule& rule, std::chrono::seconds scrape_interval,
                const std::string& runbook_url) {
  Texts labels;
  for (const auto& [name, value] : rule.labels) labels[name] = LiteralInTemplate(value);
  labels["severity"] = Name(rule.severity);
  file += "\n      - alert: " + QuotedForPrometheus(rule.name) + "\n";
  AppendLiteral(file, "expr", RuleExpression(rule, scrape_interval));
  AppendDuration(file, "for", RuleHold(rule, scrape_interval));
  AppendDuration(file, "keep_firing_for", rule.clear.hold);
  AppendMapping(file, "labels", labels);
  AppendMapping(file, "annotations", AnnotationsOf(rule, runbook_url));
}

std::string Head(std::chrono::seconds scrape_interval) {
  const std::string interval = PrometheusDuration(scrape_interval);
  return "# connwatch's alert rules for Prometheus 2.42 or later, which must scrape the hosts at\n"
         "# least every " +
         interval + ". connwatchd --print-rules --rules.scrape-interval=" + interval +
         " wrote\n"
         "# this file. To change a rule, change the configuration of connwatchd and write the\n"
         "# file again. docs/alerts.md says what the rules mean and how they differ from the\n"
         "# daemon's own alerts.\n"
         "groups:\n"
         "  - name: connwatch\n"
         "    interval: " +
         interval + "\n    rules:";
}

}  // namespace

std::string RenderRuleFile(std::span<const AlertRule> rules, std::chrono::seconds scrape_interval,
                           const std::string& runbook_url) {
  std::string listed;
  for (const AlertRule& rule : rules) {
    if (rule.enabled && HasSubjects(rule)) AppendRule(listed, rule, scrape_interval, runbook_url);
  }
  return Head(scrape_interval) + (listed.empty() ? " []\n" : listed);
}

}  // namespace connwatch
