#include "core/connections/culprit_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/connections/full_poll.h"
#include "tests/support/records.h"
#include "tests/support/snapshots.h"
#include "tests/support/traffic.h"

namespace connwatch::culprit_counts_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr GroupKey kInbound{Direction::kInbound, {.place = 2}};
constexpr GroupKey kOutbound{Direction::kOutbound, {.place = 2}};

// "outbound 192.0.2.2:443 x 3", "inbound cgroup 7 x 3", with the source in front if there is one
std::vector<std::string> Texts(const std::vector<Culprit>& culprits) {
  std::vector<std::string> texts;
  for (const Culprit& culprit : culprits) {
    const CulpritKey& key = culprit.key;
    std::string text(Name(key.group.direction));
    if (key.source != IpAddress()) text += " from " + key.source.ToString();
    if (key.place != Endpoint()) text += " " + key.place.ToString();
    if (key.cgroup_id != 0) text += " cgroup " + std::to_string(key.cgroup_id);
    texts.push_back(text + " x " + std::to_string(culprit.count));
  }
  return texts;
}

SocketRecord With(std::uint64_t cookie, IpAddress remote, std::uint64_t cgroup_id = 0) {
  SocketRecord record = Established(cookie);
  record.remote.address = remote;
  if (cgroup_id != 0) record.cgroup_id = cgroup_id;
  return record;
}

TEST(CulpritCountsTest, OutboundIsTheRemoteEndpointAndInboundTheRemoteNetwork) {
  CulpritCounts counts;
  for (const GroupKey group : {kInbound, kOutbound}) {
    counts.Add(Trouble::kCloseWait, group, With(1, Ipv4({192, 0, 2, 2}), 7));
    counts.Add(Trouble::kCloseWait, group, With(2, Ipv4({192, 0, 2, 3}), 7));
  }
  counts.Add(Trouble::kCloseWait, kInbound, With(3, *IpAddress::Parse("2001:db8:1:2::3")));
  const CulpritLists found = counts.List().Of(Trouble::kCloseWait);
  EXPECT_THAT(Texts(found.places),
              UnorderedElementsAre("inbound 192.0.2.0:0 x 2", "inbound [2001:db8:1::]:0 x 1",
                                   "outbound 192.0.2.2:50000 x 1", "outbound 192.0.2.3:50000 x 1"));
  EXPECT_THAT(Texts(found.owners),
              UnorderedElementsAre("inbound cgroup 7 x 2", "inbound x 1", "outbound cgroup 7 x 2"));
}

TEST(CulpritCountsTest, TimeWaitHasTheLocalServiceAndNoOwner) {
  CulpritCounts counts;
  counts.Add(Trouble::kTimeWait, kInbound, With(1, Ipv4({192, 0, 2, 2})));
  counts.Add(Trouble::kTimeWait, kInbound, With(2, Ipv4({192, 0, 3, 2})));
  counts.Add(Trouble::kTimeWait, kOutbound, With(3, Ipv4({192, 0, 2, 2})));
  const CulpritLists found = counts.List().Of(Trouble::kTimeWait);
  EXPECT_THAT(Texts(found.places),
              UnorderedElementsAre("inbound 192.0.2.1:443 x 2", "outbound 192.0.2.2:50000 x 1"));
  EXPECT_THAT(found.owners, IsEmpty());
}

