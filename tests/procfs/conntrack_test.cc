#include "procfs/conntrack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/scratch_directory.h"

namespace connwatch::conntrack_test {
namespace {

using testing::HasSubstr;

// Linux 6.18 with two CPUs, with numbers that tell the columns apart.
constexpr std::string_view kTwoCpus =
    "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop "
    "early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"
    "00000026  00000001 00000002 00000000 00000003 00000000 00000000 00000004 00000000 0000000a "
    "000000ff 00000010 00000005  00000000 00000000 00000000 00000006\n"
    "00000026  00000001 00000002 00000000 00000003 00000000 00000000 00000004 00000000 00000001 "
    "ffffffff 00000000 00000005  00000000 00000000 00000000 00000006\n";

ConntrackStats Parse(std::string_view text) {
  ConntrackStats stats;
  const auto parsed = ParseConntrackCounters(text, stats);
  EXPECT_TRUE(parsed.ok()) << (parsed ? "" : parsed.error().context);
  return stats;
}

TEST(ConntrackTest, AddsUpTheHexadecimalNumbersOfTheCpus) {
  const ConntrackStats stats = Parse(kTwoCpus);
  EXPECT_EQ(stats.insert_failed, 11U);
  EXPECT_EQ(stats.drop, 0xffU + 0xffff'ffffULL);
  EXPECT_EQ(stats.early_drop, 16U);
}

TEST(ConntrackTest, FindsColumnsByTheirNames) {
  EXPECT_EQ(Parse("drop searched insert_failed\n1 2 3\n"),
            (ConntrackStats{.insert_failed = 3, .drop = 1}));
  EXPECT_EQ(Parse("entries\n1\n"), ConntrackStats()) << "what a kernel lacks is absent";
}

TEST(ConntrackTest, TextOfAnotherFormIsAnErrorAndSetsNothing) {
  for (const char* bad :
       {"", "\n", "drop\n", "drop\n1", "drop\n\n", "insert_failed drop\n1 x\n",
        "insert_failed drop\n1 2\n1\n", "drop\n-1\n", "drop\n0x1\n", "drop\n10000000000000000\n"}) {
    ConntrackStats stats;
    const auto parsed = ParseConntrackCounters(bad, stats);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code, EBADMSG) << bad;
    EXPECT_EQ(stats, ConntrackStats()) << bad;
  }
}

TEST(ConntrackTest, CutAtEveryLengthIsAnErrorUnlessACpuIsWhole) {
  const std::size_t first_cpu = kTwoCpus.find('\n', kTwoCpus.find('\n') + 1) + 1;
  for (std::size_t length = 0; length < kTwoCpus.size(); ++length) {
    ConntrackStats stats;
    EXPECT_EQ(ParseConntrackCounters(kTwoCpus.substr(0, length), stats).ok(), length == first_cpu)
        << length;
  }
}

class ConntrackFilesTest : public testing::Test {
 protected:
  ConntrackFilesTest() {
    std::filesystem::create_directories(tree_.PathTo("sys/net/netfilter"));
    std::filesystem::create_directories(tree_.PathTo("net/stat"));
  }

  ScratchDirectory tree_;
};

TEST_F(ConntrackFilesTest, ReadsTheTableAndItsLimit) {
  tree_.Write("sys/net/netfilter/nf_conntrack_count", "38\n");
  tree_.Write("sys/net/netfilter/nf_conntrack_max", "262144\n");
  tree_.Write("net/stat/nf_conntrack", std::string(kTwoCpus));
  const auto stats = ReadConntrack(tree_.path());
  ASSERT_TRUE(stats.ok()) << stats.error().context;
  EXPECT_EQ(stats->entries, 38U);
  EXPECT_EQ(stats->entries_limit, 262'144U);
  EXPECT_EQ(stats->insert_failed, 11U);
}

TEST_F(ConntrackFilesTest, WithoutConnectionTrackingAllIsAbsent) {
  EXPECT_EQ(ReadConntrack(tree_.path()).value(), ConntrackStats());
}

TEST_F(ConntrackFilesTest, AKernelWithoutTheCountersHasTheTable) {
  tree_.Write("sys/net/netfilter/nf_conntrack_count", "0\n");
  tree_.Write("sys/net/netfilter/nf_conntrack_max", "0\n");
  EXPECT_EQ(ReadConntrack(tree_.path()).value(),
            (ConntrackStats{.entries = 0, .entries_limit = 0}));
}

TEST_F(ConntrackFilesTest, AnErrorNamesTheFile) {
  tree_.Write("sys/net/netfilter/nf_conntrack_count", "many\n");
  const auto count = ReadConntrack(tree_.path());
  ASSERT_FALSE(count.ok());
  EXPECT_THAT(count.error().context, HasSubstr("/nf_conntrack_count: 'many' is not a number"));
  tree_.Write("sys/net/netfilter/nf_conntrack_count", "1\n");
  tree_.Write("net/stat/nf_conntrack", "drop\n");
  const auto counters = ReadConntrack(tree_.path());
  ASSERT_FALSE(counters.ok());
  EXPECT_THAT(counters.error().context, HasSubstr("/net/stat/nf_conntrack: no line of a CPU"));
}

}  // namespace
}  // namespace connwatch::conntrack_test
