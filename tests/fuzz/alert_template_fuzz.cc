// Any bytes as the template of an annotation, and as what is filled in: a word is replaced once,
// and what replaces it is never read as a template.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/alerts/alert_template.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;

std::size_t Count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

void CheckMistake(std::string_view text, const connwatch::AlertTemplateMistake& mistake) {
  Require(text.find("{{") != std::string_view::npos);
  Require(!mistake.is_open || mistake.word.empty());
  Require(mistake.is_open || text.find(mistake.word) != std::string_view::npos);
  Require(std::ranges::find(connwatch::kAlertTemplateWords, mistake.word) ==
          connwatch::kAlertTemplateWords.end());
}

// With words of one form, filling in once more changes nothing.
void CheckWords(std::string_view text, bool has_mistake) {
  std::size_t words = 0;
  const auto in_braces = [&words](std::string_view word) {
    Require(std::ranges::find(connwatch::kAlertTemplateWords, word) !=
            connwatch::kAlertTemplateWords.end());
    ++words;
    return "{{" + std::string(word) + "}}";
  };
  const std::string once = connwatch::FillTemplate(text, in_braces);
  const std::size_t found = words;
  Require(words <= Count(text, "{{"));
  Require(has_mistake || words > 0 || once == text);
  Require(connwatch::FillTemplate(once, in_braces) == once);
  Require(words == 2 * found);
}

void CheckSubject(const std::string& text) {
  connwatch::Alert alert;
  auto rule = std::make_shared<connwatch::AlertRule>();
  rule->threshold = connwatch::AlertThreshold{};
  alert.rule = std::move(rule);
  alert.subject = text;
  alert.cause = text;
  const std::string cause = text.empty() ? "not diagnosed" : text;
  Require(connwatch::FillTemplate("{{subject}}", alert) == text);
  Require(connwatch::FillTemplate("<{{ subject }}|{{cause }}>", alert) ==
          "<" + text + "|" + cause + ">");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  const auto mistake = connwatch::FindTemplateMistake(text);
  if (mistake) CheckMistake(text, *mistake);
  CheckWords(text, mistake.has_value());
  CheckSubject(text);
  return 0;
}