TEST(CulpritCountsTest, PortsAreCountedBySource) {
  CulpritCounts counts;
  counts.AddPort(Trouble::kDestinationPorts, With(1, Ipv4({192, 0, 2, 2}), 7), 39);
  counts.AddPort(Trouble::kDestinationPorts, With(2, Ipv4({192, 0, 2, 2}), 8));
  counts.AddPort(Trouble::kSourcePorts, With(3, Ipv4({192, 0, 2, 3}), 7), 4);
  const Culprits found = counts.List();
  EXPECT_THAT(Texts(found.Of(Trouble::kDestinationPorts).places),
              ElementsAre("outbound from 192.0.2.1 192.0.2.2:50000 x 41"));
  EXPECT_THAT(Texts(found.Of(Trouble::kDestinationPorts).owners),
              UnorderedElementsAre("outbound from 192.0.2.1 192.0.2.2:50000 cgroup 7 x 1",
                                   "outbound from 192.0.2.1 192.0.2.2:50000 cgroup 8 x 1"));
  EXPECT_THAT(Texts(found.Of(Trouble::kSourcePorts).places),
              ElementsAre("outbound from 192.0.2.1 x 5"));
  EXPECT_THAT(Texts(found.Of(Trouble::kSourcePorts).owners),
              ElementsAre("outbound from 192.0.2.1 cgroup 7 x 1"));
}

TEST(CulpritCountsTest, OfManySocketsASampleIsCounted) {
  CulpritCounts counts;
  const std::uint64_t many = CulpritCounts::kAllCounted + 16 * CulpritCounts::kSampled;
  for (std::uint64_t i = 0; i < many; ++i) {
    counts.Add(Trouble::kCloseWait, kOutbound, With(i, Ipv4({192, 0, 2, 2}), 7));
  }
  const CulpritLists found = counts.List().Of(Trouble::kCloseWait);
  EXPECT_THAT(Texts(found.places), ElementsAre("outbound 192.0.2.2:50000 x 1280"));
  EXPECT_THAT(Texts(found.owners), ElementsAre("outbound cgroup 7 x 1280"));
}

class RetransmissionCulpritsTest : public testing::Test {
 protected:
  static MonotonicTime At(int second) { return TestInstant(second).monotonic; }

  void PollAt(int second, std::uint64_t segments) {
    recent_.Advance(At(second));
    recent_.Add(kOutbound, With(1, Ipv4({192, 0, 2, 2}), 7), segments);
    now_ = second;
  }
  Culprits Found() const {
    Culprits culprits;
    recent_.List(culprits, At(now_));
    return culprits;
  }
  std::uint64_t Segments() const {
    return Found().Of(Trouble::kRetransmissions).owners.front().count;
  }

  RetransmissionCulprits recent_;
  int now_ = 0;
};

TEST_F(RetransmissionCulpritsTest, AreThoseOfTheLatestMinuteOrALittleMore) {
  EXPECT_THAT(Found().Of(Trouble::kRetransmissions).places, IsEmpty());
  for (int second = 0; second <= 70; second += 10) PollAt(second, 1);
  EXPECT_EQ(Segments(), 8U);
  EXPECT_EQ(Found().retransmissions_span, std::chrono::seconds(70));
  PollAt(80, 1);
  EXPECT_EQ(Segments(), 7U) << "those of the first 20 s are forgotten";
  EXPECT_EQ(Found().retransmissions_span, std::chrono::seconds(60));
  EXPECT_THAT(Texts(Found().Of(Trouble::kRetransmissions).places),
              ElementsAre("outbound 192.0.2.2:50000 x 7"));
}

