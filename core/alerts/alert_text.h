// What an alert tells people, in sentences: what is wrong, where, whose it is, and what to do. For
// the log, notifications and the status page. Pure.
#pragma once

#include <string>

#include "core/alerts/alert.h"

namespace connwatch {

/// One sentence: what is wrong, where, and whose it is, with the numbers that show it. Of a
/// resolved alert: what it was, how long it lasted, and how bad it was. No raw keys ("syn_flood").
/// The rule's annotation `summary`, filled in, if it has one.
std::string SummaryOf(const Alert& alert);

/// The facts behind the summary, and then what to do about it. More than one sentence. The rule's
/// annotation `description`, filled in, if it has one.
std::string DescriptionOf(const Alert& alert);

}  // namespace connwatch
