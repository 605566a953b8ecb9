#include "config/value_parser.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "config/printable.h"
#include "config/spelling.h"

namespace connwatch {

namespace {

using std::chrono::microseconds;

struct Unit {
  std::string_view name;
  microseconds length;
};
// Longest first, for FormatDuration.
constexpr Unit kUnits[] = {{"h", std::chrono::hours{1}},
                           {"m", std::chrono::minutes{1}},
                           {"s", std::chrono::seconds{1}},
                           {"ms", std::chrono::milliseconds{1}},
                           {"us", microseconds{1}}};
constexpr std::string_view kUnitNames = "us, ms, s, m, h";

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
// Largest first, for FormatSize.
constexpr SizeUnit kSizeUnits[] = {
    {"GiB", 1U << 30U}, {"MiB", 1U << 20U}, {"KiB", 1U << 10U}, {"B", 1}};

bool AreDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// If the number does not fit in 64 bits, returns the largest one, which is too large for every
// range.
std::optional<std::uint64_t> ParseDigits(std::string_view text) {
  if (!AreDigits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const std::errc error = std::from_chars(text.data(), text.data() + text.size(), number).ec;
  return error == std::errc{} ? number : std::numeric_limits<std::uint64_t>::max();
}

// Joins what is wrong with `text` to what is right: ", ", or ", did you mean 10ms or 10s? " if only
// the unit is missing. Names those of `units` with which `parse` takes it.
template <typename Parse>
std::string UnitQuestion(std::string_view text, std::initializer_list<std::string_view> units,
                         const Parse& parse) {
  if (!AreDigits(text)) return ", ";
  std::string question;
  for (const std::string_view unit : units) {
    const std::string candidate = std::string(text).append(unit);
    if (parse(candidate)) question += (question.empty() ? "did you mean " : " or ") + candidate;
  }
  return ", " + question + (question.empty() ? "" : "? ");
}

const Unit* FindUnit(std::string_view name) {
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [name](const Unit& it) { return it.name == name; });
  return unit == std::end(kUnits) ? nullptr : unit;
}

}  // namespace

std::string NumberRange::ToString() const {
  return "from " + std::to_string(min) + " to " + std::to_string(max);
}

std::string DurationRange::ToString() const {
  return "from " + FormatDuration(min) + " to " + FormatDuration(max);
}

std::string FormatSize(std::uint64_t bytes) {
  const auto* const unit = std::ranges::find_if(
      kSizeUnits, [bytes](const SizeUnit& it) { return bytes % it.bytes == 0 && bytes > 0; });
  return unit == std::end(kSizeUnits) ? "0B"
                                      : std::to_string(bytes / unit->bytes).append(unit->name);
}

std::string FormatDuration(microseconds duration) {
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits), [duration](const Unit& it) {
    return duration >= it.length && duration % it.length == microseconds{0};
  });
  if (unit == std::end(kUnits)) return "0s";
  return std::to_string(duration / unit->length) + std::string(unit->name);
}

Result<std::uint64_t> ParseNumber(std::string_view text, NumberRange range) {
  const std::string must = ", must be " + range.ToString();
  if (text.starts_with('-') && AreDigits(text.substr(1))) {
    return Mistake(Clipped(text) + " is too small" + must);
  }
  const std::optional<std::uint64_t> number = ParseDigits(text);
  if (!number) return Mistake(Quoted(text) + " is not a plain whole number" + must);
  if (*number < range.min) return Mistake(Clipped(text) + " is too small" + must);
  if (*number > range.max) return Mistake(Clipped(text) + " is too large" + must);
  return *number;
}

Result<microseconds> ParseDuration(std::string_view text, DurationRange range) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> count = ParseDigits(text.substr(0, digits));
  const Unit* unit = FindUnit(text.substr(digits));
  const std::string must_be = "must be " + range.ToString();
  const std::string must = ", " + must_be;
  if (!count || unit == nullptr) {
    const auto is_right = [range](const std::string& other) {
      return ParseDuration(other, range).ok();
    };
    return Mistake(Quoted(text) + " is not a whole number and a unit (" + std::string(kUnitNames) +
                   ")" + UnitQuestion(text, {"ms", "s"}, is_right) + must_be);
  }
  if (*count > static_cast<std::uint64_t>(range.max / unit->length)) {
    return Mistake(Clipped(text) + " is too long" + must);
  }
  const microseconds duration = unit->length * static_cast<microseconds::rep>(*count);
  if (duration < range.min) return Mistake(Clipped(text) + " is too short" + must);
  if (duration % range.step != microseconds{0}) {
    return Mistake(Clipped(text) + " is too fine, must be a multiple of " +
                   FormatDuration(range.step));
  }
  return duration;
}

Result<std::uint64_t> ParseSize(std::string_view text, NumberRange range) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> count = ParseDigits(text.substr(0, digits));
  const auto* const unit = std::ranges::find(kSizeUnits, text.substr(digits), &SizeUnit::name);
  const std::string must_be =
      "must be from " + FormatSize(range.min) + " to " + FormatSize(range.max);
  const std::string must = ", " + must_be;
  if (!count || unit == std::end(kSizeUnits)) {
    const auto is_right = [range](const std::string& other) {
      return ParseSize(other, range).ok();
    };
    return Mistake(Quoted(text) + " is not a whole number and a unit (B, KiB, MiB, GiB)" +
                   UnitQuestion(text, {"B", "KiB"}, is_right) + must_be);
  }
  if (*count > range.max / unit->bytes) return Mistake(Clipped(text) + " is too large" + must);
  if (*count * unit->bytes < range.min) return Mistake(Clipped(text) + " is too small" + must);
  return *count * unit->bytes;
}

Result<double> ParsePercentage(std::string_view text) {
  constexpr std::string_view kMust = ", must be from 0.1% to 100%, such as 2% or 0.5%";
  const bool has_sign = text.ends_with('%');
  const std::string_view number = text.substr(0, text.size() - (has_sign ? 1 : 0));
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::string_view decimals = number.substr(std::min(point + 1, number.size()));
  const bool is_whole = point == number.size();
  const bool is_number = ParseDigits(number.substr(0, point)).has_value() &&
                         (is_whole || (AreDigits(decimals) && decimals.size() <= 2));
  if (!has_sign || !is_number) {
    return Mistake(Quoted(text) + " is not a percentage" + std::string(kMust));
  }
  double percent = 0;
  std::from_chars(number.data(), number.data() + number.size(), percent);
  constexpr double kMin = 0.1;
  constexpr double kMax = 100;
  if (percent < kMin) return Mistake(Clipped(text) + " is too small" + std::string(kMust));
  if (percent > kMax) return Mistake(Clipped(text) + " is too large" + std::string(kMust));
  return percent / 100;
}

Result<std::string> ParseAbsolutePath(std::string_view text) {
  constexpr std::size_t kMaxBytes = 4'096;  // kernel: PATH_MAX
  if (text.starts_with('/') && text.size() <= kMaxBytes) return std::string(text);
  return Mistake("is no absolute path, must be such as /host");
}

Result<std::size_t> ParseWord(std::string_view text, std::span<const std::string_view> words) {
  const auto word = std::find(words.begin(), words.end(), text);
  if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
  std::string message = "unknown word " + Quoted(text) + ", ";
  if (const std::optional<std::string_view> closest = ClosestWord(text, words)) {
    message += "did you mean " + Quoted(*closest) + "? ";
  }
  return Mistake(message + "must be one of: " + Joined(words));
}

}  // namespace connwatch
