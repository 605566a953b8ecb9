#include "daemon/web/refusal_log.h"

#include <gtest/gtest.h>

namespace connwatch::refusal_log_test {
namespace {

using namespace std::chrono_literals;

TEST(RefusalLogTest, LeavesOutWhatIsTooMuchAndSaysHowMany) {
  const MonotonicTime start{1'000s};
  RefusalLog log;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(log.Take("refused", start), "refused") << i;
  for (int i = 0; i < 7; ++i) EXPECT_EQ(log.Take("refused", start), std::nullopt);
  EXPECT_EQ(log.Take("refused", start + 1s), "refused (7 others not logged)");
  EXPECT_EQ(log.Take("refused", start + 2s), "refused");
}

}  // namespace
}  // namespace connwatch::refusal_log_test
