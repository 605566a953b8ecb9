// Runs the alert rules over the snapshots: finds the subjects, measures their signals, and leads
// the AlertLife of each. Pure; time is passed in. The exact rules are in docs/alerts.md.
//
// The time that a condition holds counts only between two good polls of the signal's tier, only up
// to TierAge::patience(), and only while the value is known. So neither a late evaluation nor many
// evaluations between two polls make an alert out of one sample. Stale data neither fires nor
// resolves an alert: the state is frozen until the tier works again. The rule MonitorStale reports
// that.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/alerts/alert.h"
#include "core/alerts/alert_evidence.h"
#include "core/alerts/alert_life.h"
#include "core/alerts/alert_list.h"
#include "core/alerts/alert_rule.h"
#include "core/alerts/signal_reader.h"
#include "core/base/sample_window.h"
#include "core/polling/poll_ages.h"
#include "core/snapshot.h"

namespace connwatch {

/// For one thread.
class AlertEngine {
 public:
  /// The most subjects that are followed per rule. For a rule on a level without growth, only
  /// subjects in trouble count. If there are more, those with an alert stay, the firing ones and
  /// the older ones first. Then come listeners in trouble, subjects that are followed already, and
  /// those with the worst value.
  static constexpr std::size_t kMaxSubjects = 500;

  /// Rules that are not enabled are ignored. All others must have different names.
  explicit AlertEngine(std::vector<AlertRule> rules);

  /// Keeps the state of every rule that is the same as before, apart from its annotations. Ends the
  /// alerts of all other rules and returns these transitions.
  std::vector<AlertTransition> Reconfigure(std::vector<AlertRule> rules, Instant now);

  /// Must be called with every new snapshot, and again with the latest one if no new one comes for
  /// a while. Returns the transitions. Monotonic time must not go back, but it may stand still.
  std::vector<AlertTransition> Evaluate(const Snapshot& snapshot, Instant now);

  /// The pending and the firing alerts, in the order of the rules.
  std::vector<Alert> alerts() const;
  /// In the order of the rules.
  std::vector<AlertRuleStatus> rules() const;

 private:
  struct Subject {
    std::optional<SampleWindow> counters;  // of a rate or a ratio
    std::optional<SampleWindow> levels;    // of a rule with growth
    std::optional<FoundCause> cause;       // the latest one
    Alert alert;
    AlertLife life;
    std::uint64_t seen_in = 0;
  };
  struct RuleState {
    std::shared_ptr<const AlertRule> rule;
    std::map<std::string, Subject, std::less<>> subjects = {};
    std::optional<MonotonicTime> evaluated = std::nullopt;  // absent while frozen
    std::optional<MonotonicTime> sampled = std::nullopt;    // the same, but kept while frozen
    std::uint64_t successes = 0;                            // of the tier's polls, at that time
    std::uint64_t failures = 0;
    std::uint64_t left_out = 0;
  };
  /// One evaluation of one rule, after a poll of its tier.
  struct Round {
    const Snapshot& snapshot;
    Instant now;
    std::chrono::nanoseconds elapsed;   // the time that counts
    std::chrono::nanoseconds patience;  // between two samples
    bool is_gap;                        // polls are missing before this one
    std::vector<AlertTransition>& transitions;
  };
  /// How good a subject's claim to be followed is. The lowest is the best.
  using Claim = std::tuple<int, MonotonicTime, bool, bool, double>;
  struct Measured {
    std::optional<double> value;
    std::optional<double> growth;
    SynVerdict verdict = SynVerdict::kOpen;
  };

  void EvaluateRule(RuleState& state, const Snapshot& snapshot, Instant now,
                    std::vector<AlertTransition>& transitions);
  // Returns the readings to judge, at most kMaxSubjects, in the same order.
  static std::vector<SignalReading> Choose(RuleState& state, std::vector<SignalReading> readings);
  static bool IsWanted(const RuleState& state, const SignalReading& reading);
  // For a rule on a level, whose condition needs nothing but the reading.
  static bool HoldsNow(const AlertRule& rule, const SignalReading& reading);
  // Returns true iff the subject is known only because it may be flapping.
  static bool IsMemory(const RuleState& state, const SignalReading& reading);
  static Claim ClaimOf(const RuleState& state, const SignalReading& reading);
  static Subject& FindOrAdmit(RuleState& state, const SignalReading& reading);
  static Measured Measure(const AlertRule& rule, Subject& subject, const SignalReading& reading,
                          const Round& round);
  static void Advance(Subject& subject, const Measured& measured, const SignalReading& reading,
                      const Round& round);
  void EndVanished(RuleState& state, const Round& round);

  std::vector<RuleState> rules_;
  PollAges ages_;
  std::uint64_t round_ = 0;
};

}  // namespace connwatch
