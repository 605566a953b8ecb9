#include "config/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace connwatch::printable_test {
namespace {

using namespace std::string_literals;

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(OneLine(""), "");
  EXPECT_EQ(OneLine("plain \"text\""), "plain \"text\"");
  EXPECT_EQ(OneLine("größe 漢字 😀"), "größe 漢字 😀");
}

TEST(Printable, EscapesControlCharacters) {
  EXPECT_EQ(OneLine("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(OneLine("\0\x1b\x7f"s), "\\x00\\x1b\\x7f");
  EXPECT_EQ(OneLine("\u0085"), "\\xc2\\x85");  // NEXT LINE
  EXPECT_EQ(OneLine("\x1f ~\u0080\u009f\u00a0"), "\\x1f ~\\xc2\\x80\\xc2\\x9f\u00a0");
}

TEST(Printable, EscapesLineSeparatorsAndTextDirection) {
  EXPECT_EQ(OneLine("\u2028\u2029"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
  EXPECT_EQ(OneLine("\u202e"), "\\xe2\\x80\\xae");
  EXPECT_EQ(OneLine("\u2066"), "\\xe2\\x81\\xa6");
  EXPECT_EQ(OneLine("\u2069"), "\\xe2\\x81\\xa9");
  EXPECT_EQ(OneLine("\u2065\u206a"), "\u2065\u206a");
  EXPECT_EQ(OneLine("\u2027\u202f"), "\u2027\u202f");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) { EXPECT_EQ(OneLine("a\xff z\xc3"), "a\\xff z\\xc3"); }

TEST(Printable, FindsControlCharacters) {
  EXPECT_FALSE(HasControlCharacter(""));
  EXPECT_FALSE(HasControlCharacter(" ~größe"));
  for (const std::string& text : {"a\0"s, "\x1f"s, "\x7f"s, "a\nb"s}) {
    EXPECT_TRUE(HasControlCharacter(text)) << OneLine(text);
  }
  EXPECT_FALSE(HasControlCharacter("a\nb\t", "\n\t"));
  EXPECT_TRUE(HasControlCharacter("a\rb", "\n\t"));
}

TEST(Printable, ClipsAfterFortyCharacters) {
  const std::string forty(40, 'x');
  EXPECT_EQ(Clipped(forty), forty);
  EXPECT_EQ(Clipped(forty + "y"), forty + "...");
  EXPECT_EQ(Quoted(forty + "y"), "\"" + forty + "...\"");
}

TEST(Printable, ClipsBetweenCharacters) {
  std::string forty;
  for (int i = 0; i < 40; ++i) forty += "漢";
  EXPECT_EQ(Clipped(forty), forty);
  EXPECT_EQ(Clipped(forty + "漢"), forty + "...");
}

}  // namespace
}  // namespace connwatch::printable_test
