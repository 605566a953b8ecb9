#include "exporters/notify/http_date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace connwatch::http_date_test {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kExample{std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min +
                            37s};

TEST(HttpDateTest, ReadsTheThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(ParseHttpDate(text), kExample) << text;
  }
}

TEST(HttpDateTest, ReadsEveryMonthAndDay) {
  struct Case {
    const char* text;
    std::chrono::year_month_day date;
  };
  const std::vector<Case> cases = {
      {"Thu, 01 Jan 1970 00:00:00 GMT", std::chrono::year(1970) / 1 / 1},
      {"Thu, 29 Feb 2024 00:00:00 GMT", std::chrono::year(2024) / 2 / 29},
      {"Tue, 31 Mar 2026 00:00:00 GMT", std::chrono::year(2026) / 3 / 31},
      {"Wed, 30 Apr 2025 00:00:00 GMT", std::chrono::year(2025) / 4 / 30},
      {"Fri, 01 May 2026 00:00:00 GMT", std::chrono::year(2026) / 5 / 1},
      {"Sat, 20 Jun 2026 00:00:00 GMT", std::chrono::year(2026) / 6 / 20},
      {"Sat, 04 Jul 2026 00:00:00 GMT", std::chrono::year(2026) / 7 / 4},
      {"Mon, 31 Aug 2026 00:00:00 GMT", std::chrono::year(2026) / 8 / 31},
      {"Wed, 09 Sep 2026 00:00:00 GMT", std::chrono::year(2026) / 9 / 9},
      {"Thu, 15 Oct 2026 00:00:00 GMT", std::chrono::year(2026) / 10 / 15},
      {"Thu Dec 31 00:00:00 2026", std::chrono::year(2026) / 12 / 31},
      {"Tuesday, 31-Dec-69 00:00:00 GMT", std::chrono::year(2069) / 12 / 31},
      {"Thursday, 01-Jan-70 00:00:00 GMT", std::chrono::year(1970) / 1 / 1},
  };
  for (const auto& [text, date] : cases) {
    const auto time = ParseHttpDate(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, WallTime(std::chrono::sys_days(date))) << text;
  }
}

TEST(HttpDateTest, ALeapSecondIsTheNextMinute) {
  EXPECT_EQ(ParseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT"),
            ParseHttpDate("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST(HttpDateTest, RefusesEverythingElse) {
  for (const char* text :
       {"",
        " ",
        "GMT",
        "now",
        "0",
        "784111777",
        "1994-11-06T08:49:37Z",
        "Mon, 06 Nov 1994 08:49:37 GMT",    // it was a Sunday
        "Sun, 06 Nov 1994 08:49:37 UTC",    // another zone, or none
        "Sun, 06 Nov 1994 08:49:37 +0000",  //
        "Sun, 06 Nov 1994 08:49:37",        //
        "sun, 06 nov 1994 08:49:37 gmt",    // case matters
        "Sun, 6 Nov 1994 08:49:37 GMT",     // digits are missing
        "Sun, 06 Nov 94 08:49:37 GMT",      //
        "Sun, 06 Nov 1994 8:49:37 GMT",     //
        "Sun, 00 Nov 1994 08:49:37 GMT",    // no such day, month, hour, minute, second
        "Thu, 31 Nov 1994 08:49:37 GMT",    //
        "Wed, 29 Feb 2023 08:49:37 GMT",    //
        "Sun, 06 Nix 1994 08:49:37 GMT",    //
        "Sun, 06 Nov 1994 24:00:00 GMT",    //
        "Sun, 06 Nov 1994 08:60:37 GMT",    //
        "Sun, 06 Nov 1994 08:49:61 GMT",    //
        "Sun, 06 Nov -994 08:49:37 GMT",    //
        "Sun,  06 Nov 1994 08:49:37 GMT",   // too much
        "Sun, 06 Nov 1994 08:49:37 GMT ",   //
        "Sun, 06 Nov 1994 08:49:37 GMTx",   //
        "Wed, 31 Dec 1969 23:59:59 GMT",    // too early and too late for WallTime
        "Fri, 31 Dec 9999 23:59:59 GMT",    //
        "Sun Nov 06  8:49:37 1994",
        "Sun Nov   6 08:49:37 1994",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

TEST(HttpDateTest, RefusesEveryBeginningOfADate) {
  for (const std::string text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                 "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(ParseHttpDate(text.substr(0, size)), std::nullopt) << text.substr(0, size);
    }
  }
}

}  // namespace
}  // namespace connwatch::http_date_test
