#include "exporters/prometheus_rules/rule_expression.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "exporters/prometheus_rules/prometheus_text.h"
#include "exporters/prometheus_rules/signal_query.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Whether a rule has subjects does not depend on it.
constexpr seconds kAnyInterval{15};

std::string InParentheses(std::string lines) {
  ReplaceAll(lines, "\n", "\n  ");
  return "(\n  " + lines + ")";
}

// Growth as the slope of a least-squares line.
std::string GrowthQuery(const AlertRule& rule, const std::string& signal, seconds scrape_interval) {
  const std::string window = PrometheusDuration(Widened(rule.growth->over, scrape_interval));
  const bool is_selector = signal.find_first_of(" (") == std::string::npos;
  if (is_selector) return "deriv(" + signal + "[" + window + "])";
  return "deriv((" + signal + ")[" + window + ":" + PrometheusDuration(scrape_interval) + "])";
}

std::string FiringCondition(const AlertRule& rule, const SignalQuery& query,
                            const std::string& growth) {
  std::string threshold;
  if (rule.threshold) {
    const bool is_above = rule.threshold->side == ThresholdSide::kAbove;
    threshold = query.text + (is_above ? " > " : " < ") + FormatNumber(rule.threshold->value);
  }
  if (!rule.growth) return threshold;
  const std::string grows = growth + " > " + FormatNumber(rule.growth->per_second);
  const std::string and_on = "\nand " + query.on + " ";
  // With such a diagnosis a SYN queue need not grow any more, see SynVerdict::kTrouble.
  const std::string& trouble = query.trouble;
  if (trouble.empty()) return rule.threshold ? threshold + and_on + grows : grows;
  if (!rule.threshold) return grows + "\nor " + InParentheses(growth + and_on + trouble);
  return threshold + and_on + InParentheses(grows + "\nor " + trouble);
}

// Holds for an alert that fires, until its signal passes the clear level.
std::string StillFiring(const AlertRule& rule, const SignalQuery& query,
                        const std::string& growth) {
  const bool is_below = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
  const std::string and_on = "\nand " + query.on + " ";
  const std::string level =
      query.text + (is_below ? " <= " : " >= ") + FormatNumber(*rule.clear.level);
  return (rule.threshold ? level : growth + and_on + InParentheses(level)) + and_on +
         "ALERTS{alertname=" + QuotedForPrometheus(rule.name) + R"(,alertstate="firing"})";
}

std::string ExpressionOf(const AlertRule& rule, const SignalQuery& query, seconds scrape_interval) {
  const std::string growth = rule.growth ? GrowthQuery(rule, query.text, scrape_interval) : "";
  std::string expression = FiringCondition(rule, query, growth);
  if (rule.clear.level) {
    expression += "\nor " + InParentheses(StillFiring(rule, query, growth));
  }
  if (query.innocent.empty()) return expression;
  return InParentheses(expression) + "\nunless " + query.on + " " + query.innocent;
}

// The owner of a listener is the label of another series, which every listener has.
std::string WithUnit(const AlertRule& rule, const SignalQuery& query, std::string expression) {
  if (SpecOf(rule.signal).subject != SubjectKind::kListener) return expression;
  return InParentheses(std::move(expression)) + "\n* " + query.on +
         " group_left (unit) connwatch_listener_info";
}

}  // namespace

bool HasSubjects(const AlertRule& rule) {
  return OwnQuery(rule, kAnyInterval).has_value() || IsForNamespaces(rule);
}

bool IsForNamespaces(const AlertRule& rule) {
  return NamespaceQuery(rule, kAnyInterval).has_value();
}

std::string RuleExpression(const AlertRule& rule, seconds scrape_interval) {
  std::string expression;
  if (const auto own = OwnQuery(rule, scrape_interval)) {
    expression = WithUnit(rule, *own, ExpressionOf(rule, *own, scrape_interval));
  }
  const auto namespaces = NamespaceQuery(rule, scrape_interval);
  if (!namespaces) return expression;
  const std::string theirs = ExpressionOf(rule, *namespaces, scrape_interval);
  return expression.empty() ? theirs : expression + "\nor " + InParentheses(theirs);
}

milliseconds RuleHold(const AlertRule& rule, seconds scrape_interval) {
  if (rule.hold == milliseconds(0)) return rule.hold;
  const AlertSignalSpec& spec = SpecOf(rule.signal);
  const milliseconds more = spec.form == SignalForm::kLevel
                                ? milliseconds(0)
                                : Widened(spec.window, scrape_interval) - spec.window;
  return std::max<milliseconds>(rule.hold + more, scrape_interval);
}

}  // namespace connwatch
