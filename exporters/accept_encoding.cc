#include "exporters/accept_encoding.h"

#include <strings.h>

#include <algorithm>
#include <optional>

namespace connwatch {

namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Cuts the part before `separator` off `rest`.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return Trim(part);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// RFC 9110 section 12.4.2: "q=0", "q=0.", "q=0.000" forbid; every other weight admits.
bool IsZeroWeight(std::string_view parameter) {
  if (parameter.size() < 3 || !EqualsIgnoringCase(parameter.substr(0, 2), "q=")) return false;
  return std::all_of(parameter.begin() + 2, parameter.end(),
                     [](char c) { return c == '0' || c == '.'; });
}

bool IsAdmitted(std::string_view parameters) {
  while (!parameters.empty()) {
    if (IsZeroWeight(TakeUntil(';', parameters))) return false;
  }
  return true;
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<bool> gzip;
  std::optional<bool> any;
  while (!accept_encoding.empty()) {
    std::string_view element = TakeUntil(',', accept_encoding);
    const std::string_view coding = TakeUntil(';', element);
    if (EqualsIgnoringCase(coding, "gzip") || EqualsIgnoringCase(coding, "x-gzip")) {
      gzip = IsAdmitted(element);
    } else if (coding == "*") {
      any = IsAdmitted(element);
    }
  }
  return gzip.value_or(any.value_or(false));
}

}  // namespace connwatch
