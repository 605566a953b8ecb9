// How a signal's trouble is told to people: the one table of the sentences that alerts are made of.
// core/alerts/alert_text.h fills them in for notifications, exporters/prometheus_rules/ turns them
// into templates of Prometheus. Pure.
#pragma once

#include <string_view>

#include "core/alerts/alert_rule.h"
#include "core/alerts/alert_signal.h"
#include "core/listeners/diagnosis.h"

namespace connwatch {

/// The texts are templates, see alert_template.h. Each is a part of a sentence, without a full
/// stop.
struct SignalWords {
  AlertSignal signal;
  std::string_view is;       // what is wrong, while it lasts
  std::string_view was;      // the same, when it is over
  std::string_view measure;  // the value in words; empty if it says nothing to people
  std::string_view advice;   // whole sentences: what to look at and what to do
  /// Where a value means trouble. The words do not fit a rule whose threshold has another side.
  ThresholdSide side = ThresholdSide::kAbove;
};

const SignalWords& WordsOf(AlertSignal signal);

/// What a cause of the diagnosis means, and what to do about it. Whole sentences.
struct CauseWords {
  DiagnosisCause cause;
  std::string_view meaning;
  std::string_view advice;
};

/// nullptr if `name` is not the name of a cause.
const CauseWords* WordsOfCause(std::string_view name);

}  // namespace connwatch
