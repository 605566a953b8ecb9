#include "daemon/alert_judge.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <span>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/process/logging.h"

namespace connwatch {

namespace {

void Append(std::ostringstream& text, std::string_view what, const AlertEvidence::Counts& counts) {
  if (counts.empty()) return;
  text << "; " << what << ":";
  for (const auto& [name, count] : counts) text << " " << name << " (" << count << ")";
}

// "alert=SynRecvBacklogGrowth subject=0.0.0.0:443 state=firing value=3000 ...; evidence"
std::string Describe(const AlertTransition& transition) {
  const Alert& alert = transition.alert;
  std::ostringstream text;
  text << "alert=" << alert.rule->name << " subject=" << alert.subject
       << " state=" << Name(transition.to) << " severity=" << Name(alert.rule->severity)
       << " value=" << alert.value << " threshold=" << alert.threshold;
  if (!alert.cause.empty()) text << " cause=" << alert.cause;
  if (!alert.unit.empty()) text << " unit=" << alert.unit;
  if (alert.flapping) {
    text << " flapping=" << alert.flapping->times << "_times_in_"
         << std::chrono::round<std::chrono::seconds>(alert.flapping->span).count() << "s";
  }
  if (transition.to == AlertState::kFiring && alert.evidence) {
    if (!alert.evidence->text.empty()) text << "; " << alert.evidence->text;
    Append(text, "top sources", alert.evidence->top_sources);
    Append(text, "top destinations", alert.evidence->top_destinations);
    Append(text, "top units", alert.evidence->top_units);
    Append(text, "top groups", alert.evidence->top_groups);
  }
  return text.str();
}

void Log(AlertState to, const std::string& line) {
  if (to == AlertState::kFiring) {
    LogWarning(line);
  } else {
    LogInfo(line);
  }
}

// One line for each rule and state, the most severe rules first.
void LogCounts(std::span<const AlertTransition* const> transitions) {
  using Key = std::tuple<int, std::string_view, AlertState>;  // the lowest is the most severe
  std::map<Key, std::size_t> counts;
  for (const AlertTransition* transition : transitions) {
    const AlertRule& rule = *transition->alert.rule;
    ++counts[{-static_cast<int>(rule.severity), rule.name, transition->to}];
  }
  for (const auto& [key, count] : counts) {
    const auto& [severity, rule, to] = key;
    Log(to, "alert=" + std::string(rule) + " state=" + std::string(Name(to)) +
                " severity=" + std::string(Name(static_cast<AlertSeverity>(-severity))) +
                " subjects=" + std::to_string(count) + ": too many at once for a line each");
  }
}

void LogTransitions(std::vector<const AlertTransition*> order) {
  const std::size_t lines = std::min(order.size(), AlertJudge::kMaxLines);
  if (lines < order.size()) {
    std::ranges::stable_sort(order, std::ranges::greater(), [](const AlertTransition* transition) {
      return transition->alert.rule->severity;
    });
  }
  const std::span<const AlertTransition* const> all = order;
  for (const AlertTransition* transition : all.first(lines)) {
    Log(transition->to, Describe(*transition));
  }
  LogCounts(all.subspan(lines));
}

}  // namespace

void AlertJudge::Reconfigure(std::vector<AlertRule> rules, Instant now) {
  Book(engine_.Reconfigure(std::move(rules), now));
  std::map<std::string, AlertTransitionCounts, std::less<>> kept;
  for (const AlertRuleStatus& status : engine_.rules()) {
    if (auto counts = transitions_.extract(status.rule->name)) kept.insert(std::move(counts));
  }
  transitions_ = std::move(kept);
}

std::shared_ptr<const AlertList> AlertJudge::Judge(const Snapshot& snapshot, Instant now) {
  Book(engine_.Evaluate(snapshot, now));
  AlertList list{.rules = engine_.rules(), .alerts = engine_.alerts(), .transitions = {}};
  for (const AlertRuleStatus& status : list.rules) {
    list.transitions.push_back(transitions_[status.rule->name]);
  }
  std::ranges::stable_sort(list.alerts, IsMoreUrgent);
  return std::make_shared<const AlertList>(std::move(list));
}

void AlertJudge::Book(std::vector<AlertTransition> transitions) {
  for (const AlertTransition& transition : transitions) {
    ++transitions_[transition.alert.rule->name].at(IndexOf(transition.to));
  }
  LogTransitions(episodes_.Tell(transitions));
  std::ranges::move(transitions, std::back_inserter(untaken_));
}

}  // namespace connwatch
