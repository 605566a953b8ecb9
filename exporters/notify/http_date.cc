#include "exporters/notify/http_date.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <span>

namespace connwatch {

namespace {

using std::chrono::sys_days;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads a text from left to right. After the first mistake every part is 0.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void Skip(std::string_view literal) {
    if (!rest_.starts_with(literal)) return Fail();
    rest_.remove_prefix(literal.size());
  }

  unsigned Number(std::size_t digits) {
    unsigned number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char digit = rest_.empty() ? ' ' : rest_.front();
      if (digit < '0' || digit > '9') {
        Fail();
        return 0;
      }
      number = number * 10 + static_cast<unsigned>(digit - '0');
      rest_.remove_prefix(1);
    }
    return number;
  }

  // Returns the index of the name that is next.
  unsigned OneOf(std::span<const std::string_view> names) {
    for (unsigned i = 0; i < names.size(); ++i) {
      if (!rest_.starts_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return i;
    }
    Fail();
    return 0;
  }

  bool IsNext(char character) const { return rest_.starts_with(character); }
  bool is_complete() const { return !has_failed_ && rest_.empty(); }

 private:
  void Fail() {
    has_failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

struct Fields {
  unsigned weekday = 0;  // 0 is Sunday
  unsigned year = 0;
  unsigned month = 0;  // 0 is January
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;  // 60 is a leap second
};

void ReadTime(DateReader& reader, Fields& fields) {
  fields.hour = reader.Number(2);
  reader.Skip(":");
  fields.minute = reader.Number(2);
  reader.Skip(":");
  fields.second = reader.Number(2);
}

std::optional<WallTime> ToTime(const Fields& fields) {
  constexpr int kLastYear = 2261;
  const auto year = static_cast<int>(fields.year);
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(fields.month + 1), std::chrono::day(fields.day)};
  if (!date.ok() || year < 1970 || year > kLastYear) return std::nullopt;
  if (fields.hour > 23 || fields.minute > 59 || fields.second > 60) return std::nullopt;
  const sys_days days(date);
  if (std::chrono::weekday(days).c_encoding() != fields.weekday) return std::nullopt;
  return WallTime(days) + std::chrono::hours(fields.hour) + std::chrono::minutes(fields.minute) +
         std::chrono::seconds(fields.second);
}

std::optional<WallTime> Finish(const DateReader& reader, const Fields& fields) {
  return reader.is_complete() ? ToTime(fields) : std::nullopt;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<WallTime> ReadImfFixdate(std::string_view text) {
  DateReader reader(text);
  Fields fields;
  fields.weekday = reader.OneOf(kDays);
  reader.Skip(", ");
  fields.day = reader.Number(2);
  reader.Skip(" ");
  fields.month = reader.OneOf(kMonths);
  reader.Skip(" ");
  fields.year = reader.Number(4);
  reader.Skip(" ");
  ReadTime(reader, fields);
  reader.Skip(" GMT");
  return Finish(reader, fields);
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<WallTime> ReadRfc850(std::string_view text) {
  DateReader reader(text);
  Fields fields;
  fields.weekday = reader.OneOf(kLongDays);
  reader.Skip(", ");
  fields.day = reader.Number(2);
  reader.Skip("-");
  fields.month = reader.OneOf(kMonths);
  reader.Skip("-");
  const unsigned year = reader.Number(2);
  fields.year = year < 70 ? 2000 + year : 1900 + year;
  reader.Skip(" ");
  ReadTime(reader, fields);
  reader.Skip(" GMT");
  return Finish(reader, fields);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<WallTime> ReadAsctime(std::string_view text) {
  DateReader reader(text);
  Fields fields;
  fields.weekday = reader.OneOf(kDays);
  reader.Skip(" ");
  fields.month = reader.OneOf(kMonths);
  reader.Skip(" ");
  const bool is_padded = reader.IsNext(' ');
  if (is_padded) reader.Skip(" ");
  fields.day = reader.Number(is_padded ? 1 : 2);
  reader.Skip(" ");
  ReadTime(reader, fields);
  reader.Skip(" ");
  fields.year = reader.Number(4);
  return Finish(reader, fields);
}

}  // namespace

std::optional<WallTime> ParseHttpDate(std::string_view text) {
  for (const auto read : {&ReadImfFixdate, &ReadRfc850, &ReadAsctime}) {
    if (const std::optional<WallTime> time = read(text)) return time;
  }
  return std::nullopt;
}

}  // namespace connwatch
