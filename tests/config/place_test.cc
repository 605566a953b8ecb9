#include "config/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>

namespace connwatch::place_test {
namespace {

TEST(Place, FindsTheValueOfAKey) {
  const auto tree = std::get<YamlNode>(ParseYaml("{a: 1, b: {c: 2}}"));
  ConfigErrorList errors("f");
  const Place place{tree, "top", errors};
  EXPECT_FALSE(place.Find("c"));
  ASSERT_TRUE(place.Find("b"));
  ASSERT_TRUE(place.Find("b")->Find("c"));
  EXPECT_EQ(place.Find("b")->Find("c")->key_path, "top.b.c");
  EXPECT_EQ(place.Find("b")->Find("c")->node.text, "2");
}

TEST(Place, HasNothingWhereAllBelowAKeyIsCommentedOut) {
  const auto tree = std::get<YamlNode>(ParseYaml("a:\n#  x: 1\nb: ~\nc: {}\nd: []\ne: ''\n"));
  ConfigErrorList errors("f");
  const Place place{tree, {}, errors};
  std::string empty;
  for (const YamlNode& child : tree.children) {
    if (place.Find(child.key)->HasNothing()) empty += child.key;
  }
  EXPECT_EQ(empty, "ab");
}

TEST(Place, SaysWhatAValueIsAndWhatItMustBe) {
  const auto tree = std::get<YamlNode>(ParseYaml("{a: , b: 1, c: [], d: {}}"));
  ConfigErrorList errors("f");
  const Place place{tree, "top", errors};
  EXPECT_TRUE(place.Find("b")->Is(YamlNode::Kind::kScalar, "a word"));
  EXPECT_FALSE(place.Find("a")->Is(YamlNode::Kind::kScalar, "a word"));
  EXPECT_FALSE(place.Find("b")->Is(YamlNode::Kind::kMapping, "a mapping"));
  EXPECT_FALSE(place.Find("c")->Is(YamlNode::Kind::kScalar, "a word"));
  EXPECT_FALSE(place.Find("d")->Is(YamlNode::Kind::kScalar, "a word"));
  EXPECT_EQ(Joined(std::move(errors).TakeSorted()),
            "f:1:2: top.a: has no value, must be a word\n"
            "f:1:10: top.b: \"1\" is a single value, must be a mapping\n"
            "f:1:16: top.c: is a list, must be a word\n"
            "f:1:23: top.d: is a mapping, must be a word");
}

}  // namespace
}  // namespace connwatch::place_test
