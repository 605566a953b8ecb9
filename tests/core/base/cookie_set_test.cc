#include "core/base/cookie_set.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <unordered_set>

namespace connwatch::cookie_set_test {
namespace {

TEST(CookieSetTest, TellsNewFromKnown) {
  CookieSet seen;
  EXPECT_TRUE(seen.Insert(7));
  EXPECT_FALSE(seen.Insert(7));
  EXPECT_TRUE(seen.Insert(8));
  EXPECT_FALSE(seen.Insert(7));
}

TEST(CookieSetTest, KeepsNeighboursAcrossBlockBoundariesApart) {
  constexpr std::array<std::uint64_t, 5> kCookies = {0, 63, 64, 127, 128};
  CookieSet seen;
  for (const std::uint64_t cookie : kCookies) EXPECT_TRUE(seen.Insert(cookie));
  for (const std::uint64_t cookie : kCookies) EXPECT_FALSE(seen.Insert(cookie));
}

TEST(CookieSetTest, TakesTheLargestCookie) {
  CookieSet seen;
  EXPECT_TRUE(seen.Insert(~std::uint64_t{0}));
  EXPECT_TRUE(seen.Insert(~std::uint64_t{0} - 1));
  EXPECT_FALSE(seen.Insert(~std::uint64_t{0}));
}

TEST(CookieSetTest, ContainsWhatWasInserted) {
  CookieSet seen;
  EXPECT_FALSE(seen.Contains(100));
  seen.Insert(100);
  EXPECT_TRUE(seen.Contains(100));
  EXPECT_FALSE(seen.Contains(101)) << "of the same block";
  EXPECT_FALSE(seen.Contains(1'000'000));
}

TEST(CookieSetTest, AgreesWithAPlainSet) {
  std::mt19937_64 random(1);
  for (const std::uint64_t range : {std::uint64_t{3'000}, ~std::uint64_t{0}}) {
    CookieSet seen;
    std::unordered_set<std::uint64_t> expected;
    std::uniform_int_distribution<std::uint64_t> cookies(0, range);
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t cookie = cookies(random);
      ASSERT_EQ(seen.Insert(cookie), expected.insert(cookie).second) << cookie;
    }
  }
}

TEST(CookieSetTest, RemembersABoundedNumber) {
  constexpr std::uint64_t kFarApart = 1'000;
  constexpr std::uint64_t kLast = CookieSet::kMaxMasks - 1;
  CookieSet seen;
  for (std::uint64_t i = 0; i <= kLast + 1; ++i) EXPECT_TRUE(seen.Insert(i * kFarApart));
  EXPECT_FALSE(seen.Insert(0));
  EXPECT_FALSE(seen.Insert(kLast * kFarApart));
  EXPECT_TRUE(seen.Insert((kLast + 1) * kFarApart)) << "there was no room";
  EXPECT_FALSE(seen.Contains((kLast + 1) * kFarApart));
  EXPECT_TRUE(seen.Insert(kLast * kFarApart + 1)) << "a neighbour needs no room";
  EXPECT_FALSE(seen.Insert(kLast * kFarApart + 1));
}

}  // namespace
}  // namespace connwatch::cookie_set_test
