// Checks a template (core/alerts/alert_template.h) of a configuration. Pure.
#pragma once

#include <string_view>

#include "core/alerts/alert_template.h"
#include "core/base/result.h"

namespace connwatch {

/// Succeeds if every pair of braces in `text` is closed and has one of `words` in it. The error's
/// context says what is wrong and what would be right.
Result<void> CheckTemplate(std::string_view text, TemplateWords words);

}  // namespace connwatch
