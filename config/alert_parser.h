// Parses the words of an alert rule. Pure. An error's context says what is wrong and what would be
// right.
#pragma once

#include <string>
#include <string_view>

#include "core/alerts/alert_rule.h"
#include "core/alerts/alert_signal.h"
#include "core/base/result.h"

namespace connwatch {

/// 1 to 64 letters, digits or _, a letter first.
Result<std::string> ParseAlertName(std::string_view text);

/// The name of a signal.
Result<AlertSignal> ParseAlertSignal(std::string_view text);

/// A number of that unit, from 0 to 10^15: "80%" or 0.8 for a share, "250ms" for seconds, "64KiB"
/// for bytes, else a plain number. A share is at most 1000%; without the "%" it is at most 1. As
/// everywhere in a configuration, seconds and bytes need their unit: a plain 100 for a round-trip
/// time would be taken for milliseconds by one reader and for seconds by another.
Result<double> ParseSignalNumber(std::string_view text, SignalUnit unit);

/// The number as ParseSignalNumber reads it: "80%", "250ms", "64KiB", "10".
std::string FormatSignalNumber(double number, SignalUnit unit);

/// An example of a number of that unit: "a percentage such as 80%".
std::string_view SignalNumberExample(SignalUnit unit);

/// 1 to 255 characters, no control characters. The last one may be a *.
Result<SubjectPattern> ParseSubjectPattern(std::string_view text);

/// 1 to 64 letters, digits or _, no digit first.
Result<std::string> ParseAnnotationName(std::string_view text);

/// The same, but it may not begin with __.
Result<std::string> ParseLabelName(std::string_view text);

/// At most 200 bytes. The only control characters are line ends and tabs.
Result<std::string> ParseLabelValue(std::string_view text);

/// The same, with kOwnLabelWords in braces.
Result<std::string> ParseOwnLabelValue(std::string_view text);

/// A template of at most 1000 bytes, see core/alerts/alert_template.h. Control characters as above.
Result<std::string> ParseAnnotation(std::string_view text);

}  // namespace connwatch
