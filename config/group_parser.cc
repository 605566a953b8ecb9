#include "config/group_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "config/printable.h"
#include "config/value_parser.h"

namespace connwatch {

namespace {

bool IsOnlyOf(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool IsOnlyOfLettersDigitsAnd(std::string_view punctuation, std::string_view text) {
  return IsOnlyOf(text, std::string(kLetters) + std::string(kDigits) + std::string(punctuation));
}

}  // namespace

Result<std::string> ParseGroupName(std::string_view text) {
  constexpr std::size_t kMaxCharacters = 64;
  if (text.empty() || text.size() > kMaxCharacters || !IsOnlyOfLettersDigitsAnd("_.:@/-", text)) {
    return Mistake(Quoted(text) + " is not a name, must be 1 to 64 letters, digits or _.:@/-");
  }
  if (text == "other") {
    return Mistake("\"other\" is the group of all beyond max_groups, must be another name");
  }
  if (text == "ephemeral") {
    return Mistake("\"ephemeral\" is the group of ports that clients use, must be another name");
  }
  if (IsOnlyOf(text, kDigits)) {
    return Mistake(Quoted(text) + " is the automatic group of a port, must not be digits only");
  }
  return std::string(text);
}

Result<PortRange> ParsePorts(std::string_view text) {
  constexpr NumberRange kPorts{.min = 1, .max = 65'535};
  const std::size_t dash = std::min(text.find('-'), text.size());
  const std::string_view first_text = text.substr(0, dash);
  const std::string_view last_text = dash == text.size() ? first_text : text.substr(dash + 1);
  if (first_text.empty() || last_text.empty() || !IsOnlyOf(first_text, kDigits) ||
      !IsOnlyOf(last_text, kDigits)) {
    return Mistake(Quoted(text) + " is not a port, must be such as 443 or 6000-6100");
  }
  const Result<std::uint64_t> first = ParseNumber(first_text, kPorts);
  if (!first) return first.error();
  const Result<std::uint64_t> last = ParseNumber(last_text, kPorts);
  if (!last) return last.error();
  if (*first > *last) {
    return Mistake(Quoted(text) + " is out of order, must be " + std::to_string(*last) + "-" +
                   std::to_string(*first));
  }
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

Result<IpPrefix> ParsePrefix(std::string_view text) {
  Result<IpPrefix> prefix = IpPrefix::Parse(text);
  if (!prefix) return Mistake(Quoted(text) + " " + prefix.error().context);
  return prefix;
}

Result<UnitPattern> ParseUnitPattern(std::string_view text) {
  // Kubernetes: NAMESPACE/POD/CONTAINER, of at most 63, 253 and 63. systemd: UNIT_NAME_MAX is 255.
  constexpr std::size_t kMaxCharacters = 63 + 1 + 253 + 1 + 63;
  const bool is_prefix = text.ends_with('*');
  const std::string_view unit = text.substr(0, text.size() - (is_prefix ? 1 : 0));
  if (text.empty()) {
    return Mistake("\"\" is empty, must be such as nginx.service or \"docker-*\"");
  }
  if (unit.find('*') != std::string_view::npos) {
    return Mistake(Quoted(text) + " has a * before its end, must have it as its last character");
  }
  // systemd: VALID_CHARS_WITH_AT in unit-name.c. Containers also have a '/', but not as a path has.
  if (unit.starts_with('/') || !IsOnlyOfLettersDigitsAnd(":-_.\\@/", unit)) {
    return Mistake(Quoted(text) + " is not a unit, must be letters, digits or :-_.\\@/");
  }
  if (unit.size() > kMaxCharacters) {
    return Mistake(Quoted(text) + " is too long, must be at most 381 characters");
  }
  return UnitPattern{std::string(unit), is_prefix};
}

}  // namespace connwatch
