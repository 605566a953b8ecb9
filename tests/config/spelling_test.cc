#include "config/spelling.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace connwatch::spelling_test {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"full", "handshakes", "warning", "rtt"};

TEST(Spelling, FindsTheWordThatWasMeant) {
  EXPECT_EQ(ClosestWord("ful", kWords), "full");
  EXPECT_EQ(ClosestWord("fulll", kWords), "full");
  EXPECT_EQ(ClosestWord("Full", kWords), "full");
  EXPECT_EQ(ClosestWord("FULL", kWords), "full");
  EXPECT_EQ(ClosestWord("rt", kWords), "rtt");
  EXPECT_EQ(ClosestWord("hand-shakes", kWords), "handshakes");
  EXPECT_EQ(ClosestWord("hndshaks", kWords), "handshakes");
  EXPECT_EQ(ClosestWord("warn", kWords), "warning");
  EXPECT_EQ(ClosestWord("han", kWords), "handshakes") << "three letters are a beginning";
}

TEST(Spelling, DoesNotGuessWildly) {
  EXPECT_EQ(ClosestWord("", kWords), std::nullopt);
  EXPECT_EQ(ClosestWord("fu", kWords), std::nullopt);
  EXPECT_EQ(ClosestWord("fall-back", kWords), std::nullopt);
  EXPECT_EQ(ClosestWord("hndshk", kWords), std::nullopt);
  EXPECT_EQ(ClosestWord("wa", kWords), std::nullopt);
  EXPECT_EQ(ClosestWord("full", {}), std::nullopt);
  EXPECT_EQ(ClosestWord(std::string(1'000'000, 'f'), kWords), std::nullopt);
  EXPECT_EQ(ClosestWord("ha", kWords), std::nullopt) << "two letters are none";
}

TEST(Spelling, PrefersTheCloserWord) {
  constexpr std::array<std::string_view, 3> kClose = {"levels", "levell", "level"};
  EXPECT_EQ(ClosestWord("level", kClose), "levels");  // the beginning of all three: the first
  EXPECT_EQ(ClosestWord("xlevell", kClose), "levell");
}

TEST(Spelling, JoinsWithCommas) {
  EXPECT_EQ(Joined(std::span<const std::string_view>()), "");
  EXPECT_EQ(Joined(kWords), "full, handshakes, warning, rtt");
}

}  // namespace
}  // namespace connwatch::spelling_test
