#include "containers/lazy_lookup.h"

#include <gtest/gtest.h>

namespace connwatch::lazy_lookup_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonotonicTime kStart{seconds(1'000)};

class LazyIndexTest : public testing::Test {
 protected:
  using Index = LazyIndex<std::string>;

  Index::Contents there_;
  int readings_ = 0;
  bool fails_ = false;
  Index index_{[this]() -> std::optional<Index::Contents> {
                 ++readings_;
                 if (fails_) return std::nullopt;
                 return there_;
               },
               milliseconds(1)};
};

TEST_F(LazyIndexTest, ReadsWhenAskedForTheFirstTime) {
  there_.map = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(readings_, 0);
  EXPECT_EQ(*index_.Find("a", kStart), "1");
  EXPECT_EQ(*index_.Find("b", kStart), "2");
  EXPECT_EQ(*index_.Find("a", kStart + seconds(100)), "1");
  EXPECT_EQ(readings_, 1);
}

TEST_F(LazyIndexTest, ANewKeyIsFoundASecondLater) {
  EXPECT_EQ(index_.Find("a", kStart), nullptr);
  there_.map = {{"b", "2"}};
  EXPECT_EQ(index_.Find("b", kStart + milliseconds(999)), nullptr);
  EXPECT_EQ(*index_.Find("b", kStart + seconds(1)), "2");
  EXPECT_EQ(readings_, 2);
}

TEST_F(LazyIndexTest, AMissingKeyIsLookedForAgainAfterHalfAMinute) {
  EXPECT_EQ(index_.Find("a", kStart), nullptr);
  there_.map = {{"a", "1"}};
  EXPECT_EQ(index_.Find("a", kStart + seconds(29)), nullptr);
  EXPECT_EQ(readings_, 1);
  EXPECT_EQ(*index_.Find("a", kStart + seconds(30)), "1");
}

TEST_F(LazyIndexTest, TheMoreThereIsTheRarerItIsRead) {
  there_.entries = 5'000;
  index_.Find("a", kStart);
  index_.Find("b", kStart + seconds(4));
  EXPECT_EQ(readings_, 1);
  index_.Find("b", kStart + seconds(5));
  EXPECT_EQ(readings_, 2);
}

TEST_F(LazyIndexTest, AReadingThatFailsTeachesNothing) {
  there_.map = {{"a", "1"}};
  index_.Find("a", kStart);
  fails_ = true;
  EXPECT_EQ(index_.Find("b", kStart + seconds(1)), nullptr);
  EXPECT_EQ(*index_.Find("a", kStart + seconds(1)), "1");
  fails_ = false;
  there_.map = {{"b", "2"}};
  EXPECT_EQ(index_.Find("b", kStart + milliseconds(1'999)), nullptr) << "not sooner than usual";
  EXPECT_EQ(*index_.Find("b", kStart + seconds(2)), "2");
}

TEST_F(LazyIndexTest, WhatIsGoneIsForgottenAtTheNextReading) {
  there_.map = {{"a", "1"}};
  index_.Find("a", kStart);
  there_.map.clear();
  index_.Find("b", kStart + seconds(1));
  EXPECT_EQ(index_.Find("a", kStart + seconds(1)), nullptr);
}

TEST(LazyLookupTest, ReadsEachKeyOnce) {
  int readings = 0;
  LazyLookup<std::string> lookup([&](const std::string& key) -> std::optional<std::string> {
    ++readings;
    if (key == "missing") return std::nullopt;
    return key + "!";
  });
  EXPECT_EQ(*lookup.Find("a", kStart), "a!");
  EXPECT_EQ(*lookup.Find("a", kStart + seconds(100)), "a!");
  EXPECT_EQ(readings, 1);
  EXPECT_EQ(lookup.Find("missing", kStart), nullptr);
  EXPECT_EQ(lookup.Find("missing", kStart + seconds(29)), nullptr);
  EXPECT_EQ(readings, 2);
  EXPECT_EQ(lookup.Find("missing", kStart + seconds(30)), nullptr);
  EXPECT_EQ(readings, 3);
}

TEST(LazyLookupTest, ABoundedNumberIsRemembered) {
  std::size_t readings = 0;
  LazyLookup<int> lookup([&](const std::string&) {
    ++readings;
    return std::optional<int>(1);
  });
  const std::size_t most = LazyLookup<int>::kMaxNames;
  for (std::size_t i = 0; i <= most; ++i) lookup.Find(std::to_string(i), kStart);
  EXPECT_EQ(readings, most + 1);
  lookup.Find("0", kStart);
  EXPECT_EQ(readings, most + 2) << "all were forgotten";
}

TEST(MissingKeysTest, ABoundedNumberIsRemembered) {
  MissingKeys missing;
  for (std::size_t i = 0; i < MissingKeys::kMaxKeys; ++i) missing.Add(std::to_string(i), kStart);
  EXPECT_TRUE(missing.Contains("0", kStart));
  missing.Add("more", kStart);
  EXPECT_FALSE(missing.Contains("0", kStart));
  EXPECT_TRUE(missing.Contains("more", kStart));
}

}  // namespace
}  // namespace connwatch::lazy_lookup_test
