// Parses one word of a configuration file: a number, a duration, or one of a set of words. Pure. An
// error's context says what is wrong and what would be right.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace connwatch {

inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Both ends included.
struct NumberRange {
  std::uint64_t min = 0;
  std::uint64_t max = 0;

  /// "from 1 to 50".
  std::string ToString() const;
};

/// Both ends included; a duration must also be a multiple of `step`.
struct DurationRange {
  std::chrono::microseconds min{0};
  std::chrono::microseconds max{0};
  std::chrono::microseconds step{1};

  /// "from 100ms to 1h".
  std::string ToString() const;
};

/// Writes a size in the largest unit that gives a whole number: "1536KiB".
std::string FormatSize(std::uint64_t bytes);

/// Writes a duration in the largest unit that gives a whole number: "1500ms", "1h".
std::string FormatDuration(std::chrono::microseconds duration);

/// Decimal digits without sign, leading zeros or separators.
Result<std::uint64_t> ParseNumber(std::string_view text, NumberRange range);

/// A whole number and one of the units us, ms, s, m, h, without a space between them.
Result<std::chrono::microseconds> ParseDuration(std::string_view text, DurationRange range);

/// "2%" or "0.5%" as a fraction, 0.02 or 0.005: at most two decimals, from 0.1% to 100%.
Result<double> ParsePercentage(std::string_view text);

/// A whole number and one of the units B, KiB, MiB, GiB, without a space between them, in bytes.
Result<std::uint64_t> ParseSize(std::string_view text, NumberRange range);

/// A path that begins with a /. At most 4,096 bytes.
Result<std::string> ParseAbsolutePath(std::string_view text);

/// Returns the index of `text` in `words`. Upper and lower case differ.
Result<std::size_t> ParseWord(std::string_view text, std::span<const std::string_view> words);

}  // namespace connwatch
