#include "core/base/recurring_trouble.h"

#include <gtest/gtest.h>

namespace connwatch::recurring_trouble_test {
namespace {

using namespace std::chrono_literals;
using News = RecurringTrouble::News;

TEST(RecurringTrouble, IsToldWhenItBeginsAndWhenItIsOver) {
  const MonotonicTime begin{1h};
  RecurringTrouble trouble;
  EXPECT_EQ(trouble.Observe(false, begin), News::kNone);
  EXPECT_EQ(trouble.Observe(true, begin), News::kBegins);
  EXPECT_EQ(trouble.Observe(true, begin + 1h), News::kNone);
  EXPECT_EQ(trouble.Observe(false, begin + 1h + 59s), News::kNone);
  EXPECT_EQ(trouble.Observe(false, begin + 1h + 60s), News::kIsOver);
  EXPECT_EQ(trouble.Observe(false, begin + 2h), News::kNone);
  EXPECT_EQ(trouble.Observe(true, begin + 2h), News::kBegins);
}

TEST(RecurringTrouble, IsToldOnceWhileItComesBack) {
  RecurringTrouble trouble;
  MonotonicTime now{1h};
  EXPECT_EQ(trouble.Observe(true, now), News::kBegins);
  for (int i = 0; i < 100; ++i) {
    now += 30s;
    EXPECT_EQ(trouble.Observe(false, now), News::kNone);
    now += 20s;
    EXPECT_EQ(trouble.Observe(true, now), News::kNone);
  }
}

}  // namespace
}  // namespace connwatch::recurring_trouble_test