TEST_F(RetransmissionCulpritsTest, RarePollsAreRememberedAsWell) {
  for (int second = 0; second <= 1'500; second += 150) PollAt(second, 1);
  EXPECT_EQ(Segments(), 4U);
}

// From the records of full polls to what is found.
class CulpritsOfPollsTest : public testing::Test {
 protected:
  const Culprits& Poll(int second, const std::vector<SocketRecord>& records) {
    poll_.Begin(TestInstant(second));
    poll_.Add(records, TestInstant(second));
    poll_.Complete(TestInstant(second));
    return poll_.culprits();
  }

  ConnectionClassifier classifier_ = PlainClassifier();
  TrafficLedger ledger_{GroupTraffic({})};
  Allowance room_{1'000};
  ConnectionTracker tracker_{room_, classifier_, ledger_};
  FullPoll poll_{
      {.rtt_bounds = {}, .ephemeral_ports = PortsOf({40'000, 40'255}, {})}, classifier_, tracker_};
};

TEST_F(CulpritsOfPollsTest, AHealthyHostHasNone) {
  const TestConnection connection{.cookie = 5};
  SocketRecord row = connection.Row();
  row.tcp_info->traffic->bytes_retransmitted = 0;
  const Culprits& found = Poll(0, {Listening(1, 443), Established(2), row});
  for (const CulpritLists& lists : found.by_trouble) {
    EXPECT_THAT(lists.places, IsEmpty());
    EXPECT_THAT(lists.owners, IsEmpty());
  }
}

TEST_F(CulpritsOfPollsTest, StatesAndRetransmissions) {
  TestConnection leaking{.cookie = 5, .direction = Direction::kInbound};
  TestConnection lossy{.cookie = 6};
  const auto rows = [&] {
    std::vector<SocketRecord> all = {Listening(1, 443), leaking.Row(TcpState::kCloseWait),
                                     leaking.MiniSocket(), lossy.Row()};
    all[1].cgroup_id = 7;
    all[3].cgroup_id = 8;
    return all;
  };
  Poll(0, rows());
  std::vector<SocketRecord> later = rows();
  later[3].tcp_info->traffic->segments_retransmitted += 6;
  later[3].tcp_info->traffic->bytes_retransmitted += 600;
  const Culprits& found = Poll(10, later);
  EXPECT_THAT(Texts(found.Of(Trouble::kCloseWait).places), ElementsAre("inbound 192.0.2.0:0 x 1"));
  EXPECT_THAT(Texts(found.Of(Trouble::kCloseWait).owners), ElementsAre("inbound cgroup 7 x 1"));
  EXPECT_THAT(Texts(found.Of(Trouble::kTimeWait).places), ElementsAre("inbound 192.0.2.1:443 x 1"));
  EXPECT_THAT(Texts(found.Of(Trouble::kRetransmissions).places),
              ElementsAre("outbound 192.0.2.2:443 x 6"));
  EXPECT_THAT(Texts(found.Of(Trouble::kRetransmissions).owners),
              ElementsAre("outbound cgroup 8 x 6"));
  EXPECT_EQ(found.retransmissions_span, std::chrono::seconds(10));

  SocketRecord end = lossy.End();  // as a destroy event is, without a cgroup
  end.tcp_info->traffic->segments_retransmitted = 9;
  end.tcp_info->traffic->bytes_retransmitted = 900;
  tracker_.OnDestroyed(end, TestInstant(11).monotonic);
  EXPECT_THAT(Texts(Poll(20, {}).Of(Trouble::kRetransmissions).owners),
              UnorderedElementsAre("outbound cgroup 8 x 6", "outbound x 2"));
}

// 256 ports, so four are many.
TEST_F(CulpritsOfPollsTest, PortsOfWhoeverNeedsMany) {
  std::vector<SocketRecord> records;
  for (std::uint16_t i = 0; i < 10; ++i) {
    SocketRecord record = Established(10U + i, 40'000U + i);
    record.remote.port = i < 7 ? 5432 : 6000;
    record.cgroup_id = 7;
    records.push_back(record);
  }
  const Culprits& found = Poll(0, records);
  EXPECT_THAT(Texts(found.Of(Trouble::kDestinationPorts).places),
              ElementsAre("outbound from 192.0.2.1 192.0.2.2:5432 x 7"));
  EXPECT_THAT(Texts(found.Of(Trouble::kDestinationPorts).owners),
              ElementsAre("outbound from 192.0.2.1 192.0.2.2:5432 cgroup 7 x 4"));
  EXPECT_THAT(Texts(found.Of(Trouble::kSourcePorts).places),
              ElementsAre("outbound from 192.0.2.1 x 10"));
  EXPECT_THAT(Texts(found.Of(Trouble::kSourcePorts).owners),
              ElementsAre("outbound from 192.0.2.1 cgroup 7 x 7"));
}

}  // namespace
}  // namespace connwatch::culprit_counts_test
