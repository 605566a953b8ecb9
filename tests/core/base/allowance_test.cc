#include "core/base/allowance.h"

#include <gtest/gtest.h>

namespace connwatch::allowance_test {
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

TEST(AllowanceTest, APartTakesFromTheWholeButLeavesItTheRest) {
  Allowance whole(3);
  Allowance part(1, whole);
  EXPECT_TRUE(part.Take());
  EXPECT_FALSE(part.Take());
  EXPECT_EQ(whole.taken(), 1U);
  EXPECT_TRUE(whole.Take());
  EXPECT_TRUE(whole.Take());
  EXPECT_FALSE(whole.HasRoom());
  part.GiveBack(5);
  EXPECT_EQ(whole.taken(), 2U);
  EXPECT_TRUE(whole.Take());
  EXPECT_FALSE(part.HasRoom());  // its own limit is not reached, but that of the whole
  EXPECT_FALSE(part.Take());
  EXPECT_EQ(part.taken(), 0U);
}

}  // namespace
}  // namespace connwatch::allowance_test
