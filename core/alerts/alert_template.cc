#include "core/alerts/alert_template.h"

#include <algorithm>
#include <cstddef>

namespace connwatch {

namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(' ') + 1));
  return text;
}

/// Calls `plain` with each text outside of braces and `word` with each text inside; stops if `word`
/// returns false. Returns true iff braces were left open.
template <typename Plain, typename Word>
bool Split(std::string_view text, Plain plain, Word word) {
  while (!text.empty()) {
    const std::size_t open = text.find(kOpen);
    plain(text.substr(0, open));
    if (open == std::string_view::npos) return false;
    const std::size_t begin = open + kOpen.size();
    const std::size_t close = text.find(kClose, begin);
    if (close == std::string_view::npos) return true;
    if (!word(text.substr(begin, close - begin))) return false;
    text.remove_prefix(close + kClose.size());
  }
  return false;
}

bool IsKnown(std::string_view word, TemplateWords words) {
  return std::ranges::find(words, word) != words.end();
}

std::string ValueOf(std::string_view word, const Alert& alert) {
  if (word == "subject") return alert.subject;
  if (word == "value") return FormatFor(*alert.rule, alert.value);
  if (word == "threshold") return FormatFor(*alert.rule, alert.threshold);
  if (word == "cause") return alert.cause.empty() ? "not diagnosed" : alert.cause;
  if (!alert.unit.empty()) return alert.unit;
  return word == "owner" ? "the application" : "unknown unit";
}

}  // namespace

std::string FormatFor(const AlertRule& rule, double value) {
  const std::string number = FormatValue(SpecOf(rule.signal).unit, value);
  return rule.threshold ? number : number + "/s";
}

std::optional<AlertTemplateMistake> FindTemplateMistake(std::string_view text,
                                                        TemplateWords words) {
  std::optional<AlertTemplateMistake> mistake;
  const bool is_open = Split(
      text, [](std::string_view) {},
      [&mistake, words](std::string_view inside) {
        if (IsKnown(Trimmed(inside), words)) return true;
        mistake = AlertTemplateMistake{.word = Trimmed(inside)};
        return false;
      });
  if (is_open) return AlertTemplateMistake{.word = {}, .is_open = true};
  return mistake;
}

std::string FillTemplate(std::string_view text, const Alert& alert) {
  return FillTemplate(text, [&alert](std::string_view word) { return ValueOf(word, alert); });
}

std::string FillTemplate(std::string_view text,
                         const std::function<std::string(std::string_view word)>& value_of,
                         TemplateWords words) {
  std::string filled;
  std::string_view rest = text;
  const bool is_open = Split(
      text,
      [&](std::string_view plain) {
        filled += plain;
        rest.remove_prefix(plain.size());
      },
      [&](std::string_view inside) {
        const std::string_view word = Trimmed(inside);
        if (IsKnown(word, words)) {
          filled += value_of(word);
        } else {
          filled.append(kOpen).append(inside).append(kClose);
        }
        rest.remove_prefix(kOpen.size() + inside.size() + kClose.size());
        return true;
      });
  if (is_open) filled += rest;
  return filled;
}

}  // namespace connwatch
