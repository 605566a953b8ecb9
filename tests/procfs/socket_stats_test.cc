#include "procfs/socket_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/scratch_directory.h"

namespace connwatch::socket_stats_test {
namespace {

using testing::HasSubstr;

// Linux 6.18
constexpr std::string_view kSockstat =
    "sockets: used 52\n"
    "TCP: inuse 42 orphan 3 tw 12 alloc 45 mem 67\n"
    "UDP: inuse 8 mem 9\n"
    "FRAG: inuse 0 memory 0\n";
constexpr std::string_view kSockstat6 = "TCP6: inuse 21\nUDP6: inuse 2\nFRAG6: inuse 0 memory 0\n";

TEST(SocketStatsTest, ReadsBothFiles) {
  const ScratchDirectory tree;
  tree.Write("sockstat", kSockstat);
  tree.Write("sockstat6", kSockstat6);
  const auto stats = ReadSocketStats(tree.path());
  ASSERT_TRUE(stats.ok()) << stats.error().context;
  EXPECT_EQ(stats->tcp_in_use, 42U);
  EXPECT_EQ(stats->orphans, 3U);
  EXPECT_EQ(stats->time_wait, 12U);
  EXPECT_EQ(stats->allocated, 45U);
  EXPECT_EQ(stats->memory_pages, 67U);
  EXPECT_EQ(stats->tcp6_in_use, 21U);
}

TEST(SocketStatsTest, WithoutIpv6ItsValueIsAbsent) {
  const ScratchDirectory tree;
  tree.Write("sockstat", kSockstat);
  const auto stats = ReadSocketStats(tree.path());
  ASSERT_TRUE(stats.ok()) << stats.error().context;
  EXPECT_EQ(stats->tcp_in_use, 42U);
  EXPECT_EQ(stats->tcp6_in_use, std::nullopt);
}

TEST(SocketStatsTest, WithoutSockstatItIsAnError) {
  const ScratchDirectory tree;
  tree.Write("sockstat6", kSockstat6);
  const auto stats = ReadSocketStats(tree.path());
  ASSERT_FALSE(stats.ok());
  EXPECT_EQ(stats.error().code, ENOENT);
}

TEST(SocketStatsTest, AKeyThatTheKernelLacksIsAbsentNotZero) {
  SocketStats stats;
  ASSERT_TRUE(ParseSocketStats("TCP: inuse 1 mem -1 new 5\n", stats).ok());
  SocketStats expected;
  expected.tcp_in_use = 1;
  EXPECT_EQ(stats, expected);
}

TEST(SocketStatsTest, AnotherShapeIsAnErrorThatNamesTheFile) {
  for (const char* text :
       {"TCP: inuse\n", "TCP: inuse x\n", "TCP: inuse 1 orphan\n", "TCP: inuse 1"}) {
    SocketStats stats;
    const auto parsed = ParseSocketStats(text, stats);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, EBADMSG) << text;
  }
  const ScratchDirectory tree;
  tree.Write("sockstat", "TCP: inuse many\n");
  EXPECT_THAT(ReadSocketStats(tree.path()).error().context,
              HasSubstr("/sockstat: TCP: inuse: 'many' is not a number"));
}

TEST(SocketStatsTest, CutAtEveryLengthIsAnErrorOrHasFewerValuesNeverWrongOnes) {
  SocketStats whole;
  ASSERT_TRUE(ParseSocketStats(kSockstat, whole).ok());
  for (std::size_t length = 0; length < kSockstat.size(); ++length) {
    const std::string text(kSockstat.substr(0, length));
    SocketStats stats;
    if (!ParseSocketStats(text, stats)) continue;
    EXPECT_TRUE(stats == SocketStats{} || stats == whole) << length;
  }
}

TEST(SocketStatsTest, ReadsThisKernel) {
  const auto stats = ReadSocketStats("/proc/net");
  ASSERT_TRUE(stats.ok()) << stats.error().context;
  EXPECT_TRUE(stats->tcp_in_use);
  EXPECT_TRUE(stats->orphans);
  EXPECT_TRUE(stats->time_wait);
  EXPECT_TRUE(stats->allocated);
  EXPECT_TRUE(stats->memory_pages);
}

}  // namespace
}  // namespace connwatch::socket_stats_test
