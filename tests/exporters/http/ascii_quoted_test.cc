#include "exporters/http/ascii_quoted.h"

#include <gtest/gtest.h>

namespace connwatch::ascii_quoted_test {
namespace {

TEST(AsciiQuotedTest, IsShortAndPrintable) {
  EXPECT_EQ(AsciiQuoted(""), "\"\"");
  EXPECT_EQ(AsciiQuoted("db1.example:80"), "\"db1.example:80\"");
  EXPECT_EQ(AsciiQuoted("a\"b\nc\x7f\xc3\xa4"), "\"a?b?c???\"");
  EXPECT_EQ(AsciiQuoted(std::string(40, 'x')), '"' + std::string(40, 'x') + '"');
  EXPECT_EQ(AsciiQuoted(std::string(41, 'x')), '"' + std::string(40, 'x') + "...\"");
}

}  // namespace
}  // namespace connwatch::ascii_quoted_test
