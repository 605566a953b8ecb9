#include "config/utf8.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <ios>
#include <optional>
#include <string_view>

namespace connwatch::utf8_test {
namespace {

struct Example {
  std::string_view bytes;
  char32_t code_point;
};

// The first and the last character of each length, and the neighbours of the surrogates.
constexpr Example kCharacters[] = {{{"\0", 1}, 0},
                                   {"\x7f", 0x7f},
                                   {"\xc2\x80", 0x80},
                                   {"\xdf\xbf", 0x7ff},
                                   {"\xe0\xa0\x80", 0x800},
                                   {"\xed\x9f\xbf", 0xd7ff},
                                   {"\xee\x80\x80", 0xe000},
                                   {"\xef\xbf\xbf", 0xffff},
                                   {"\xf0\x90\x80\x80", 0x10000},
                                   {"\xf4\x8f\xbf\xbf", 0x10ffff}};

TEST(Utf8, DecodesEveryLength) {
  for (const auto& [bytes, code_point] : kCharacters) {
    const std::optional<Utf8Character> character = FrontCharacter(bytes);
    ASSERT_TRUE(character) << std::hex << static_cast<unsigned>(code_point);
    EXPECT_EQ(character->code_point, code_point);
    EXPECT_EQ(character->length, bytes.size());
  }
}

TEST(Utf8, LooksAtTheFrontOnly) {
  const std::optional<Utf8Character> character = FrontCharacter("a\xff");
  ASSERT_TRUE(character);
  EXPECT_EQ(character->length, 1U);
}

TEST(Utf8, RefusesACharacterCutAtEveryLength) {
  for (const auto& [bytes, code_point] : kCharacters) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(FrontCharacter(bytes.substr(0, length)));
    }
  }
}

TEST(Utf8, RefusesWhatIsNoCharacter) {
  for (const std::string_view bytes : {
           "\x80", "\xbf", "\xf8\x88\x80\x80\x80", "\xff",  // no character begins so
           "\xc3(", "\xe2\x82(", "\xf0\x9f\x98(",           // continued by something else
           "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",  // longer than need be
           "\xed\xa0\x80", "\xed\xbf\xbf",                              // surrogates
           "\xf4\x90\x80\x80",                                          // past U+10FFFF
       }) {
    EXPECT_FALSE(FrontCharacter(bytes)) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace connwatch::utf8_test
