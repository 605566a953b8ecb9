#include "exporters/http/weighted_list.h"

#include <strings.h>

#include <algorithm>
#include <cstddef>

namespace connwatch {

namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Cuts the part before `separator` off `rest`; a separator in quotes does not count.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (is_quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') is_quoted = !is_quoted;
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return Trim(part);
}

std::string_view WithoutQuotes(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

// RFC 9110 section 12.4.2: "0", "0.5", "1.000"; at most three decimals. Anything that is not a
// weight means the default.
int ParseWeight(std::string_view text) {
  constexpr int kFull = WeightedElement::kFullWeight;
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return kFull;
  int weight = text[0] == '1' ? kFull : 0;
  if (text.size() > 1 && text[1] != '.') return kFull;
  int unit = kFull / 10;
  for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (digit < '0' || digit > '9') return kFull;
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  return std::min(weight, kFull);
}

}  // namespace

std::string_view WeightedElement::Parameter(std::string_view parameter_name) const {
  std::string_view rest = parameters;
  while (!rest.empty()) {
    std::string_view value = TakeUntil(';', rest);
    if (EqualsIgnoringCase(TakeUntil('=', value), parameter_name)) {
      return WithoutQuotes(Trim(value));
    }
  }
  return {};
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

WeightedElement TakeElement(std::string_view& rest) {
  std::string_view text = TakeUntil(',', rest);
  WeightedElement element;
  element.name = TakeUntil(';', text);
  element.parameters = Trim(text);
  element.weight = ParseWeight(element.Parameter("q"));
  return element;
}

}  // namespace connwatch
