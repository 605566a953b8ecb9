#include "core/socket_aggregator.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/records.h"

namespace connwatch {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

AggregationOptions Options() { return {.rtt_bounds = {microseconds(100), microseconds(1'000)}}; }

FullPollResult Aggregate(const std::vector<SocketRecord>& records,
                         std::optional<milliseconds> since_previous_poll = std::nullopt) {
  SocketAggregator aggregator(Options(), since_previous_poll);
  for (const SocketRecord& record : records) aggregator.Add(record);
  return std::move(aggregator).Finish();
}

std::uint64_t Observations(const FullPollResult& result, Direction direction) {
  const auto counts = result.observed.rtt.at(IndexOf(direction)).bucket_counts();
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

SocketRecord WithRtt(SocketRecord record, int rtt_us, int ack_age_ms) {
  record.tcp_info = TcpInfo{microseconds(rtt_us), milliseconds(ack_age_ms)};
  return record;
}

TEST(SocketAggregatorTest, CountsByStateAndFamily) {
  std::vector<SocketRecord> records;
  std::uint64_t cookie = 0;
  for (const TcpState state : kTcpStates) {
    for (std::size_t i = 0; i <= IndexOf(state); ++i) {
      SocketRecord record = Established(++cookie);
      record.state = state;
      records.push_back(record);
    }
  }
  SocketRecord over_ipv6 = Established(++cookie);
  over_ipv6.local.address = Ipv6Loopback();
  records.push_back(over_ipv6);

  const StateCounts states = Aggregate(records).table.states;
  for (const TcpState state : kTcpStates) {
    EXPECT_EQ(states.Get(AddressFamily::kIpv4, state), IndexOf(state) + 1) << Name(state);
    EXPECT_EQ(states.Get(AddressFamily::kIpv6, state), state == TcpState::kEstablished ? 1U : 0U);
  }
}

TEST(SocketAggregatorTest, ASocketMetTwiceCountsOnce) {
  const auto result = Aggregate({WithRtt(Established(1), 50, 0), WithRtt(Established(1), 50, 0),
                                 Listening(2, 80, 1, 8), Listening(2, 80, 1, 8)});
  EXPECT_EQ(result.observed.dump_duplicates, 2U);
  EXPECT_EQ(result.table.states.Get(AddressFamily::kIpv4, TcpState::kEstablished), 1U);
  EXPECT_EQ(result.table.states.Get(AddressFamily::kIpv4, TcpState::kListen), 1U);
  EXPECT_EQ(Observations(result, Direction::kOutbound), 1U);
}

TEST(SocketAggregatorTest, AListenedOnLocalPortMakesItInbound) {
  const auto result = Aggregate({Listening(1, 443), WithRtt(Established(2, 443), 50, 0),
                                 WithRtt(Established(3, 55'555), 50, 0)});
  EXPECT_EQ(Observations(result, Direction::kInbound), 1U);
  EXPECT_EQ(Observations(result, Direction::kOutbound), 1U);
}

TEST(SocketAggregatorTest, OnlyFreshRoundTripTimesAreObserved) {
  const std::vector<SocketRecord> records = {WithRtt(Established(1), 50, 999),
                                             WithRtt(Established(2), 50, 1'000),
                                             WithRtt(Established(3), 50, 1'001), Established(4)};
  EXPECT_EQ(Observations(Aggregate(records, milliseconds(1'000)), Direction::kOutbound), 2U);
  EXPECT_EQ(Observations(Aggregate(records), Direction::kOutbound), 3U) << "the first poll";
}

TEST(SocketAggregatorTest, AbsentRttIsNoObservation) {
  SocketRecord unmeasured = Established(1);
  unmeasured.tcp_info = TcpInfo{};
  EXPECT_EQ(Observations(Aggregate({unmeasured}), Direction::kOutbound), 0U);
}

TEST(SocketAggregatorTest, PortsTowardsTheBusiestDestinationWithTimeWait) {
  std::vector<SocketRecord> records = {Listening(1, 443)};
  const auto add = [&](int count, std::uint16_t local_port, std::uint16_t remote_port,
                       TcpState state) {
    for (int i = 0; i < count; ++i) {
      SocketRecord record = Established(records.size() + 1, local_port);
      record.remote.port = remote_port;
      record.state = state;
      records.push_back(record);
    }
  };
  add(2, 40'000, 5'432, TcpState::kEstablished);
  add(3, 40'001, 5'432, TcpState::kTimeWait);
  add(4, 40'002, 6'379, TcpState::kEstablished);
  add(9, 443, 50'000, TcpState::kTimeWait);  // inbound: takes no port of ours
  add(8, 40'003, 0, TcpState::kClose);
  EXPECT_EQ(Aggregate(records).table.ports_used_peak_destination, 5U);
}

TEST(SocketAggregatorTest, OnlyEstablishedSocketsAreObserved) {
  SocketRecord closing = WithRtt(Established(1), 50, 0);
  closing.state = TcpState::kCloseWait;
  EXPECT_EQ(Observations(Aggregate({closing}), Direction::kOutbound), 0U);
}

}  // namespace
}  // namespace connwatch
