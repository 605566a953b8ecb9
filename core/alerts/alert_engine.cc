#include "core/alerts/alert_engine.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/alerts/alert_evidence.h"
#include "core/listeners/trouble.h"

namespace connwatch {

namespace {

std::optional<AlertQueue> AcceptQueueOf(const SignalReading& reading) {
  if (reading.listener == nullptr) return std::nullopt;
  const ListenerStatus& status = reading.listener->status;
  const AcceptQueue& queue = status.accept_queue;
  if (queue.sockets != 1) return std::nullopt;
  return AlertQueue{.length = queue.length,
                    .limit = queue.limit,
                    .drops_per_second = status.signs.drops_per_second};
}

using std::chrono::nanoseconds;

// Returns whether the condition of `rule` holds; nullopt if that is not known.
template <typename Measured>
std::optional<bool> ConditionHolds(const AlertRule& rule, const Measured& measured) {
  if (measured.verdict == SynVerdict::kInnocent) return false;
  if (!measured.value) return std::nullopt;
  if (rule.threshold && !rule.threshold->IsCrossedBy(*measured.value)) return false;
  // A SYN queue at its limit cannot grow any more. There the diagnosis takes the place of growth.
  if (!rule.growth || measured.verdict == SynVerdict::kTrouble) return true;
  if (!measured.growth) return std::nullopt;
  return *measured.growth > rule.growth->per_second;
}

// Returns whether the trouble is over; nullopt if that is not known.
template <typename Measured>
std::optional<bool> IsClear(const AlertRule& rule, const Measured& measured) {
  if (rule.clear.level && measured.verdict != SynVerdict::kInnocent) {
    if (!measured.value) return std::nullopt;
    const bool is_below_trouble = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
    return is_below_trouble ? *measured.value > *rule.clear.level
                            : *measured.value < *rule.clear.level;
  }
  const std::optional<bool> holds = ConditionHolds(rule, measured);
  if (!holds) return std::nullopt;
  return !*holds;
}

// Annotations only describe an alert. If they change, it stays the same alert.
bool IsSameButForAnnotations(const AlertRule& one, AlertRule other) {
  other.annotations = one.annotations;
  return one == other;
}

std::optional<double> GrowthOf(const SampleWindow& counters, const AlertSignalSpec& spec) {
  if (spec.form == SignalForm::kRate) return counters.Rate();
  const bool is_share = spec.unit == SignalUnit::kShare;
  return is_share ? counters.Share(spec.min_per) : counters.Ratio(spec.min_per);
}

// Notes a change of the state, if there is one. An alert that has ended is made anew.
void Note(std::optional<AlertState> from, Alert& alert, Instant now,
          std::vector<AlertTransition>& transitions) {
  if (!from) return;
  transitions.push_back({.from = *from, .to = alert.state, .at = now, .alert = alert});
  if (alert.state == AlertState::kPending || alert.state == AlertState::kFiring) return;
  alert = {.rule = alert.rule,
           .subject = alert.subject,
           .listener = alert.listener,
           .group = alert.group,
           .netns = alert.netns,
           .pod_namespace = alert.pod_namespace,
           .pod = alert.pod,
           .state = AlertState::kInactive};
}

// A signal looks back over its window, and an alert over the time that it is pending. So a cause
// that was found in that time is a cause of the trouble, even if the latest poll does not show it.
const FoundCause* CauseOf(const std::optional<FoundCause>& latest, const Alert& alert,
                          MonotonicTime now) {
  if (!latest) return nullptr;
  const bool is_new = alert.state == AlertState::kInactive;
  const MonotonicTime since = is_new ? now : alert.since.monotonic;
  return latest->at >= since - SpecOf(alert.rule->signal).window ? &*latest : nullptr;
}

AlertEvidence EvidenceOf(const FiringReading& fires, const std::optional<SampleWindow>& levels,
                         const Snapshot& snapshot) {
  AlertEvidence evidence = GatherEvidence(fires, snapshot);
  if (!levels) return evidence;
  evidence.recent.clear();
  const std::vector<Sample>& samples = levels->samples();
  for (const Sample& sample : samples) {
    const std::chrono::duration<double> ago = samples.back().time - sample.time;
    evidence.recent.emplace_back(ago.count(), sample.value);
  }
  return evidence;
}

bool HasHistory(const AlertRule& rule) {
  return rule.growth || SpecOf(rule.signal).form != SignalForm::kLevel;
}

bool IsMatched(const AlertRule& rule, std::string_view subject) {
  return rule.match.empty() || std::ranges::any_of(rule.match, [subject](const auto& pattern) {
           return pattern.Matches(subject);
         });
}

}  // namespace

AlertEngine::AlertEngine(std::vector<AlertRule> rules) { Reconfigure(std::move(rules), {}); }

std::vector<AlertTransition> AlertEngine::Reconfigure(std::vector<AlertRule> rules, Instant now) {
  std::vector<RuleState> before = std::exchange(rules_, {});
  for (AlertRule& rule : rules) {
    if (!rule.enabled) continue;
    const auto same = std::ranges::find_if(before, [&rule](const RuleState& state) {
      return state.rule && IsSameButForAnnotations(*state.rule, rule);
    });
    RuleState& state = rules_.emplace_back();
    if (same != before.end()) {
      state = std::move(*same);
      same->subjects.clear();
    }
    state.rule = std::make_shared<const AlertRule>(std::move(rule));
    for (auto& [name, subject] : state.subjects) subject.alert.rule = state.rule;
  }
  std::vector<AlertTransition> transitions;
  for (RuleState& state : before) {
    for (auto& [name, subject] : state.subjects) {
      Note(subject.life.End(subject.alert), subject.alert, now, transitions);
    }
  }
  return transitions;
}

std::vector<AlertTransition> AlertEngine::Evaluate(const Snapshot& snapshot, Instant now) {
  ages_.Observe(snapshot.polls, snapshot.paused, now.monotonic);
  ++round_;
  std::vector<AlertTransition> transitions;
  for (RuleState& state : rules_) EvaluateRule(state, snapshot, now, transitions);
  return transitions;
}

void AlertEngine::EvaluateRule(RuleState& state, const Snapshot& snapshot, Instant now,
                               std::vector<AlertTransition>& transitions) {
  const AlertRule& rule = *state.rule;
  const std::optional<Tier> tier = SpecOf(rule.signal).tier;
  TierAge age;
  if (tier) {
    const TierAge* known = ages_.Find(*tier);
    if (known == nullptr || known->is_stale) return state.evaluated.reset();
    age = *known;
  }
  // Between two polls nothing new is known, and nothing confirms what was known.
  const bool is_new_poll = !tier || !state.evaluated || age.successes != state.successes;
  if (!is_new_poll) return;
  const nanoseconds patience = tier ? nanoseconds(age.patience()) : nanoseconds::max();
  const nanoseconds elapsed = now.monotonic - state.evaluated.value_or(now.monotonic);
  const nanoseconds since_sample = now.monotonic - state.sampled.value_or(now.monotonic);
  const Round round{.snapshot = snapshot,
                    .now = now,
                    .elapsed = std::min(elapsed, patience),
                    .patience = patience,
                    .is_gap = age.failures != state.failures || since_sample > patience,
                    .transitions = transitions};
  state.evaluated = now.monotonic;
  for (const SignalReading& reading : Choose(state, Read(rule.signal, snapshot, ages_))) {
    Subject& subject = FindOrAdmit(state, reading);
    subject.seen_in = round_;
    Advance(subject, Measure(rule, subject, reading, round), reading, round);
  }
  state.sampled = now.monotonic;
  state.successes = age.successes;
  state.failures = age.failures;
  EndVanished(state, round);
}

std::vector<SignalReading> AlertEngine::Choose(RuleState& state,
                                               std::vector<SignalReading> readings) {
  std::erase_if(readings,
                [&state](const SignalReading& reading) { return !IsWanted(state, reading); });
  if (readings.size() > kMaxSubjects) {
    std::erase_if(readings,
                  [&state](const SignalReading& reading) { return IsMemory(state, reading); });
  }
  state.left_out = readings.size() - std::min(readings.size(), kMaxSubjects);
  if (state.left_out == 0) return readings;
  std::vector<std::pair<Claim, std::size_t>> claims;  // with the index of the reading
  claims.reserve(readings.size());
  for (const SignalReading& reading : readings) {
    claims.emplace_back(ClaimOf(state, reading), claims.size());
  }
  std::ranges::nth_element(claims, claims.begin() + static_cast<std::ptrdiff_t>(kMaxSubjects));
  claims.resize(kMaxSubjects);
  std::ranges::sort(claims, {}, [](const auto& claim) { return claim.second; });
  std::vector<SignalReading> chosen;
  chosen.reserve(kMaxSubjects);
  for (const auto& [claim, index] : claims) chosen.push_back(std::move(readings[index]));
  return chosen;
}

bool AlertEngine::IsWanted(const RuleState& state, const SignalReading& reading) {
  const AlertRule& rule = *state.rule;
  if (!IsMatched(rule, reading.subject)) return false;
  return HasHistory(rule) || state.subjects.contains(reading.subject) || HoldsNow(rule, reading);
}

bool AlertEngine::HoldsNow(const AlertRule& rule, const SignalReading& reading) {
  const Measured measured{reading.value, std::nullopt, reading.verdict};
  return ConditionHolds(rule, measured).value_or(false);
}

bool AlertEngine::IsMemory(const RuleState& state, const SignalReading& reading) {
  const auto known = state.subjects.find(reading.subject);
  return known != state.subjects.end() && !HasHistory(*state.rule) &&
         known->second.alert.state == AlertState::kInactive && !HoldsNow(*state.rule, reading);
}

AlertEngine::Claim AlertEngine::ClaimOf(const RuleState& state, const SignalReading& reading) {
  enum Standing : std::uint8_t { kFires, kPends, kIsQuiet };
  const auto known = state.subjects.find(reading.subject);
  const bool is_known = known != state.subjects.end();
  Standing standing = kIsQuiet;
  MonotonicTime since;
  if (is_known && known->second.alert.state != AlertState::kInactive) {
    const Alert& alert = known->second.alert;
    standing = alert.state == AlertState::kFiring ? kFires : kPends;
    since = alert.fired_at.value_or(alert.since).monotonic;
  }
  const std::optional<AlertThreshold>& threshold = state.rule->threshold;
  const bool is_low_worse = threshold && threshold->side == ThresholdSide::kBelow;
  const double value = reading.value.value_or(0);
  // The configured thresholds are not needed to choose well.
  const bool is_in_trouble =
      reading.listener != nullptr && IsInTrouble(reading.listener->status, DiagnosisThresholds{});
  return {standing, since, !is_in_trouble, !is_known, is_low_worse ? value : -value};
}

AlertEngine::Subject& AlertEngine::FindOrAdmit(RuleState& state, const SignalReading& reading) {
  const auto [item, is_new] = state.subjects.try_emplace(reading.subject);
  Subject& subject = item->second;
  if (!is_new) return subject;
  const AlertRule& rule = *state.rule;
  subject.alert = {.rule = state.rule, .subject = reading.subject, .state = AlertState::kInactive};
  if (reading.listener != nullptr) subject.alert.listener = reading.listener->Name();
  if (SpecOf(rule.signal).subject == SubjectKind::kGroup) subject.alert.group = reading.subject;
  if (reading.netns != nullptr) {
    const NamespaceIdentity& identity = reading.netns->identity;
    subject.alert.netns = identity.name;
    subject.alert.pod_namespace = identity.pod_namespace;
    subject.alert.pod = identity.pod;
  }
  const AlertSignalSpec& spec = SpecOf(rule.signal);
  if (spec.form != SignalForm::kLevel) subject.counters.emplace(spec.window, 2);
  if (rule.growth) subject.levels.emplace(rule.growth->over, SampleWindow::kMinForGrowth);
  return subject;
}

AlertEngine::Measured AlertEngine::Measure(const AlertRule& rule, Subject& subject,
                                           const SignalReading& reading, const Round& round) {
  Measured measured{reading.value, std::nullopt, reading.verdict};
  if (subject.counters) {
    SampleWindow& counters = *subject.counters;
    const AlertSignalSpec& spec = SpecOf(rule.signal);
    if (!reading.value) counters.Clear();
    if (reading.value) {
      const auto* latest = counters.samples().empty() ? nullptr : &counters.samples().back();
      // A counter that goes back was reset. After a long gap, its rate over the gap is not the
      // present rate.
      if (latest != nullptr && (*reading.value < latest->value || reading.per < latest->per ||
                                round.now.monotonic - latest->time >
                                    std::max<nanoseconds>(spec.window, round.patience))) {
        counters.Clear();
      }
      counters.Add({round.now.monotonic, *reading.value, reading.per});
    }
    measured.value = GrowthOf(counters, spec);
  }
  if (measured.value && !std::isfinite(*measured.value)) measured.value.reset();
  if (subject.levels) {
    if (!measured.value || round.is_gap) subject.levels->Clear();
    if (measured.value) subject.levels->Add({round.now.monotonic, *measured.value});
    measured.growth = subject.levels->Growth();
  }
  return measured;
}

void AlertEngine::Advance(Subject& subject, const Measured& measured, const SignalReading& reading,
                          const Round& round) {
  Alert& alert = subject.alert;
  const AlertRule& rule = *alert.rule;
  const MonotonicTime now = round.now.monotonic;
  if (auto cause = FindCause(reading, now)) subject.cause = std::move(cause);
  const FoundCause* cause = CauseOf(subject.cause, alert, now);
  const double worst_before = alert.worst;
  const std::optional<AlertState> from =
      subject.life.Advance({.holds = ConditionHolds(rule, measured),
                            .is_clear = IsClear(rule, measured),
                            .value = rule.threshold ? measured.value : measured.growth,
                            .cause = cause == nullptr ? "" : cause->name,
                            .elapsed = round.elapsed,
                            .now = round.now},
                           alert);
  alert.accept_queue = AcceptQueueOf(reading);
  const bool is_worse = !from && alert.state == AlertState::kFiring && alert.worst != worst_before;
  if (!from && !is_worse) return;
  if (from == AlertState::kInactive) alert.unit = OwnerOf(rule.signal, reading, round.snapshot);
  if (alert.state == AlertState::kFiring) {
    const FiringReading fires{rule.signal, reading, measured.value, cause, now};
    auto evidence =
        std::make_shared<const AlertEvidence>(EvidenceOf(fires, subject.levels, round.snapshot));
    if (is_worse) {
      alert.worst_at = round.now;
      alert.worst_evidence = std::move(evidence);
    } else {
      alert.evidence = std::move(evidence);
    }
  }
  Note(from, alert, round.now, round.transitions);
}

void AlertEngine::EndVanished(RuleState& state, const Round& round) {
  for (auto item = state.subjects.begin(); item != state.subjects.end();) {
    Subject& subject = item->second;
    const bool is_gone = subject.seen_in != round_;
    if (is_gone) {
      Note(subject.life.End(subject.alert), subject.alert, round.now, round.transitions);
    }
    const bool is_idle = subject.alert.state == AlertState::kInactive && !HasHistory(*state.rule) &&
                         !subject.life.Remembers(round.now.monotonic);
    item = is_gone || is_idle ? state.subjects.erase(item) : std::next(item);
  }
}

std::vector<Alert> AlertEngine::alerts() const {
  std::vector<Alert> alerts;
  for (const RuleState& state : rules_) {
    for (const auto& [name, subject] : state.subjects) {
      if (subject.alert.state != AlertState::kInactive) alerts.push_back(subject.alert);
    }
  }
  return alerts;
}

std::vector<AlertRuleStatus> AlertEngine::rules() const {
  std::vector<AlertRuleStatus> rules;
  rules.reserve(rules_.size());
  for (const RuleState& state : rules_) {
    rules.push_back({.rule = state.rule,
                     .is_frozen = !state.evaluated.has_value(),
                     .left_out = state.left_out});
  }
  return rules;
}

}  // namespace connwatch
