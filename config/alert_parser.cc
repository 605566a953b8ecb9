#include "config/alert_parser.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "config/printable.h"
#include "config/spelling.h"
#include "config/template_check.h"
#include "config/value_parser.h"
#include "core/alerts/alert_receiver.h"

namespace connwatch {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxNameCharacters = 64;
constexpr double kMaxNumber = 1e15;
constexpr double kMaxPlainShare = 1;
constexpr double kMaxShare = 10;
constexpr std::string_view kLineEndsAndTabs = "\r\n\t";
constexpr std::string_view kNoControlCharacter = " has a control character, must have none";

bool IsWord(std::string_view text) {
  const std::string allowed = std::string(kLetters) + std::string(kDigits) + "_";
  return !text.empty() && text.size() <= kMaxNameCharacters &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

bool IsIn(char character, std::string_view set) {
  return set.find(character) != std::string_view::npos;
}

// Parses digits, optionally followed by a point and more digits; nullopt for everything else.
// Returns infinity if the number is too large for a double.
std::optional<double> ParseDecimal(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  const bool is_number = !whole.empty() && (point == text.size() || !decimals.empty()) &&
                         whole.find_first_not_of(kDigits) == std::string_view::npos &&
                         decimals.find_first_not_of(kDigits) == std::string_view::npos;
  if (!is_number) return std::nullopt;
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc()) return number;
  const bool is_tiny = whole.find_first_not_of('0') == std::string_view::npos;
  return is_tiny ? 0 : std::numeric_limits<double>::infinity();
}

// A plain number above 1 is more likely a percentage without its sign than a share.
Result<double> ParseShare(std::string_view text) {
  const bool is_percentage = text.ends_with('%');
  const std::optional<double> number =
      ParseDecimal(text.substr(0, text.size() - (is_percentage ? 1 : 0)));
  if (!number) return Mistake(Quoted(text) + " is not a percentage, must be such as 80%");
  if (!is_percentage && *number > kMaxPlainShare) {
    return Mistake(Clipped(text) + " is a share above 1, must be such as 0.8 or 80%");
  }
  const double share = is_percentage ? *number / 100 : *number;
  if (share > kMaxShare) return Mistake(Clipped(text) + " is too large, must be at most 1000%");
  return share;
}

Result<double> ParseSeconds(std::string_view text) {
  const Result<std::chrono::microseconds> duration = ParseDuration(text, {.min = 0us, .max = 24h});
  if (!duration) return duration.error();
  return std::chrono::duration<double>(*duration).count();
}

Result<double> ParseBytes(std::string_view text) {
  constexpr std::uint64_t kMaxBytes = std::uint64_t{900'000} << 30U;  // just below kMaxNumber
  const Result<std::uint64_t> size = ParseSize(text, {.min = 0, .max = kMaxBytes});
  if (!size) return size.error();
  return static_cast<double>(*size);
}

Result<double> ParsePlain(std::string_view text, SignalUnit unit) {
  const std::optional<double> number = ParseDecimal(text);
  if (!number) {
    return Mistake(Quoted(text) + " is not a number, must be " +
                   std::string(SignalNumberExample(unit)));
  }
  if (*number > kMaxNumber) return Mistake(Clipped(text) + " is too large, must be at most 1e15");
  return *number;
}

}  // namespace

Result<std::string> ParseAlertName(std::string_view text) {
  if (!IsWord(text) || !IsIn(text.front(), kLetters)) {
    return Mistake(Quoted(text) +
                   " is not a name, must be 1 to 64 letters, digits or _, a letter first");
  }
  return std::string(text);
}

Result<AlertSignal> ParseAlertSignal(std::string_view text) {
  std::vector<std::string_view> names;
  for (const AlertSignalSpec& spec : AlertSignals()) names.push_back(spec.name);
  const auto name = std::ranges::find(names, text);
  if (name != names.end()) {
    return AlertSignals()[static_cast<std::size_t>(name - names.begin())].id;
  }
  std::string message = "unknown signal " + Quoted(text) + ", ";
  if (const std::optional<std::string_view> closest = ClosestWord(text, names)) {
    message += "did you mean " + Quoted(*closest) + "? ";
  }
  return Mistake(message + "must be one of: " + Joined(names));
}

std::string_view SignalNumberExample(SignalUnit unit) {
  switch (unit) {
    case SignalUnit::kCount:
    case SignalUnit::kPerSecond:
      return "a number such as 64 or 0.5";
    case SignalUnit::kShare:
      return "a percentage such as 80%";
    case SignalUnit::kSeconds:
      return "a duration such as 250ms";
    case SignalUnit::kBytes:
      return "a size such as 64KiB";
    case SignalUnit::kFactor:
      return "a number such as 1.5 or 2";
  }
  return "a number";
}

Result<double> ParseSignalNumber(std::string_view text, SignalUnit unit) {
  switch (unit) {
    case SignalUnit::kShare:
      return ParseShare(text);
    case SignalUnit::kSeconds:
      return ParseSeconds(text);
    case SignalUnit::kBytes:
      return ParseBytes(text);
    case SignalUnit::kCount:
    case SignalUnit::kPerSecond:
    case SignalUnit::kFactor:
      break;
  }
  return ParsePlain(text, unit);
}

std::string FormatSignalNumber(double number, SignalUnit unit) {
  constexpr double kPercent = 100;
  switch (unit) {
    case SignalUnit::kShare:
      return FormatValue(SignalUnit::kCount, number * kPercent) + "%";
    case SignalUnit::kSeconds:
      return FormatDuration(
          std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(number)));
    case SignalUnit::kBytes:
      return FormatSize(static_cast<std::uint64_t>(number));
    case SignalUnit::kCount:
    case SignalUnit::kPerSecond:
    case SignalUnit::kFactor:
      break;
  }
  return FormatValue(SignalUnit::kCount, number);
}

