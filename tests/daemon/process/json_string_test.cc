#include "daemon/process/json_string.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace connwatch::json_string_test {
namespace {

TEST(JsonStringTest, PlainTextStaysAsItIs) {
  EXPECT_EQ(InsideOfJsonString(""), "");
  EXPECT_EQ(InsideOfJsonString("polls every 10 s, \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 /'\x7f"),
            "polls every 10 s, \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 /'\x7f");
}

TEST(JsonStringTest, QuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(InsideOfJsonString(R"(a "b" \c)"), R"(a \"b\" \\c)");
}

TEST(JsonStringTest, ControlCharactersAreEscaped) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(InsideOfJsonString("\0\t\n\r\x1f"sv), R"(\u0000\u0009\u000a\u000d\u001f)");
}

// A name of the kernel or of a file may have any bytes.
TEST(JsonStringTest, BytesThatAreNotUtf8AreReplaced) {
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(InsideOfJsonString("a\xff"
                               "b"),
            "a" + replaced + "b");
  EXPECT_EQ(InsideOfJsonString("\xe2\x82"), replaced + replaced) << "cut off";
  EXPECT_EQ(InsideOfJsonString("\xc0\xaf"), replaced + replaced) << "longer than needed";
  EXPECT_EQ(InsideOfJsonString("\xed\xa0\x80"), replaced + replaced + replaced) << "a surrogate";
  EXPECT_EQ(InsideOfJsonString("\xc3\""), replaced + "\\\"") << "does not hide the quote";
}

}  // namespace
}  // namespace connwatch::json_string_test
