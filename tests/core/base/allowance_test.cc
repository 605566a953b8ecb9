#include "core/base/allowance.h"

#include <gtest/gtest.h>

namespace connwatch {
namespace {

TEST(AllowanceTest, GivesWhatThereIs) {
  Allowance allowance(2);
  EXPECT_TRUE(allowance.Take());
  EXPECT_TRUE(allowance.Take());
  EXPECT_FALSE(allowance.HasRoom());
  EXPECT_FALSE(allowance.Take());
  EXPECT_EQ(allowance.taken(), 2U);
  allowance.GiveBack(1);
  EXPECT_TRUE(allowance.Take());
}

TEST(AllowanceTest, NeverGivesBackMoreThanWasTaken) {
  Allowance allowance(1);
  allowance.GiveBack(5);
  EXPECT_EQ(allowance.taken(), 0U);
}

}  // namespace
}  // namespace connwatch
