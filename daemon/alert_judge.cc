#include "daemon/alert_judge.h"

#include <sstream>
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
  if (transition.to == AlertState::kFiring && alert.evidence) {
    if (!alert.evidence->text.empty()) text << "; " << alert.evidence->text;
    Append(text, "top sources", alert.evidence->top_sources);
    Append(text, "top destinations", alert.evidence->top_destinations);
  }
  return text.str();
}

}  // namespace

void AlertJudge::Reconfigure(std::vector<AlertRule> rules, Instant now) {
  Book(engine_.Reconfigure(std::move(rules), now));
}

std::shared_ptr<const AlertList> AlertJudge::Judge(const Snapshot& snapshot, Instant now) {
  Book(engine_.Evaluate(snapshot, now));
  AlertList list{.rules = engine_.rules(), .alerts = engine_.alerts(), .transitions = {}};
  for (const AlertRuleStatus& status : list.rules) {
    list.transitions.push_back(transitions_[status.rule->name]);
  }
  return std::make_shared<const AlertList>(std::move(list));
}

void AlertJudge::Book(const std::vector<AlertTransition>& transitions) {
  for (const AlertTransition& transition : transitions) {
    ++transitions_[transition.alert.rule->name].at(IndexOf(transition.to));
    if (transition.to == AlertState::kFiring) {
      LogWarning(Describe(transition));
    } else {
      LogInfo(Describe(transition));
    }
  }
}

}  // namespace connwatch
