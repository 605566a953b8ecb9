#include "core/kernel/host_rates.h"

#include <gtest/gtest.h>

namespace connwatch::host_rates_test {
namespace {

using std::chrono::seconds;

TEST(RatesBetweenTest, DividesByElapsedTime) {
  KernelCounters before;
  KernelCounters after;
  before[KernelCounterId::kSyncookiesSent] = 100;
  after[KernelCounterId::kSyncookiesSent] = 150;
  before[KernelCounterId::kPassiveOpens] = 7;
  after[KernelCounterId::kPassiveOpens] = 7;
  const HostRates rates = RatesBetween(before, after, seconds(10));
  EXPECT_DOUBLE_EQ(rates.syn_cookies_per_second, 5);
  EXPECT_EQ(rates.completed_per_second, 0);
  EXPECT_EQ(rates.defer_accept_drops_per_second, 0);
}

TEST(RatesBetweenTest, WithoutACounterOrTimeThereIsNoRate) {
  KernelCounters before;
  KernelCounters after;
  after[KernelCounterId::kPassiveOpens] = 7;
  EXPECT_FALSE(RatesBetween(before, after, seconds(1)).completed_per_second);
  before[KernelCounterId::kPassiveOpens] = 9;
  EXPECT_FALSE(RatesBetween(before, after, seconds(1)).completed_per_second) << "went back";
  EXPECT_FALSE(RatesBetween(after, after, seconds(0)).completed_per_second);
}

}  // namespace
}  // namespace connwatch::host_rates_test
