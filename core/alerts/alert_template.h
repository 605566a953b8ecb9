// Annotations are templates: {{subject}}, {{value}}, {{threshold}} and {{cause}} stand for what
// the alert is about. Checked when the configuration is loaded, filled in when it is sent.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/alerts/alert.h"
#include "core/base/result.h"

namespace connwatch {

inline constexpr std::array<std::string_view, 4> kAlertTemplateWords = {"subject", "value",
                                                                        "threshold", "cause"};

struct AlertTemplateMistake {
  std::string_view word;  // what stands between braces and is none of the above
  bool is_open = false;   // instead: braces are not closed
};

/// The first mistake in `text`; valid as long as it. Spaces within the braces are allowed.
std::optional<AlertTemplateMistake> FindTemplateMistake(std::string_view text);

/// `text` with the words filled in. Values are formatted in the signal's unit ("83 %"), an empty
/// cause is "not diagnosed"; what is no word stays as it is.
std::string FillTemplate(std::string_view text, const Alert& alert);

/// The same with `value_of` to say what stands for a word, one of kAlertTemplateWords.
std::string FillTemplate(std::string_view text,
                         const std::function<std::string(std::string_view word)>& value_of);

}  // namespace connwatch
