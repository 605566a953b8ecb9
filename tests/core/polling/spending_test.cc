#include "core/polling/spending.h"

#include <gtest/gtest.h>

namespace connwatch::spending_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonotonicTime At(int second) { return MonotonicTime(seconds(second)); }

TEST(SpendingTest, IsOfTheLatestWholeWindow) {
  Spending spending;
  spending.Start(At(0));
  EXPECT_FALSE(spending.Add(milliseconds(100), At(1)));
  EXPECT_DOUBLE_EQ(spending.share(), 0);
  EXPECT_TRUE(spending.Add(milliseconds(400), At(5)));
  EXPECT_DOUBLE_EQ(spending.share(), 0.1);
  EXPECT_FALSE(spending.Add(seconds(3), At(9)));
  EXPECT_DOUBLE_EQ(spending.share(), 0.1);
  EXPECT_TRUE(spending.Add(seconds(0), At(15))) << "by measured time, here 10 s";
  EXPECT_DOUBLE_EQ(spending.share(), 0.3);
}

TEST(SpendingTest, StartsAnew) {
  Spending spending;
  spending.Start(At(0));
  spending.Add(seconds(5), At(5));
  spending.Start(At(10));
  EXPECT_DOUBLE_EQ(spending.share(), 0);
}

}  // namespace
}  // namespace connwatch::spending_test
