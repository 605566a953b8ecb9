#include "procfs/process_stats.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/scratch_directory.h"

namespace connwatch::process_stats_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Linux 6.18; the command name is the worst one possible.
constexpr std::string_view kStat =
    "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 1021 0 0 0 250 150 0 0 20 0 3 0 12300 18092032 2016 "
    "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

TEST(ProcessStatsTest, ReadsTheFieldsOfStat) {
  ASSERT_EQ(sysconf(_SC_CLK_TCK), 100);
  const ProcessStats stats = ParseProcessStat(kStat, WallTime(seconds(1'000)));
  EXPECT_EQ(stats.cpu, milliseconds(4'000));
  EXPECT_EQ(stats.threads, 3U);
  EXPECT_EQ(stats.started.value().monotonic, MonotonicTime(seconds(123)));
  EXPECT_EQ(stats.started.value().wall, WallTime(seconds(1'123)));
  EXPECT_EQ(stats.virtual_bytes, 18'092'032U);
  EXPECT_EQ(stats.resident_bytes, 2'016U * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

TEST(ProcessStatsTest, WithoutABootTimeThereIsNoStart) {
  EXPECT_FALSE(ParseProcessStat(kStat, std::nullopt).started);
}

TEST(ProcessStatsTest, ReadsTheBootTime) {
  const auto boot = ParseBootTime("cpu  1 2 3\nbtime 1700000000\nprocesses 7\n");
  EXPECT_EQ(boot, WallTime(seconds(1'700'000'000)));
}

TEST(ProcessStatsTest, WithoutAUsableLineThereIsNoBootTime) {
  for (const std::string_view text : {"", "cpu  1 2 3\n", "btime\n", "btime \n", "btime x\n",
                                      "btime -1\n", "btime 1700000000", " btime 1700000000\n"}) {
    EXPECT_FALSE(ParseBootTime(text)) << text;
  }
}

// A clock of 64 bits in nanoseconds ends after 292 years.
TEST(ProcessStatsTest, TimesThatNoClockCanShowAreAbsent) {
  EXPECT_TRUE(ParseBootTime("btime 4000000000\n"));
  EXPECT_FALSE(ParseBootTime("btime 4000000001\n"));
  EXPECT_FALSE(ParseBootTime("btime 18446744073709551615\n"));
  for (const std::string_view part : {" 250 ", " 150 ", " 12300 "}) {
    std::string text(kStat);
    text.replace(text.find(part), part.size(), " 18446744073709551615 ");
    const ProcessStats stats = ParseProcessStat(text, WallTime(seconds(4'000'000'000)));
    const bool is_start = part == " 12300 ";
    EXPECT_EQ(stats.cpu.has_value(), is_start) << part;
    EXPECT_EQ(stats.started.has_value(), !is_start) << part;
  }
}

TEST(ProcessStatsTest, TheLargestTimesAreRead) {
  std::string text(kStat);
  text.replace(text.find(" 12300 "), 7, " 400000000000 ");
  const ProcessStats stats = ParseProcessStat(text, WallTime(seconds(4'000'000'000)));
  EXPECT_EQ(stats.started.value().wall, WallTime(seconds(8'000'000'000)));
}

TEST(ProcessStatsTest, MoreMemoryThanFitsIntoTheNumberIsAbsent) {
  std::string text(kStat);
  text.replace(text.find(" 2016 "), 6, " 18446744073709551615 ");
  EXPECT_FALSE(ParseProcessStat(text, std::nullopt).resident_bytes);
}

TEST(ProcessStatsTest, CpuTimeNeedsBothItsParts) {
  for (const std::string_view part : {" 250 ", " 150 "}) {
    std::string text(kStat);
    const ProcessStats stats = ParseProcessStat(text.replace(text.find(part), 5, " x "), {});
    EXPECT_FALSE(stats.cpu) << part;
    EXPECT_EQ(stats.threads, 3U) << "the others are read";
  }
}

TEST(ProcessStatsTest, CutAtEveryLengthIsAbsentNotZero) {
  const std::size_t resident_end = kStat.find("2016") + 4;
  for (std::size_t length = 0; length + 4 < resident_end; ++length) {
    const ProcessStats stats = ParseProcessStat(kStat.substr(0, length), std::nullopt);
    EXPECT_FALSE(stats.cpu) << length;
    EXPECT_FALSE(stats.resident_bytes) << length;
  }
}

TEST(ProcessStatsTest, ReadsThisProcess) {
  const ProcessStats stats = ReadProcessStats("/proc/self");
  EXPECT_TRUE(stats.cpu);
  EXPECT_LE(stats.started.value().wall, std::chrono::system_clock::now());
  EXPECT_GT(stats.started.value().wall, std::chrono::system_clock::now() - std::chrono::hours(1));
  EXPECT_GT(stats.resident_bytes.value(), 100'000U);
  EXPECT_GE(stats.max_fds.value(), stats.open_fds.value());
  EXPECT_GE(stats.threads.value(), 1U);
}

TEST(ProcessStatsTest, CountsDescriptorsWithoutTheOneOfTheListing) {
  const auto before = ReadProcessStats("/proc/self").open_fds;
  ASSERT_TRUE(before);
  EXPECT_GE(*before, 1U);
  const int opened = dup(STDERR_FILENO);
  ASSERT_GE(opened, 0);
  EXPECT_EQ(ReadProcessStats("/proc/self").open_fds, *before + 1);
  close(opened);

  const ScratchDirectory tree;
  std::filesystem::create_directory(tree.PathTo("fd"));
  EXPECT_FALSE(ReadProcessStats(tree.path()).open_fds) << "not even that one can be seen";
  tree.Write("fd/0", "");
  EXPECT_EQ(ReadProcessStats(tree.path()).open_fds, 0U);
  tree.Write("fd/1", "");
  EXPECT_EQ(ReadProcessStats(tree.path()).open_fds, 1U);
}

TEST(ProcessStatsTest, AMissingDirectoryIsAbsentNotZero) {
  const ProcessStats stats = ReadProcessStats("/nonexistent");
  EXPECT_FALSE(stats.cpu);
  EXPECT_FALSE(stats.open_fds);
}

}  // namespace
}  // namespace connwatch::process_stats_test
