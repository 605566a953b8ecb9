#include "monitor/kernel_reader.h"

#include <gtest/gtest.h>

namespace connwatch::kernel_reader_test {
namespace {

TEST(KernelReaderTest, ReadsThisKernel) {
  const KernelStats stats =
      KernelReader([](bool /*is_failure*/, const std::string& line) { FAIL() << line; }).Read();
  ASSERT_TRUE(stats.counters);
  EXPECT_TRUE((*stats.counters)[KernelCounterId::kActiveOpens]);
  ASSERT_TRUE(stats.sockets);
  EXPECT_TRUE(stats.sockets->tcp_in_use);
  ASSERT_TRUE(stats.limits);
  EXPECT_GT(stats.limits->ephemeral_ports_available, 0U);
}

}  // namespace
}  // namespace connwatch::kernel_reader_test
