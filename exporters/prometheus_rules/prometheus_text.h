// The small pieces that the rule file is made of: strings, durations, numbers. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace connwatch {

/// Returns `text` as a string that PromQL and YAML read in the same way: in double quotes, with
/// control characters and line separators escaped. `text` must be UTF-8.
std::string QuotedForPrometheus(std::string_view text);

/// Returns `text` as a regular expression of PromQL that matches only this text.
std::string EscapedForRegex(std::string_view text);

/// Returns a duration as Prometheus writes it: "1500ms", "65s", "2m".
std::string PrometheusDuration(std::chrono::milliseconds duration);

/// Returns the shortest form that reads back as the same number.
std::string FormatNumber(double number);

/// Replaces every `from` in `text` by `to`.
void ReplaceAll(std::string& text, std::string_view from, std::string_view to);

}  // namespace connwatch
