#include "config/config_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace connwatch::config_error_test {
namespace {

using testing::SizeIs;

TEST(ConfigError, ReadsLikeACompilersMessage) {
  const ConfigError error{"a.yaml", 2, 9, "poll.full", "is wrong"};
  EXPECT_EQ(error.ToString(), "a.yaml:2:9: poll.full: is wrong");
}

TEST(ConfigError, LeavesOutWhatItDoesNotHave) {
  EXPECT_EQ((ConfigError{"a.yaml", 2, 9, "", "is wrong"}.ToString()), "a.yaml:2:9: is wrong");
  EXPECT_EQ((ConfigError{"a.yaml", 0, 0, "", "is wrong"}.ToString()), "a.yaml: is wrong");
}

TEST(ConfigError, IsOneLineWhateverItsParts) {
  const ConfigError error{"a\nb", 1, 1, "k\re\ny", "is\n\x1b[31mwrong"};
  EXPECT_EQ(error.ToString(), "a\\nb:1:1: k\\re\\ny: is\\n\\x1b[31mwrong");
}

TEST(ConfigErrorList, SortsByPlaceAndKeepsTheOrderWithinOne) {
  ConfigErrorList errors("f");
  errors.Add({2, 1}, "", "third");
  errors.Add({1, 9}, "", "second");
  errors.Add({2, 1}, "", "fourth");
  errors.Add({1, 2}, "", "first");
  std::string order;
  for (const ConfigError& error : std::move(errors).TakeSorted()) order += error.message + " ";
  EXPECT_EQ(order, "first second third fourth ");
}

TEST(ConfigErrorList, HoldsTwenty) {
  ConfigErrorList errors("f");
  for (int line = 1; line <= 19; ++line) errors.Add({line, 1}, "", "mistake");
  EXPECT_FALSE(errors.full());
  errors.Add({20, 1}, "", "mistake");
  EXPECT_TRUE(errors.full());
  errors.Add({21, 1}, "", "mistake");
  const std::vector<ConfigError> taken = std::move(errors).TakeSorted();
  ASSERT_THAT(taken, SizeIs(20));
  EXPECT_EQ(taken.back().line, 20);
}

}  // namespace
}  // namespace connwatch::config_error_test
