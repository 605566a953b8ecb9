#include "config/text_check.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace connwatch::text_check_test {
namespace {

using namespace std::string_literals;

std::string Found(const std::string& text) {
  const std::optional<YamlMistake> mistake = FindUnacceptableText(text);
  if (!mistake) return "nothing";
  return std::to_string(mistake->position.line) + ":" + std::to_string(mistake->position.column) +
         ": " + mistake->message;
}

TEST(TextCheck, AcceptsText) {
  EXPECT_EQ(Found(""), "nothing");
  EXPECT_EQ(Found("a: 1\nb:\t2\r\n# größe 漢字 5%\n %\n"), "nothing");
}

TEST(TextCheck, RefusesBytesThatAreNotUtf8) {
  EXPECT_EQ(Found("a: 1\nb: \xff"),
            "2:4: the byte \\xff is not UTF-8, must be saved as UTF-8 text");
  EXPECT_EQ(Found("\xff\xfe"
                  "a\0:\0"s),
            "1:1: the byte \\xff is not UTF-8, must be saved as UTF-8 text");
  EXPECT_EQ(Found("ä: \xc3"), "1:5: the byte \\xc3 is not UTF-8, must be saved as UTF-8 text");
}

TEST(TextCheck, RefusesControlCharacters) {
  EXPECT_EQ(Found("a: \0b"s), "1:4: the control character \\x00 is not allowed, must be text");
  EXPECT_EQ(Found("a: 1\x04\nb: 2\n"),
            "1:5: the control character \\x04 is not allowed, must be text");
  EXPECT_EQ(Found("a\x7f"), "1:2: the control character \\x7f is not allowed, must be text");
  EXPECT_EQ(Found("a\rb\r\n"), "1:2: the control character \\r is not allowed, must be text");
  EXPECT_EQ(Found("a\r"), "1:2: the control character \\r is not allowed, must be text");
}

TEST(TextCheck, RefusesAByteOrderMarkWithinTheText) {
  const std::string message =
      ": a byte order mark (U+FEFF) is not allowed here, must be at most one, where the file "
      "begins";
  EXPECT_EQ(Found("\ufeffa: 1"), "1:1" + message);
  EXPECT_EQ(Found("a: 1\n\ufeffb: 2"), "2:1" + message);
  EXPECT_EQ(Found("a: \"\ufeff\""), "1:5" + message);
}

TEST(TextCheck, RefusesDirectives) {
  const std::string message =
      "directives are not supported, must be a document without lines that begin with %";
  EXPECT_EQ(Found("%YAML 1.2\n---\na: 1\n"), "1:1: " + message);
  EXPECT_EQ(Found("# b\n%TAG ! x\n"), "2:1: " + message);
}

TEST(TextCheck, RefusesTooManyCommasAndBrackets) {
  EXPECT_EQ(Found(std::string(200'000, '[')), "nothing");
  EXPECT_EQ(Found("\n" + std::string(200'001, '[')),
            "2:200001: too many commas and brackets, must be at most 200000");
  EXPECT_EQ(Found(std::string(200'000, ',') + "}"),
            "1:200001: too many commas and brackets, must be at most 200000");
}

}  // namespace
}  // namespace connwatch::text_check_test
