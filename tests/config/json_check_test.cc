#include "config/json_check.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace connwatch::json_check_test {
namespace {

TEST(JsonCheck, AcceptsWhatIsJson) {
  for (const std::string_view text :
       {R"({})", R"([])", R"( { "a" : [ 1 , -0 , 2.5e-3 , 0E+1 ] } )",
        R"("\"\\\/\b\f\n\r\t\u00eF")", R"({"a":{"b":[[],{}]},"c":null})", "true", "false", "12",
        "\t[\r\n]", "\"\xc3\xa4\x7f\""}) {
    EXPECT_FALSE(FindJsonMistake(text)) << text;
  }
}

TEST(JsonCheck, FindsWhereATextStopsBeingJson) {
  const auto mistake = [](std::string_view text) { return FindJsonMistake(text).value_or(999); };
  EXPECT_EQ(mistake(""), 0U);
  EXPECT_EQ(mistake("{"), 1U);
  EXPECT_EQ(mistake("{\"a\": x}"), 6U);
  EXPECT_EQ(mistake("{\"a\" 1}"), 5U);
  EXPECT_EQ(mistake("{\"a\": 1,}"), 8U);
  EXPECT_EQ(mistake("{a: 1}"), 1U);
  EXPECT_EQ(mistake("[1 2]"), 3U);
  EXPECT_EQ(mistake("[1,]"), 3U);
  EXPECT_EQ(mistake("[] []"), 3U);
  EXPECT_EQ(mistake("01"), 1U);
  EXPECT_EQ(mistake("1."), 2U);
  EXPECT_EQ(mistake("-"), 1U);
  EXPECT_EQ(mistake("1e"), 2U);
  EXPECT_EQ(mistake("tru"), 0U);
  EXPECT_EQ(mistake("\"a"), 2U);
  EXPECT_EQ(mistake("\"a\n\""), 2U);
  EXPECT_EQ(mistake("\"\\"), 2U);
  EXPECT_EQ(mistake("\"\\u00g0\""), 5U);
  EXPECT_EQ(mistake("\"\\u00"), 5U);
}

// Templates are checked with x in the place of what is filled in.
TEST(JsonCheck, AnXIsAMistakeWhereverAValueCouldDoHarm) {
  for (const std::string_view text : {"x", "{\"a\": x}", "{x: 1}", "[1x]", "\"\\x\"", "\"\\u0x\"",
                                      "\"\\u123x\"", "truex", "{}x", "[1, 2]x"}) {
    EXPECT_TRUE(FindJsonMistake(text)) << text;
  }
}

TEST(JsonCheck, DepthIsLimited) {
  EXPECT_FALSE(FindJsonMistake(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')));
  EXPECT_EQ(FindJsonMistake(std::string(100'000, '[')), kMaxJsonDepth);
}

TEST(JsonCheck, EveryBeginningOfATextIsAMistakeAtItsEnd) {
  const std::string text = R"({"text": "a\u00e4b", "list": [1, {"b": null}]})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_TRUE(FindJsonMistake(std::string_view(text).substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace connwatch::json_check_test
