#include "config/template_check.h"

#include <string>

#include "config/printable.h"
#include "config/spelling.h"

namespace connwatch {

Result<void> CheckTemplate(std::string_view text, TemplateWords words) {
  const auto mistake = FindTemplateMistake(text, words);
  if (!mistake) return {};
  if (mistake->is_open) return Mistake(Quoted(text) + " has {{ without }}, must close it");
  std::string message = "unknown word {{" + Clipped(mistake->word) + "}}, ";
  if (const auto closest = ClosestWord(mistake->word, words)) {
    message += "did you mean {{" + std::string(*closest) + "}}? ";
  }
  return Mistake(message + "must be one of: " + Joined(words));
}

}  // namespace connwatch