Result<SubjectPattern> ParseSubjectPattern(std::string_view text) {
  constexpr std::size_t kMaxCharacters = 255;
  const bool is_prefix = text.ends_with('*');
  const std::string_view subject = text.substr(0, text.size() - (is_prefix ? 1 : 0));
  if (text.empty()) return Mistake("\"\" is empty, must be such as \"0.0.0.0:443\" or \"db*\"");
  if (subject.find('*') != std::string_view::npos) {
    return Mistake(Quoted(text) + " has a * before its end, must have it as its last character");
  }
  if (text.size() > kMaxCharacters) {
    return Mistake(Quoted(text) + " is too long, must be at most 255 characters");
  }
  if (HasControlCharacter(text)) return Mistake(Quoted(text) + std::string(kNoControlCharacter));
  return SubjectPattern{std::string(subject), is_prefix};
}

Result<std::string> ParseAnnotationName(std::string_view text) {
  if (!IsWord(text) || IsIn(text.front(), kDigits)) {
    return Mistake(Quoted(text) +
                   " is not a name, must be 1 to 64 letters, digits or _, no digit first");
  }
  return std::string(text);
}

Result<std::string> ParseLabelName(std::string_view text) {
  // Prometheus: https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
  if (text.starts_with("__")) {
    return Mistake(Quoted(text) +
                   " begins with __, which Prometheus reserves for itself, must be another name");
  }
  return ParseAnnotationName(text);
}

Result<std::string> ParseLabelValue(std::string_view text) {
  constexpr std::size_t kMaxBytes = 200;
  if (text.size() > kMaxBytes) {
    return Mistake(Quoted(text) + " is too long, must be at most 200 bytes");
  }
  if (HasControlCharacter(text, kLineEndsAndTabs)) {
    return Mistake(Quoted(text) + std::string(kNoControlCharacter));
  }
  return std::string(text);
}

Result<std::string> ParseOwnLabelValue(std::string_view text) {
  if (const auto checked = CheckTemplate(text, kOwnLabelWords); !checked) return checked.error();
  return ParseLabelValue(text);
}

Result<std::string> ParseAnnotation(std::string_view text) {
  constexpr std::size_t kMaxBytes = 1'000;
  if (text.size() > kMaxBytes) {
    return Mistake(Quoted(text) + " is too long, must be at most 1000 bytes");
  }
  if (HasControlCharacter(text, kLineEndsAndTabs)) {
    return Mistake(Quoted(text) + std::string(kNoControlCharacter));
  }
  if (const auto checked = CheckTemplate(text, kAlertTemplateWords); !checked) {
    return checked.error();
  }
  return std::string(text);
}

}  // namespace connwatch
