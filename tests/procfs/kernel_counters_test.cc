#include "procfs/kernel_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "tests/support/scratch_directory.h"

namespace connwatch::kernel_counters_test {
namespace {

using testing::HasSubstr;
using enum KernelCounterId;

// Linux 6.18, with numbers that tell the columns apart.
constexpr std::string_view kSnmp =
    "Ip: Forwarding DefaultTTL InReceives InDelivers OutRequests OutDiscards OutNoRoutes\n"
    "Ip: 2 64 5970160 5970160 5969288 0 17\n"
    "IcmpMsg: InType3\n"
    "IcmpMsg: 1\n"
    "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets "
    "CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n"
    "Tcp: 1 200 120000 -1 725971 725707 246 1280769 40 5970172 18446744073709551615 41 42 640713 "
    "0\n"
    "Udp: InDatagrams NoPorts InErrs\n"
    "Udp: 47 0 999\n";
constexpr std::string_view kNetstat =
    "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed ListenOverflows ListenDrops "
    "TCPTimeouts TCPAbortOnMemory TCPAbortOnTimeout TCPBacklogDrop TCPDeferAcceptDrop "
    "TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop TCPSynRetrans TCPRcvQDrop\n"
    "TcpExt: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
    "IpExt: InNoRoutes InTruncatedPkts\n"
    "IpExt: 0 0\n";

KernelCounters Parse(std::string_view text) {
  KernelCounters counters;
  const auto parsed = ParseKernelCounters(text, counters);
  EXPECT_TRUE(parsed.ok()) << (parsed ? "" : parsed.error().context);
  return counters;
}

Error ErrorOf(std::string_view text) {
  KernelCounters counters;
  auto parsed = ParseKernelCounters(text, counters);
  if (!parsed) return std::move(parsed).error();
  ADD_FAILURE() << "accepted: " << text;
  return {};
}

std::size_t CountPresent(const KernelCounters& counters) {
  return static_cast<std::size_t>(
      std::ranges::count_if(counters.values, [](const auto& value) { return value.has_value(); }));
}

TEST(KernelCountersTest, ReadsSnmpByColumnName) {
  const KernelCounters counters = Parse(kSnmp);
  EXPECT_EQ(counters[kActiveOpens], 725'971U);
  EXPECT_EQ(counters[kPassiveOpens], 725'707U);
  EXPECT_EQ(counters[kAttemptFails], 246U);
  EXPECT_EQ(counters[kEstabResets], 1'280'769U);
  EXPECT_EQ(counters[kInSegs], 5'970'172U);
  EXPECT_EQ(counters[kOutSegs], UINT64_MAX);
  EXPECT_EQ(counters[kRetransSegs], 41U);
  EXPECT_EQ(counters[kInErrs], 42U);
  EXPECT_EQ(counters[kOutRsts], 640'713U);
  EXPECT_EQ(counters[kOutNoRoutes], 17U);
  EXPECT_EQ(CountPresent(counters), 10U);
}

TEST(KernelCountersTest, ReadsNetstatByColumnName) {
  const KernelCounters counters = Parse(kNetstat);
  EXPECT_EQ(counters[kSyncookiesSent], 1U);
  EXPECT_EQ(counters[kSyncookiesRecv], 2U);
  EXPECT_EQ(counters[kSyncookiesFailed], 3U);
  EXPECT_EQ(counters[kListenOverflows], 4U);
  EXPECT_EQ(counters[kListenDrops], 5U);
  EXPECT_EQ(counters[kTimeouts], 6U);
  EXPECT_EQ(counters[kAbortOnMemory], 7U);
  EXPECT_EQ(counters[kAbortOnTimeout], 8U);
  EXPECT_EQ(counters[kBacklogDrop], 9U);
  EXPECT_EQ(counters[kDeferAcceptDrop], 10U);
  EXPECT_EQ(counters[kTimeWaitOverflow], 11U);
  EXPECT_EQ(counters[kReqQFullDoCookies], 12U);
  EXPECT_EQ(counters[kReqQFullDrop], 13U);
  EXPECT_EQ(counters[kSynRetrans], 14U);
  EXPECT_EQ(counters[kRcvQDrop], 15U);
  EXPECT_EQ(CountPresent(counters), 15U);
}

TEST(KernelCountersTest, AColumnThatTheKernelLacksIsAbsentNotZero) {
  const KernelCounters counters = Parse("Tcp: OutRsts New InErrs\nTcp: 3 4 -5\n");
  EXPECT_EQ(counters[kOutRsts], 3U);
  EXPECT_EQ(CountPresent(counters), 1U);
  EXPECT_EQ(CountPresent(Parse("")), 0U);
}

TEST(KernelCountersTest, AGroupThatIsNotReadMayHoldAnything) {
  EXPECT_EQ(CountPresent(Parse("New: a b\nNew: x\n")), 0U);
}

TEST(KernelCountersTest, AnotherShapeIsAnError) {
  for (const char* text :
       {"Tcp: InErrs\n", "Tcp: InErrs\nTcp: 1 2\n", "Tcp: InErrs OutRsts\nTcp: 1\n",
        "Tcp: InErrs\nTcp: x\n", "Tcp: InErrs\nTcp: 18446744073709551616\n",
        "Tcp: InErrs\nTcpExt: 1\n", "Tcp: InErrs\nUdp: 1\n", "nothing\n", "Tcp: InErrs\n\n",
        "Tcp: InErrs\nTcp: 1"}) {
    EXPECT_EQ(ErrorOf(text).code, EBADMSG) << text;
  }
  EXPECT_EQ(ErrorOf("Tcp: InErrs\nTcp: x\n").context, "Tcp: InErrs: 'x' is not a number");
  EXPECT_EQ(ErrorOf("Tcp: InErrs\nTcp: 1 2\n").context, "Tcp: 1 names but 2 numbers");
}

TEST(KernelCountersTest, CutAtEveryLengthIsAnErrorOrHasFewerValuesNeverWrongOnes) {
  for (const std::string_view whole : {kSnmp, kNetstat}) {
    const KernelCounters expected = Parse(whole);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::string text(whole.substr(0, length));  // its end is where ASan looks
      KernelCounters counters;
      if (!ParseKernelCounters(text, counters)) continue;
      for (std::size_t i = 0; i < kKernelCounterCount; ++i) {
        EXPECT_TRUE(!counters.values[i] || counters.values[i] == expected.values[i]) << length;
      }
    }
  }
}

TEST(KernelCountersTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const KernelCounterSource& source : kKernelCounterSources) names.insert(source.name);
  EXPECT_EQ(names.size(), kKernelCounterCount);
}

TEST(KernelCountersTest, ReadsBothFiles) {
  const ScratchDirectory tree;
  tree.Write("snmp", kSnmp);
  tree.Write("netstat", kNetstat);
  const auto counters = ReadKernelCounters(tree.path());
  ASSERT_TRUE(counters.ok()) << counters.error().context;
  EXPECT_EQ(CountPresent(*counters), kKernelCounterCount);
}

TEST(KernelCountersTest, AnErrorNamesTheFile) {
  const ScratchDirectory tree;
  tree.Write("snmp", kSnmp);
  const auto missing = ReadKernelCounters(tree.path());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ENOENT);

  tree.Write("netstat", "TcpExt: ListenDrops\nTcpExt: many\n");
  const auto malformed = ReadKernelCounters(tree.path());
  ASSERT_FALSE(malformed.ok());
  EXPECT_EQ(malformed.error().code, EBADMSG);
  EXPECT_THAT(malformed.error().context,
              HasSubstr("/netstat: TcpExt: ListenDrops: 'many' is not a number"));
}

TEST(KernelCountersTest, ReadsThisKernel) {
  const auto counters = ReadKernelCounters("/proc/net");
  ASSERT_TRUE(counters.ok()) << counters.error().context;
  // TCPRcvQDrop, the youngest of them, came with Linux 4.20.
  EXPECT_EQ(CountPresent(*counters), kKernelCounterCount);
}

}  // namespace
}  // namespace connwatch::kernel_counters_test
