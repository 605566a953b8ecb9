#include "procfs/kernel_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/scratch_directory.h"

namespace connwatch::kernel_limits_test {
namespace {

using testing::HasSubstr;

constexpr PortRange kRange{32'768, 60'999};

TEST(KernelLimitsTest, ReadsEverySetting) {
  const ScratchDirectory tree;
  tree.Write("tcp_max_tw_buckets", "131072\n");
  tree.Write("tcp_max_orphans", "65536\n");
  tree.Write("tcp_mem", "185688\t247585\t371376\n");
  tree.Write("ip_local_port_range", "32768\t60999\n");
  tree.Write("ip_local_reserved_ports", "8080,40000-40009\n");
  tree.Write("tcp_syn_linear_timeouts", "4\n");
  const auto limits = ReadKernelLimits(tree.path());
  ASSERT_TRUE(limits.ok()) << limits.error().context;
  EXPECT_EQ(limits->time_wait_limit, 131'072U);
  EXPECT_EQ(limits->orphan_limit, 65'536U);
  EXPECT_EQ(limits->memory_pages_pressure, 247'585U);
  EXPECT_EQ(limits->memory_pages_limit, 371'376U);
  EXPECT_EQ(limits->ephemeral_ports, kRange);
  EXPECT_EQ(limits->ephemeral_ports_available, 28'232U - 10U);
  EXPECT_EQ(limits->reserved_ports, (std::vector<PortRange>{{8'080, 8'080}, {40'000, 40'009}}));
  EXPECT_EQ(limits->syn_linear_timeouts, 4U);
}

TEST(KernelLimitsTest, ASettingThatTheKernelLacksIsAbsent) {
  const ScratchDirectory tree;
  tree.Write("ip_local_port_range", "1024\t65535\n");
  const auto limits = ReadKernelLimits(tree.path());
  ASSERT_TRUE(limits.ok()) << limits.error().context;
  KernelLimits expected;
  expected.ephemeral_ports = PortRange{1'024, 65'535};
  expected.ephemeral_ports_available = 64'512;
  expected.page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  EXPECT_EQ(*limits, expected);
}

TEST(KernelLimitsTest, WithoutAnyItIsAnErrorNotAbsence) {
  const auto limits = ReadKernelLimits("/nonexistent");
  ASSERT_FALSE(limits.ok());
  EXPECT_EQ(limits.error().code, ENOENT);
}

TEST(KernelLimitsTest, AnErrorNamesTheFile) {
  const ScratchDirectory tree;
  tree.Write("ip_local_port_range", "32768\t60999\n");
  tree.Write("tcp_mem", "1 2\n");
  const auto limits = ReadKernelLimits(tree.path());
  ASSERT_FALSE(limits.ok());
  EXPECT_EQ(limits.error().code, EBADMSG);
  EXPECT_THAT(limits.error().context, HasSubstr("/tcp_mem: cannot understand '1 2'"));
}

TEST(KernelLimitsTest, AnErrorShowsOnlyTheBeginningOfALongText) {
  const auto limit = ParseLimit(std::string(39, 'x') + " y\n");
  ASSERT_FALSE(limit.ok());
  EXPECT_EQ(limit.error().context, "cannot understand '" + std::string(39, 'x') + " '");
}

TEST(KernelLimitsTest, ParsesLimits) {
  EXPECT_EQ(ParseLimit("7\n").value(), 7U);
  EXPECT_EQ(ParseLimit("-1\n").value(), std::nullopt);
  for (const std::size_t number : {1U, 2U, 3U}) {
    EXPECT_EQ(ParseLimit("1 2 3\n", {.number = number, .of = 3}).value(), number);
  }
  for (const char* bad : {"", "\n", "7", "7 8\n", "x\n", "7\n8\n"}) {
    const auto limit = ParseLimit(bad);
    ASSERT_FALSE(limit.ok()) << bad;
    EXPECT_EQ(limit.error().code, EBADMSG) << bad;
  }
}

TEST(KernelLimitsTest, ParsesPortRanges) {
  EXPECT_EQ(ParsePortRange("32768\t60999\n").value(), kRange);
  EXPECT_EQ(ParsePortRange("0 65535\n").value(), (PortRange{0, 65'535}));
  for (const char* bad : {"", "\n", "1\n", "1 2 3\n", "2 1\n", "1 65536\n", "-1 2\n", "a b\n"}) {
    EXPECT_FALSE(ParsePortRange(bad).ok()) << bad;
  }
}

TEST(KernelLimitsTest, ParsesReservedPorts) {
  using Ranges = std::vector<PortRange>;
  EXPECT_EQ(ParsePortRanges("\n").value(), Ranges());
  EXPECT_EQ(ParsePortRanges("8080,9000-9005\n").value(), Ranges({{8'080, 8'080}, {9'000, 9'005}}));
  EXPECT_EQ(ParsePortRanges("0-65535\n").value(), Ranges({{0, 65'535}}));
  for (const char* bad :
       {"", "1", "a\n", "1,,2\n", "2-1\n", "1-\n", "-1\n", "65536\n", "1-2-3\n"}) {
    EXPECT_FALSE(ParsePortRanges(bad).ok()) << bad;
  }
}

TEST(KernelLimitsTest, CutAtEveryLengthIsAnError) {
  constexpr std::string_view kList = "40000-40009,50000\n";
  constexpr std::string_view kPorts = "32768\t60999\n";
  constexpr std::string_view kMemory = "185688\t247585\t371376\n";
  for (std::size_t length = 0; length < kList.size(); ++length) {
    EXPECT_FALSE(ParsePortRanges(kList.substr(0, length)).ok()) << length;
  }
  for (std::size_t length = 0; length < kPorts.size(); ++length) {
    EXPECT_FALSE(ParsePortRange(std::string(kPorts.substr(0, length))).ok()) << length;
  }
  for (std::size_t length = 0; length < kMemory.size(); ++length) {
    EXPECT_FALSE(ParseLimit(kMemory.substr(0, length), {.number = 3, .of = 3}).ok()) << length;
  }
}

TEST(KernelLimitsTest, ReadsThisKernel) {
  const auto limits = ReadKernelLimits("/proc/sys/net/ipv4");
  ASSERT_TRUE(limits.ok()) << limits.error().context;
  EXPECT_TRUE(limits->time_wait_limit);
  ASSERT_TRUE(limits->ephemeral_ports_available && limits->ephemeral_ports);
  EXPECT_LE(*limits->ephemeral_ports_available,
            limits->ephemeral_ports->last - limits->ephemeral_ports->first + 1U);
}

}  // namespace
}  // namespace connwatch::kernel_limits_test
