#include "exporters/http/weighted_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace connwatch::weighted_list_test {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::pair<std::string, int>> NamesAndWeights(std::string_view header) {
  std::vector<std::pair<std::string, int>> found;
  ForEachElement(header, [&](const WeightedElement& element) {
    found.emplace_back(element.name, element.weight);
  });
  return found;
}

TEST(WeightedListTest, ReadsNamesAndWeights) {
  EXPECT_THAT(NamesAndWeights("a, b;q=0.5 ,c; Q = 0.125;x=1,,d;q=0"),
              ElementsAre(Pair("a", 1'000), Pair("b", 500), Pair("c", 125), Pair("d", 0)));
  EXPECT_THAT(NamesAndWeights(" , ;q=1, "), ElementsAre());
}

TEST(WeightedListTest, WeightsAreThoseOfTheRfc) {
  for (const auto& [text, weight] : std::vector<std::pair<std::string, int>>{{"0", 0},
                                                                             {"0.", 0},
                                                                             {"0.000", 0},
                                                                             {"0.001", 1},
                                                                             {"0.12", 120},
                                                                             {"0.9999", 999},
                                                                             {"1", 1'000},
                                                                             {"1.000", 1'000},
                                                                             {"1.5", 1'000}}) {
    EXPECT_THAT(NamesAndWeights("a;q=" + text), ElementsAre(Pair("a", weight))) << text;
  }
}

TEST(WeightedListTest, AWeightThatIsNoneIsTheDefault) {
  for (const char* text : {"", "x", "-1", "2", "0x", "0.5x", "01"}) {
    EXPECT_EQ(NamesAndWeights(std::string("a;q=") + text).front().second, 1'000) << text;
  }
}

TEST(WeightedListTest, ParametersMayBeQuoted) {
  std::string_view rest = R"(a;v="x,y;z";w= 1 ;q=0.5, b)";
  const WeightedElement element = TakeElement(rest);
  EXPECT_EQ(element.Parameter("V"), "x,y;z");
  EXPECT_EQ(element.Parameter("w"), "1");
  EXPECT_EQ(element.Parameter("none"), "");
  EXPECT_EQ(element.weight, 500);
  EXPECT_EQ(TakeElement(rest).name, "b");
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace connwatch::weighted_list_test
