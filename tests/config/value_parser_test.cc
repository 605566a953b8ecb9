#include "config/value_parser.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace connwatch::value_parser_test {
namespace {

using namespace std::chrono_literals;

std::string Number(std::string_view text, NumberRange range = {.min = 1, .max = 100}) {
  const Result<std::uint64_t> result = ParseNumber(text, range);
  return result ? std::to_string(*result) : result.error().context;
}

TEST(ParseNumber, TakesPlainDigits) {
  EXPECT_EQ(Number("1"), "1");
  EXPECT_EQ(Number("100"), "100");
  EXPECT_EQ(Number("0", {.min = 0, .max = 1}), "0");
  EXPECT_EQ(Number("18446744073709551615", {.min = 0, .max = ~std::uint64_t{0}}),
            "18446744073709551615");
}

TEST(ParseNumber, NamesTheRange) {
  EXPECT_EQ(Number("0"), "0 is too small, must be from 1 to 100");
  EXPECT_EQ(Number("101"), "101 is too large, must be from 1 to 100");
  EXPECT_EQ(Number("-1"), "-1 is too small, must be from 1 to 100");
  EXPECT_EQ(Number("18446744073709551616"),
            "18446744073709551616 is too large, must be from 1 to 100");
  EXPECT_EQ(Number(std::string(1000, '9')),
            std::string(40, '9') + "... is too large, must be from 1 to 100");
}

TEST(ParseNumber, RefusesEveryOtherWayToWriteANumber) {
  for (const std::string text : {"", "+1", "1.0", "1e1", "0x10", "010", "1_0", "1,0", " 1", "1 ",
                                 "-", "--1", "ten", "1s", "١"}) {
    EXPECT_EQ(Number(text), "\"" + text + "\" is not a plain whole number, must be from 1 to 100");
  }
}

std::string Duration(std::string_view text,
                     DurationRange range = {.min = 100ms, .max = 1h, .step = 1ms}) {
  const Result<std::chrono::microseconds> result = ParseDuration(text, range);
  return result ? std::to_string(result->count()) : result.error().context;
}

TEST(ParseDuration, TakesEveryUnit) {
  const DurationRange range{.min = 1us, .max = 1h};
  EXPECT_EQ(Duration("250us", range), "250");
  EXPECT_EQ(Duration("100ms", range), "100000");
  EXPECT_EQ(Duration("1s", range), "1000000");
  EXPECT_EQ(Duration("5m", range), "300000000");
  EXPECT_EQ(Duration("1h", range), "3600000000");
  EXPECT_EQ(Duration("3600000000us", range), "3600000000");
}

TEST(ParseDuration, NamesTheRange) {
  EXPECT_EQ(Duration("50ms"), "50ms is too short, must be from 100ms to 1h");
  EXPECT_EQ(Duration("0h"), "0h is too short, must be from 100ms to 1h");
  EXPECT_EQ(Duration("99999us"), "99999us is too short, must be from 100ms to 1h");
  EXPECT_EQ(Duration("2h"), "2h is too long, must be from 100ms to 1h");
  EXPECT_EQ(Duration("3600001ms"), "3600001ms is too long, must be from 100ms to 1h");
  EXPECT_EQ(Duration("18446744073709551615h"),
            "18446744073709551615h is too long, must be from 100ms to 1h");
  EXPECT_EQ(Duration("99999999999999999999us"),
            "99999999999999999999us is too long, must be from 100ms to 1h");
}

TEST(ParseDuration, RefusesFractionsOfTheStep) {
  EXPECT_EQ(Duration("100500us"), "100500us is too fine, must be a multiple of 1ms");
  EXPECT_EQ(Duration("1500ms", {.min = 1s, .max = 5min, .step = 1s}),
            "1500ms is too fine, must be a multiple of 1s");
  EXPECT_EQ(Duration("2000ms", {.min = 1s, .max = 5min, .step = 1s}), "2000000");
}

TEST(ParseDuration, RefusesEveryOtherWayToWriteADuration) {
  for (const std::string text : {"", "s", "1 s", " 1s", "1s ", "1S", "1.5s", "-1s", "+1s", "01s",
                                 "1m30s", "1d", "1ns", "1sec", "1e3s", "1µs", "inf"}) {
    EXPECT_EQ(Duration(text), "\"" + text +
                                  "\" is not a whole number and a unit (us, ms, s, m, h), must be "
                                  "from 100ms to 1h");
  }
}

TEST(ParseDuration, AsksForTheUnitsThatAreInRange) {
  const std::string wrong = " is not a whole number and a unit (us, ms, s, m, h), ";
  const std::string right = "must be from 100ms to 1h";
  EXPECT_EQ(Duration("100"), "\"100\"" + wrong + "did you mean 100ms or 100s? " + right);
  EXPECT_EQ(Duration("10"), "\"10\"" + wrong + "did you mean 10s? " + right);
  EXPECT_EQ(Duration("5000"), "\"5000\"" + wrong + "did you mean 5000ms? " + right);
  EXPECT_EQ(Duration("0"), "\"0\"" + wrong + right);
  EXPECT_EQ(Duration(std::string(1'000, '9')),
            "\"" + std::string(40, '9') + "...\"" + wrong + right);
}

TEST(FormatDuration, UsesTheLargestWholeUnit) {
  EXPECT_EQ(FormatDuration(0us), "0s");
  EXPECT_EQ(FormatDuration(999us), "999us");
  EXPECT_EQ(FormatDuration(1ms), "1ms");
  EXPECT_EQ(FormatDuration(1500us), "1500us");
  EXPECT_EQ(FormatDuration(2500ms), "2500ms");
  EXPECT_EQ(FormatDuration(90s), "90s");
  EXPECT_EQ(FormatDuration(5min), "5m");
  EXPECT_EQ(FormatDuration(2h), "2h");
}

TEST(ParseWord, TakesTheWordsAsTheyAre) {
  constexpr std::array<std::string_view, 2> kWords = {"text", "json"};
  const Result<std::size_t> result = ParseWord("json", kWords);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 1U);
}

TEST(ParseWord, NamesTheWords) {
  constexpr std::array<std::string_view, 2> kWords = {"text", "json"};
  const auto message = [&](std::string_view text) {
    return ParseWord(text, kWords).error().context;
  };
  EXPECT_EQ(message("JSON"),
            "unknown word \"JSON\", did you mean \"json\"? must be one of: text, json");
  EXPECT_EQ(message("xml"), "unknown word \"xml\", must be one of: text, json");
  EXPECT_EQ(message(""), "unknown word \"\", must be one of: text, json");
}

TEST(ParseSize, ReadsWholeNumbersWithAUnit) {
  constexpr NumberRange kRange{.min = 1'024, .max = 1U << 30U};
  EXPECT_EQ(*ParseSize("1024B", kRange), 1'024U);
  EXPECT_EQ(*ParseSize("64KiB", kRange), 65'536U);
  EXPECT_EQ(*ParseSize("3MiB", kRange), 3U << 20U);
  EXPECT_EQ(*ParseSize("1GiB", kRange), 1U << 30U);
}

TEST(ParseSize, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    return ParseSize(text, {.min = 1'024, .max = 1U << 20U}).error().context;
  };
  EXPECT_EQ(
      message("64K"),
      "\"64K\" is not a whole number and a unit (B, KiB, MiB, GiB), must be from 1KiB to 1MiB");
  EXPECT_EQ(
      message("64"),
      "\"64\" is not a whole number and a unit (B, KiB, MiB, GiB), did you mean 64KiB? must be "
      "from 1KiB to 1MiB");
  EXPECT_EQ(message("1023B"), "1023B is too small, must be from 1KiB to 1MiB");
  EXPECT_EQ(message("2MiB"), "2MiB is too large, must be from 1KiB to 1MiB");
  EXPECT_EQ(message("99999999999999999999GiB"),
            "99999999999999999999GiB is too large, must be from 1KiB to 1MiB");
  for (const char* text : {"", "KiB", "1", "1.5MiB", "-1KiB", "1 KiB", "01KiB", "1kib"}) {
    EXPECT_FALSE(ParseSize(text, {.min = 1, .max = 1U << 30U})) << text;
  }
}

TEST(ParsePercentage, ReadsSharesOfOneHundred) {
  EXPECT_DOUBLE_EQ(*ParsePercentage("2%"), 0.02);
  EXPECT_DOUBLE_EQ(*ParsePercentage("0.1%"), 0.001);
  EXPECT_DOUBLE_EQ(*ParsePercentage("99.75%"), 0.9975);
  EXPECT_DOUBLE_EQ(*ParsePercentage("100%"), 1);
}

TEST(ParsePercentage, RefusesEverythingElse) {
  for (const char* text : {"", "%", "2", "2 %", "-1%", "+1%", "1e1%", ".5%", "5.%", "1.234%", "0%",
                           "0.09%", "100.01%", "nan%", "1,5%", "2%%"}) {
    EXPECT_FALSE(ParsePercentage(text)) << text;
  }
}

}  // namespace
}  // namespace connwatch::value_parser_test
