#include "exporters/plain_text/text_lines.h"

#include <gtest/gtest.h>

namespace connwatch::text_lines_test {
namespace {

TEST(PrintableTest, LeavesTextAsItIs) {
  EXPECT_EQ(Printable("nginx.service (10 %)"), "nginx.service (10 %)");
  EXPECT_EQ(Printable("caf\u00e9 \u4e2d \U0001f600"), "caf\u00e9 \u4e2d \U0001f600");
}

TEST(PrintableTest, RemovesWhatATerminalObeys) {
  EXPECT_EQ(Printable("a\x1b[2Jb\r\n\t\x07\x7f"), "a[2Jb");
  EXPECT_EQ(Printable("a\u009b2Jb"), "a2Jb") << "CSI as one character";
  EXPECT_EQ(Printable("a\u202eb\u2066c\u200fd\u061ce\u2028f"), "abcdef");
}

TEST(PrintableTest, BytesThatAreNoUtf8AreMarked) {
  EXPECT_EQ(Printable("a\x9b"
                      "2J"),
            "a?2J")
      << "CSI as one byte";
  EXPECT_EQ(Printable("\xc0\x9b"), "??") << "ESC in two bytes";
  EXPECT_EQ(Printable("\xed\xa0\x80"), "???") << "a surrogate";
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "????") << "beyond the last character";
  EXPECT_EQ(Printable("x\xe4\xb8"), "x??") << "cut off";
  EXPECT_EQ(Printable("\xff"), "?");
}

TEST(GroupedDigitsTest, HaveACommaAtEachThousand) {
  EXPECT_EQ(GroupedDigits(0), "0");
  EXPECT_EQ(GroupedDigits(999), "999");
  EXPECT_EQ(GroupedDigits(1'000), "1,000");
  EXPECT_EQ(GroupedDigits(12'345'678), "12,345,678");
}

TEST(PaddedToTest, CountsCharacters) {
  EXPECT_EQ(PaddedTo(4, "ab"), "ab  ");
  EXPECT_EQ(PaddedTo(4, "\u00e9"), "\u00e9   ");
  EXPECT_EQ(PaddedTo(2, "abc"), "abc");
}

TEST(TextLinesTest, AWordThatDoesNotFitBeginsALine) {
  TextLines lines;
  lines.AddWrapped("  ", std::string(40, 'a') + " " + std::string(37, 'b'));
  EXPECT_EQ(lines.text(), "  " + std::string(40, 'a') + " " + std::string(37, 'b') + "\n");
  lines.AddWrapped("> ", std::string(40, 'c') + " " + std::string(38, 'd') + " e");
  EXPECT_TRUE(
      lines.text().ends_with("> " + std::string(40, 'c') + "\n> " + std::string(38, 'd') + " e\n"));
}

TEST(TextLinesTest, ALongWordHasALineOfItsOwn) {
  TextLines lines;
  lines.AddWrapped(" ", "a " + std::string(100, 'b') + " c");
  EXPECT_EQ(lines.text(), " a\n " + std::string(100, 'b') + "\n c\n");
}

TEST(TextLinesTest, ALineStaysOneLine) {
  TextLines lines;
  lines.Add("one\ntwo");
  EXPECT_EQ(lines.text(), "onetwo\n");
}

}  // namespace
}  // namespace connwatch::text_lines_test
