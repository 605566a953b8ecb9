// Annotations are templates: {{subject}}, {{value}}, {{threshold}}, {{cause}}, {{unit}} and
// {{owner}} stand for what the alert is about. Templates are checked when the configuration is
// loaded, and filled in when the alert is sent.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/alerts/alert.h"
#include "core/base/result.h"

namespace connwatch {

inline constexpr std::array<std::string_view, 6> kAlertTemplateWords = {
    "subject", "value", "threshold", "cause", "unit", "owner"};

/// The words that a template may have in braces.
using TemplateWords = std::span<const std::string_view>;

struct AlertTemplateMistake {
  std::string_view word;  // what is between braces and is none of the words
  bool is_open = false;   // the mistake is that braces are not closed
};

/// For people, in the unit of the rule's signal: "83 %". The values of a rule with growth alone are
/// per second, whatever the unit is.
std::string FormatFor(const AlertRule& rule, double value);

/// Returns the first mistake in `text`, valid as long as `text`, or nullopt. Spaces within the
/// braces are allowed.
std::optional<AlertTemplateMistake> FindTemplateMistake(std::string_view text,
                                                        TemplateWords words = kAlertTemplateWords);

/// Returns `text` with the words filled in. Values are formatted in the signal's unit ("83 %"). An
/// empty cause becomes "not diagnosed", an empty unit becomes "unknown unit", or "the application"
/// for {{owner}}. Braces around anything else stay as they are.
std::string FillTemplate(std::string_view text, const Alert& alert);

/// The same, but each word, which is one of `words`, becomes what `value_of` returns.
std::string FillTemplate(std::string_view text,
                         const std::function<std::string(std::string_view word)>& value_of,
                         TemplateWords words = kAlertTemplateWords);

}  // namespace connwatch
