// What an alert tells people, in sentences: what is wrong, where, whose it is, and what to do. For
// notifications, the API and the status page. The words are those of signal_words.h. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/alerts/alert.h"
#include "core/base/instant.h"

namespace connwatch {

/// Returns what is wrong, where, and whose it is, with the numbers that show it. If `ended` is
/// present, or if a firing alert only waits for its end, the text says so, and tells the worst
/// value instead of the present one. A rule's own annotation `summary` takes the place of the
/// sentence, but not of what is said about the end.
std::string SummaryOf(const Alert& alert, const std::optional<Instant>& ended = std::nullopt);

/// Returns what to do about it: by the cause, if it is known, else by the signal. The rule's own
/// annotation `description`, filled in, if it has one.
std::string AdviceOf(const Alert& alert);

/// Returns the facts of the moment at which the alert fired, and then the advice; that is for the
/// next time if `ended` is present. If the rule has an annotation `description` of its own, that
/// alone.
std::string DescriptionOf(const Alert& alert, const std::optional<Instant>& ended = std::nullopt);

/// Returns the same sentence as a template (alert_template.h), without what only evidence tells.
std::string SummaryTemplate(const AlertRule& rule);

/// Returns when a firing alert ends: "when it has been below 50 % for 12 s more".
std::string EndsWhen(const Alert& alert);

/// "198.51.100.0/24 (40), 203.0.113.0/24 (7)"; empty if there are none.
std::string CountsText(const AlertEvidence::Counts& counts);

/// For people, rounded: "12 s", "4 min", "1 h 5 min".
std::string SpanText(std::chrono::nanoseconds span);

}  // namespace connwatch
