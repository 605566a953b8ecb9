#include "core/connections/socket_aggregator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/records.h"
#include "tests/support/traffic.h"

namespace connwatch::socket_aggregator_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

AggregationOptions Options() { return {.rtt_bounds = {microseconds(100), microseconds(1'000)}}; }

FullPollResult Aggregate(const std::vector<SocketRecord>& records,
                         std::optional<milliseconds> since_previous_poll = std::nullopt,
                         const AggregationOptions& options = Options()) {
  ConnectionClassifier classifier = PlainClassifier();
  TrafficLedger ledger{GroupTraffic({})};
  Allowance room(records.size() + 1);
  ConnectionTracker tracker(room, classifier, ledger);
  const MonotonicTime start(std::chrono::seconds(1'000));
  tracker.BeginPoll(start);
  SocketAggregator aggregator(options, start, since_previous_poll, classifier, tracker);
  for (const SocketRecord& record : records) aggregator.Add(record);
  return std::move(aggregator).Finish();
}

std::uint64_t Observations(const FullPollResult& result, Direction direction) {
  std::uint64_t sum = 0;
  for (std::uint16_t place = 0; place < 6; ++place) {
    const auto counts = result.observed.rtt[{direction, {.place = place}}].bucket_counts();
    sum = std::accumulate(counts.begin(), counts.end(), sum);
  }
  return sum;
}

SocketRecord WithRtt(SocketRecord record, int rtt_us, int ack_age_ms) {
  record.tcp_info.emplace();
  record.tcp_info->rtt = microseconds(rtt_us);
  record.tcp_info->since_last_ack_received = milliseconds(ack_age_ms);
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

  const StateCounts states = Aggregate(records).levels.states;
  for (const TcpState state : kTcpStates) {
    EXPECT_EQ(states.Get(AddressFamily::kIpv4, state), IndexOf(state) + 1) << Name(state);
    EXPECT_EQ(states.Get(AddressFamily::kIpv6, state), state == TcpState::kEstablished ? 1U : 0U);
  }
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
  EXPECT_EQ(Observations(Aggregate(records, milliseconds(1'000)), Direction::kInbound), 2U);
  EXPECT_EQ(Observations(Aggregate(records), Direction::kInbound), 3U) << "the first poll";
}

TEST(SocketAggregatorTest, AbsentRttIsNoObservation) {
  SocketRecord unmeasured = Established(1);
  unmeasured.tcp_info = TcpInfo{};
  EXPECT_EQ(Observations(Aggregate({unmeasured}), Direction::kInbound), 0U);
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
  EXPECT_EQ(Aggregate(records).levels.ports_used_peak_destination, 5U);
}

TEST(SocketAggregatorTest, PortsOfASourceCountOnceWhateverTheState) {
  std::vector<SocketRecord> records = {Listening(1, 40'009), Listening(2, 443)};
  for (const TcpState state : {TcpState::kEstablished, TcpState::kTimeWait, TcpState::kSynSent}) {
    SocketRecord record = Established(records.size() + 1, 40'000);
    record.state = state;
    records.push_back(record);
  }
  records.push_back(Established(9, 40'001));
  records.push_back(Established(10, 443));
  EXPECT_FALSE(Aggregate(records).levels.ports_used_peak_source) << "the range is not known";
  AggregationOptions options = Options();
  options.ephemeral_ports = PortsOf({40'000, 40'010}, {});
  EXPECT_EQ(Aggregate(records, std::nullopt, options).levels.ports_used_peak_source, 3U);
}

TEST(SocketAggregatorTest, ARequestSocketIsASynRecvSocketWithoutTcpInfo) {
  SocketRecord request = Established(1, 443);
  request.state = TcpState::kSynRecv;
  request.tcp_info.reset();
  SocketRecord child = Established(2, 443);
  child.state = TcpState::kSynRecv;
  child.tcp_info = TcpInfo{};
  const SocketLevels levels = Aggregate({Listening(3, 443), request, child}).levels;
  EXPECT_EQ(levels.request_sockets, 1U);
  EXPECT_EQ(levels.states.Get(AddressFamily::kIpv4, TcpState::kSynRecv), 2U);
}

TEST(SocketAggregatorTest, OnlyEstablishedSocketsAreObserved) {
  SocketRecord closing = WithRtt(Established(1), 50, 0);
  closing.state = TcpState::kCloseWait;
  EXPECT_EQ(Observations(Aggregate({closing}), Direction::kInbound), 0U);
}

TEST(SocketAggregatorTest, LevelsByGroupWithoutTheQueuesThatAreNoBytes) {
  SocketRecord one = Established(2, 443);
  one.receive_queue = 10;
  one.send_queue = 300;
  SocketRecord two = Established(3, 443);
  two.receive_queue = 30;
  SocketRecord syn_sent = Established(4, 40'000);
  syn_sent.state = TcpState::kSynSent;
  syn_sent.send_queue = 1;
  const auto groups = Aggregate({Listening(1, 443, 3, 128), one, two, syn_sent}).levels.groups;
  const GroupLevels inbound = groups[{Direction::kInbound, {.place = 2}}];
  EXPECT_EQ(inbound.states.at(IndexOf(TcpState::kListen)), 1U);
  EXPECT_EQ(inbound.states.at(IndexOf(TcpState::kEstablished)), 2U);
  EXPECT_EQ(inbound.receive_queue_bytes, 40U);
  EXPECT_EQ(inbound.receive_queue_bytes_max, 30U);
  EXPECT_EQ(inbound.send_queue_bytes, 300U);
  EXPECT_EQ(inbound.send_queue_bytes_max, 300U);
  const GroupLevels outbound = groups[{Direction::kOutbound, kEphemeralGroup}];
  EXPECT_EQ(outbound.states.at(IndexOf(TcpState::kSynSent)), 1U);
  EXPECT_EQ(outbound.send_queue_bytes, 0U);
}

// Series are bounded, and nothing is lost in what is summed up.
TEST(SocketAggregatorTest, EveryPortInPlayStaysWithinTheBound) {
  constexpr std::size_t kMaxGroups = 10'000;
  constexpr std::uint32_t kPorts = 65'536;
  ConnectionClassifier classifier = PlainClassifier(kMaxGroups);
  classifier.UseEphemeralRange({});  // any port may be that of a service
  TrafficLedger ledger{GroupTraffic({})};
  Allowance room(2 * kPorts);
  ConnectionTracker tracker(room, classifier, ledger);
  const MonotonicTime start(std::chrono::seconds(1'000));
  tracker.BeginPoll(start);
  tracker.CompletePoll();
  tracker.BeginPoll(start);
  SocketAggregator aggregator(Options(), start, std::nullopt, classifier, tracker);
  for (std::uint32_t port = 1; port < kPorts; ++port) {
    TestConnection connection{
        .cookie = port, .sent = port, .port = static_cast<std::uint16_t>(port)};
    aggregator.Add(connection.Row());
  }
  tracker.CompletePoll();
  const PerGroup<GroupLevels> levels = std::move(aggregator).Finish().levels.groups;

  const std::vector<ShownGroup> shown = classifier.ShownGroups();
  EXPECT_EQ(shown.size(), kMaxGroups + 1) << "with other";
  EXPECT_EQ(classifier.folded_groups(), kPorts - 1 - kMaxGroups);
  std::uint64_t sockets = 0;
  std::uint64_t bytes = 0;
  for (const ShownGroup& group : shown) {
    const GroupKey key{Direction::kOutbound, group.id};
    sockets += levels[key].states.at(IndexOf(TcpState::kEstablished));
    bytes += ledger[key].usage.bytes_sent;
  }
  EXPECT_EQ(sockets, kPorts - 1);
  EXPECT_EQ(bytes, std::uint64_t{kPorts} * (kPorts - 1) / 2);
  EXPECT_GT((levels[{Direction::kOutbound, kOtherGroup}]).states.front(), 0U);
}

// The peer has not acknowledged what was sent `seconds` ago, give or take.
SocketRecord Unacked(std::uint64_t cookie, std::uint16_t local_port, int seconds) {
  SocketRecord record = Established(cookie, local_port);
  record.retransmissions = 2;
  record.cgroup_id = cookie;
  record.tcp_info.emplace();
  record.tcp_info->retransmission = {.timeout = milliseconds(1'000 * seconds), .backoff = 0};
  return record;
}

TEST(SocketAggregatorTest, ConnectionsWhosePeerDoesNotAcknowledgeAreCountedByGroup) {
  const auto result = Aggregate({Listening(1, 443), Unacked(2, 443, 1), Unacked(3, 443, 2),
                                 Established(4, 443), Unacked(5, 55'555, 4)});
  const auto sum = [&](Direction direction) {
    GroupLevels all;
    for (std::uint16_t place = 0; place < 6; ++place) {
      const GroupLevels& levels = result.levels.groups[{direction, {.place = place}}];
      all.retransmitting += levels.retransmitting;
      all.retransmitting_oldest_age =
          std::max(all.retransmitting_oldest_age, levels.retransmitting_oldest_age);
    }
    return all;
  };
  EXPECT_EQ(sum(Direction::kInbound).retransmitting, 2U);
  EXPECT_EQ(sum(Direction::kInbound).retransmitting_oldest_age, milliseconds(6'000));
  EXPECT_EQ(sum(Direction::kOutbound).retransmitting, 1U);
  const CulpritLists& culprits = result.culprits.Of(Trouble::kRetransmittingSockets);
  ASSERT_EQ(culprits.places.size(), 1U) << "only the outbound one";
  EXPECT_EQ(culprits.places.front().key.place.port, 50'000U);
  ASSERT_EQ(culprits.owners.size(), 1U);
  EXPECT_EQ(culprits.owners.front().key.cgroup_id, 5U);
}

}  // namespace
}  // namespace connwatch::socket_aggregator_test
