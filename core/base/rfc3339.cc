#include "core/base/rfc3339.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>

namespace connwatch {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr sys_days kEnd{std::chrono::year{2201} / 1 / 1};

// Reads numbers and fixed characters from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Exactly `digits` digits.
  std::optional<int> Number(std::size_t digits) {
    int number = 0;
    if (text_.size() < digits) return std::nullopt;
    for (const char c : text_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return number;
  }
  bool Take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  // The digits after a decimal point, of which nine count.
  nanoseconds Fraction() {
    nanoseconds::rep value = 0;
    for (nanoseconds::rep unit = 100'000'000; IsDigit(); unit /= 10) {
      value += unit * (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return nanoseconds(value);
  }
  bool IsDigit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
  bool IsAtEnd() const { return text_.empty(); }

 private:
  std::string_view text_;
};

std::optional<sys_days> ReadDate(Reader& reader) {
  const auto year = reader.Number(4);
  if (!year || !reader.Take('-')) return std::nullopt;
  const auto month = reader.Number(2);
  if (!month || !reader.Take('-')) return std::nullopt;
  const auto day = reader.Number(2);
  if (!day || *year < 1970 || *year > 2200) return std::nullopt;
  const year_month_day date{std::chrono::year(*year),
                            std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

// "03:00:00"; 60 is a leap second.
std::optional<seconds> ReadTimeOfDay(Reader& reader) {
  const auto hour = reader.Number(2);
  if (!hour || !reader.Take(':')) return std::nullopt;
  const auto minute = reader.Number(2);
  if (!minute || !reader.Take(':')) return std::nullopt;
  const auto second = reader.Number(2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return hours(*hour) + minutes(*minute) + seconds(*second);
}

// "Z" or "+01:00": how far local time is ahead.
std::optional<minutes> ReadZone(Reader& reader) {
  if (reader.Take('Z') || reader.Take('z')) return minutes(0);
  const bool is_ahead = reader.Take('+');
  if (!is_ahead && !reader.Take('-')) return std::nullopt;
  const auto hour = reader.Number(2);
  if (!hour || !reader.Take(':')) return std::nullopt;
  const auto minute = reader.Number(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes zone = hours(*hour) + minutes(*minute);
  return is_ahead ? zone : -zone;
}

}  // namespace

std::string Rfc3339(WallTime time) {
  const auto whole = std::chrono::floor<milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const year_month_day date(day);
  const std::chrono::hh_mm_ss<milliseconds> clock(whole - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<WallTime> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  const auto date = ReadDate(reader);
  if (!date || !(reader.Take('T') || reader.Take('t') || reader.Take(' '))) return std::nullopt;
  const auto time = ReadTimeOfDay(reader);
  if (!time) return std::nullopt;
  nanoseconds fraction{0};
  if (reader.Take('.')) {
    if (!reader.IsDigit()) return std::nullopt;
    fraction = reader.Fraction();
  }
  const auto zone = ReadZone(reader);
  if (!zone || !reader.IsAtEnd()) return std::nullopt;
  const WallTime found =
      WallTime(*date + *time - *zone) + std::chrono::duration_cast<WallTime::duration>(fraction);
  if (found < WallTime() || found >= kEnd) return std::nullopt;  // because of the zone
  return found;
}

}  // namespace connwatch
