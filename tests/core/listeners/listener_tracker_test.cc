#include "core/listeners/listener_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "tests/support/records.h"

namespace connwatch::listener_tracker_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonotonicTime At(int second) { return MonotonicTime(seconds(1'000 + second)); }

SocketRecord WithDrops(SocketRecord record, std::uint32_t drops) {
  record.drops = drops;
  return record;
}

SocketRecord ListeningOn(std::uint64_t cookie, IpAddress address, std::uint16_t port) {
  SocketRecord record = Listening(cookie, port);
  record.local.address = address;
  record.socket_family = address.family();
  return record;
}

class ListenerTrackerTest : public testing::Test {
 protected:
  void Update(const std::vector<SocketRecord>& listening, int second) {
    listener_tracker_.UpdateAcceptQueues(listening, At(second));
    now_ = At(second);
  }

  void UpdateSynQueues(const std::vector<SocketRecord>& syn_recv, int second) {
    listener_tracker_.BeginSynQueues();
    for (const SocketRecord& record : syn_recv)
      listener_tracker_.AddSynRecv(record, milliseconds(0));
    listener_tracker_.CommitSynQueues(At(second));
    now_ = At(second);
  }

  ListenerList List() const { return listener_tracker_.List(now_); }

  // The listener with this label; a default one, with a failure, where there is none.
  ListenerStatus Status(const std::string& label) const {
    for (const Listener& listener : List().listeners) {
      if (listener.Name() == label) return listener.status;
    }
    ADD_FAILURE() << "no listener " << label;
    return {};
  }

  ListenerTracker listener_tracker_{{.max_listeners = 3, .peak_window = milliseconds(30'000)}};
  MonotonicTime now_;
};

TEST_F(ListenerTrackerTest, ReuseportSocketsOfOneAddressAreSummed) {
  Update({Listening(1, 80, 1, 8), Listening(2, 80, 2, 16)}, 0);
  const AcceptQueue queue = Status("0.0.0.0:80").accept_queue;
  EXPECT_EQ(queue.sockets, 2U);
  EXPECT_EQ(queue.length, 3U);
  EXPECT_EQ(queue.limit, 24U);
}

TEST_F(ListenerTrackerTest, TheFullestSocketIsTheUtilizationAndItsPeak) {
  Update({Listening(1, 80, 0, 99), Listening(2, 80, 5, 9)}, 0);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.Utilization(), 0.5);
  Update({Listening(1, 80, 25, 99), Listening(2, 80, 0, 9)}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.Utilization(), 0.25);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.PeakUtilization(), 0.5);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.peak, 25U);
}

TEST_F(ListenerTrackerTest, APeakOutlivesTheBurst) {
  Update({Listening(1, 80, 0, 8)}, 0);
  Update({Listening(1, 80, 9, 8)}, 1);
  Update({Listening(1, 80, 0, 8)}, 2);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.length, 0U);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.peak, 9U);
  Update({Listening(1, 80, 0, 8)}, 40);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.peak, 0U);
}

TEST_F(ListenerTrackerTest, DropsOfTheFirstUpdateAreABaseline) {
  Update({WithDrops(Listening(1, 80), 100)}, 0);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 0U);
  Update({WithDrops(Listening(1, 80), 103)}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 3U);
}

TEST_F(ListenerTrackerTest, DropsSurviveTheSocket) {
  Update({WithDrops(Listening(1, 80), 0)}, 0);
  Update({WithDrops(Listening(1, 80), 5)}, 1);
  Update({}, 2);
  EXPECT_TRUE(List().listeners.empty());
  Update({WithDrops(Listening(2, 80), 2)}, 3);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 7U) << "a new socket counts from zero";
}

TEST_F(ListenerTrackerTest, DropsOfSharedAddressesAddUpAndNeverGoBack) {
  Update({WithDrops(Listening(1, 80), 0), WithDrops(Listening(2, 80), 0)}, 0);
  Update({WithDrops(Listening(1, 80), 4), WithDrops(Listening(2, 80), 5)}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 9U);
  Update({WithDrops(Listening(2, 80), 6)}, 2);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 10U);
}

TEST_F(ListenerTrackerTest, WithoutACountOfTheKernelsThereAreNoDrops) {
  Update({WithDrops(Listening(1, 80), 100)}, 0);
  Update({Listening(1, 80), Listening(2, 81)}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 0U);
  EXPECT_EQ(Status("0.0.0.0:81").drops, 0U);
}

TEST_F(ListenerTrackerTest, TheKernelsDropCountMayWrap) {
  Update({WithDrops(Listening(1, 80), 0xffff'fffeU)}, 0);
  Update({WithDrops(Listening(1, 80), 3)}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 5U);
}

TEST_F(ListenerTrackerTest, OnlyDropsThatTheKernelsCounterConfirmsAreTrue) {
  const auto update = [this](std::uint64_t listen_drops, std::uint32_t first, std::uint32_t second,
                             int at) {
    listener_tracker_.drop_attribution().ReadCounter(listen_drops, At(at));
    Update({WithDrops(Listening(1, 80), first), WithDrops(Listening(2, 81, 9, 8), second)}, at);
  };
  update(1'000, 50, 60, 0);
  update(1'003, 90, 63, 1);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 0U) << "deferred ACKs and the like";
  EXPECT_EQ(Status("0.0.0.0:80").socket_drops, 40U);
  EXPECT_EQ(Status("0.0.0.0:81").drops, 3U) << "its accept queue is full";
  EXPECT_EQ(Status("0.0.0.0:81").socket_drops, 3U);
  update(1'008, 95, 63, 2);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 5U);
}

TEST_F(ListenerTrackerTest, AFullSynQueueExplainsDropsToo) {
  const auto update = [this](std::uint64_t listen_drops, std::uint32_t drops, int at) {
    listener_tracker_.drop_attribution().ReadCounter(listen_drops, At(at));
    Update({WithDrops(Listening(1, 80, 0, 2), drops), WithDrops(Listening(2, 81), drops)}, at);
  };
  update(0, 0, 0);
  const SocketRecord syn_recv = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
  UpdateSynQueues({syn_recv, syn_recv}, 1);
  update(5, 5, 2);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 5U);
  EXPECT_EQ(Status("0.0.0.0:81").drops, 0U);
}

TEST_F(ListenerTrackerTest, OneFullSocketOfASharedAddressIsAFullQueue) {
  const auto update = [this](std::uint64_t listen_drops, std::uint32_t drops, int at) {
    listener_tracker_.drop_attribution().ReadCounter(listen_drops, At(at));
    Update({WithDrops(Listening(1, 80, 3, 2), drops), WithDrops(Listening(2, 80), 0),
            WithDrops(Listening(3, 81), drops)},
           at);
  };
  update(0, 0, 0);
  update(5, 5, 1);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 5U);
  EXPECT_EQ(Status("0.0.0.0:81").drops, 0U);
}

TEST_F(ListenerTrackerTest, ListenersBeyondTheLimitAreFoldedWithNothingLost) {
  Update({Listening(1, 80, 1), Listening(2, 81, 2), Listening(3, 82, 4)}, 0);
  Update({Listening(5, 79, 16), Listening(1, 80, 1), Listening(2, 81, 2), Listening(3, 82, 4),
          Listening(4, 83, 8)},
         1);
  EXPECT_EQ(List().listeners.size(), 3U);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.length, 1U) << "the first ones stay";
  EXPECT_EQ(List().folded, 2U);
  EXPECT_EQ(List().other.accept_queue.length, 24U);
  EXPECT_EQ(List().other.accept_queue.sockets, 2U);
}

TEST_F(ListenerTrackerTest, ExactAddressBeforeWildcard) {
  Update({Listening(1, 80), ListeningOn(2, Ipv4({192, 0, 2, 1}), 80)}, 0);
  UpdateSynQueues({SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4, 1),
                   SynRecv(Ipv4({192, 0, 2, 9}), 80, AddressFamily::kIpv4),
                   SynRecv(Ipv4({192, 0, 2, 9}), 80, AddressFamily::kIpv4)},
                  1);
  EXPECT_EQ(Status("192.0.2.1:80").syn_queue.length, 1U);
  EXPECT_EQ(Status("192.0.2.1:80").syn_queue.retransmitting, 1U);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 2U);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.retransmitting, 0U);
}

TEST_F(ListenerTrackerTest, TheSocketsFamilyTellsTheWildcards) {
  // A v6only [::]:80 beside 0.0.0.0:80, and a dual-stack [::]:81.
  Update({Listening(1, 80), ListeningOn(2, IpAddress::AnyIpv6(), 80),
          ListeningOn(3, IpAddress::AnyIpv6(), 81)},
         0);
  UpdateSynQueues({SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4),
                   SynRecv(Ipv6Loopback(), 80, AddressFamily::kIpv6),
                   SynRecv(Ipv6Loopback(), 80, AddressFamily::kIpv6),
                   SynRecv(Ipv4({192, 0, 2, 1}), 81, AddressFamily::kIpv6)},
                  1);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 1U);
  EXPECT_EQ(Status("[::]:80").syn_queue.length, 2U);
  EXPECT_EQ(Status("[::]:81").syn_queue.length, 1U);
}

TEST_F(ListenerTrackerTest, ASynRecvBelongsToAListenerThatExistsNow) {
  const IpAddress local = Ipv4({192, 0, 2, 1});
  Update({WithDrops(ListeningOn(1, local, 80), 0)}, 0);
  Update({WithDrops(ListeningOn(1, local, 80), 5)}, 1);
  Update({ListeningOn(2, IpAddress(), 80)}, 2);  // the service has moved to the wildcard
  UpdateSynQueues({SynRecv(local, 80, AddressFamily::kIpv4)}, 3);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 1U);
  Update({ListeningOn(3, local, 80)}, 4);
  EXPECT_EQ(Status("192.0.2.1:80").drops, 5U) << "what is remembered continues its count";
}

TEST_F(ListenerTrackerTest, ASynRecvBelongsToAListenerOfItsOwnFamily) {
  SocketRecord only_ipv6 = ListeningOn(2, IpAddress::AnyIpv6(), 80);
  only_ipv6.is_v6_only = true;
  SocketRecord mapped = Listening(3, 81);  // bound to ::ffff:0.0.0.0
  mapped.socket_family = AddressFamily::kIpv6;
  Update({Listening(1, 80), only_ipv6, mapped}, 0);
  const IpAddress local = Ipv4({192, 0, 2, 1});
  UpdateSynQueues(
      {SynRecv(local, 81, AddressFamily::kIpv6), SynRecv(local, 81, AddressFamily::kIpv4),
       SynRecv(local, 80, AddressFamily::kIpv6)},
      1);
  EXPECT_EQ(Status("0.0.0.0:81").syn_queue.length, 1U);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 0U);
  EXPECT_EQ(Status("[::]:80").syn_queue.length, 0U) << "it takes no IPv4";
  EXPECT_EQ(List().other.syn_queue.length, 2U);
}

TEST_F(ListenerTrackerTest, OneAddressOnSeveralInterfacesIsSeveralListeners) {
  const auto on = [](std::uint32_t interface, SocketRecord record) {
    record.interface = interface;
    return record;
  };
  Update({on(7, Listening(1, 179, 1)), on(8, Listening(2, 179, 2)), Listening(3, 179, 4)}, 0);
  EXPECT_EQ(Status("0.0.0.0%7:179").accept_queue.length, 1U);
  EXPECT_EQ(Status("0.0.0.0%8:179").accept_queue.length, 2U);
  EXPECT_EQ(Status("0.0.0.0:179").accept_queue.length, 4U);
  const SocketRecord syn_recv = SynRecv(Ipv4({192, 0, 2, 1}), 179, AddressFamily::kIpv4);
  UpdateSynQueues({on(7, syn_recv), on(8, syn_recv), on(8, syn_recv), syn_recv, on(9, syn_recv)},
                  1);
  EXPECT_EQ(Status("0.0.0.0%7:179").syn_queue.length, 1U);
  EXPECT_EQ(Status("0.0.0.0%8:179").syn_queue.length, 2U);
  EXPECT_EQ(Status("0.0.0.0:179").syn_queue.length, 2U) << "one of them carries its VRF";
}

TEST_F(ListenerTrackerTest, ASynQueueIsWhatTheLatestPollFoundAndItsPeakStays) {
  Update({Listening(1, 80)}, 0);
  const SocketRecord syn_recv = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
  UpdateSynQueues({syn_recv, syn_recv, syn_recv}, 1);
  UpdateSynQueues({syn_recv}, 2);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 1U);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.peak, 3U);
}

TEST_F(ListenerTrackerTest, AnUnfinishedPollChangesNothing) {
  Update({Listening(1, 80)}, 0);
  const SocketRecord syn_recv = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
  UpdateSynQueues({syn_recv}, 1);
  listener_tracker_.BeginSynQueues();
  listener_tracker_.AddSynRecv(syn_recv, milliseconds(0));
  listener_tracker_.AddSynRecv(syn_recv, milliseconds(0));
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 1U);
  UpdateSynQueues({}, 2);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 0U);
}

TEST_F(ListenerTrackerTest, ASynRecvWithoutAListenerIsNobodysButCounted) {
  Update({Listening(1, 80)}, 0);
  UpdateSynQueues({SynRecv(Ipv4({192, 0, 2, 1}), 9, AddressFamily::kIpv4)}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.length, 0U);
  EXPECT_EQ(List().other.syn_queue.length, 1U);
}

TEST_F(ListenerTrackerTest, JudgesByTheEvidenceAndTheThresholdsInForce) {
  Update({ListeningOn(1, IpAddress(), 443)}, 0);
  const IpAddress local = Ipv4({192, 0, 2, 1});
  const std::vector<SocketRecord> unanswered(
      20, SynRecv(local, 443, AddressFamily::kIpv4, 1));  // all from one source
  UpdateSynQueues(unanswered, 1);
  listener_tracker_.Diagnose({}, now_);
  EXPECT_TRUE(Status("0.0.0.0:443").diagnosis.Has(DiagnosisCause::kReturnPathLoss));
  EXPECT_EQ(Status("0.0.0.0:443").signs.source_prefixes, 1U);

  listener_tracker_.UseThresholds({.min_syn_queue = 21});
  listener_tracker_.Diagnose({}, now_);
  EXPECT_EQ(Status("0.0.0.0:443").diagnosis, Diagnosis{});
}

TEST_F(ListenerTrackerTest, KeepsTheBusiestSources) {
  Update({ListeningOn(1, IpAddress(), 443)}, 0);
  std::vector<SocketRecord> syn_recv;
  for (int network = 1; network <= 7; ++network) {
    SocketRecord record = SynRecv(Ipv4({192, 0, 2, 1}), 443, AddressFamily::kIpv4);
    record.remote.address = Ipv4({198, 51, network, 9});
    // As many from a network as its number, but from the fifth on five.
    syn_recv.insert(syn_recv.end(), static_cast<std::size_t>(std::min(network, 5)), record);
  }
  UpdateSynQueues(syn_recv, 1);
  const auto prefix = [](int network) { return Ipv4({198, 51, network, 0}).SourcePrefix(); };
  EXPECT_EQ(Status("0.0.0.0:443").top_sources,
            (std::vector<SourceCount>{
                {prefix(5), 5}, {prefix(6), 5}, {prefix(7), 5}, {prefix(4), 4}, {prefix(3), 3}}));
  EXPECT_DOUBLE_EQ(Status("0.0.0.0:443").signs.top_source_ratio, 5.0 / 25);

  UpdateSynQueues({}, 2);
  EXPECT_TRUE(Status("0.0.0.0:443").top_sources.empty());
}

TEST_F(ListenerTrackerTest, SourcesAreBoundedAndThoseKnownGoOnCounting) {
  constexpr int kMost = ListenerTracker::kMaxPrefixes;
  Update({Listening(1, 80)}, 0);
  std::vector<SocketRecord> syn_recv;
  for (int network = 0; network < kMost + 2; ++network) {
    SocketRecord record = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
    record.remote.address = Ipv4({10, network / 256, network % 256, 1});
    syn_recv.push_back(record);
  }
  syn_recv.push_back(syn_recv.front());
  UpdateSynQueues(syn_recv, 1);
  const ListenerStatus status = Status("0.0.0.0:80");
  EXPECT_EQ(status.syn_queue.length, static_cast<std::uint64_t>(kMost) + 3);
  EXPECT_EQ(status.signs.source_prefixes, static_cast<std::uint64_t>(kMost));
  EXPECT_EQ(status.top_sources.at(0),
            (SourceCount{syn_recv.front().remote.address.SourcePrefix(), 2}));
}

TEST_F(ListenerTrackerTest, AgesOfHandshakesAreThoseOfTheLatestPoll) {
  Update({Listening(1, 80)}, 0);
  const SocketRecord fresh = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
  const SocketRecord repeated = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4, 2);
  listener_tracker_.BeginSynQueues();
  listener_tracker_.AddSynRecv(fresh, milliseconds(400));
  listener_tracker_.AddSynRecv(fresh, milliseconds(2'999));
  listener_tracker_.AddSynRecv(fresh, milliseconds(3'000));
  listener_tracker_.AddSynRecv(repeated, milliseconds(5'500));
  listener_tracker_.CommitSynQueues(At(1));
  now_ = At(1);
  const HandshakeSigns evidence = Status("0.0.0.0:80").signs;
  EXPECT_EQ(evidence.ages.counts, (std::array<std::uint64_t, 5>{1, 1, 2, 0, 0}));
  EXPECT_EQ(evidence.ages.oldest, milliseconds(5'500));
  EXPECT_EQ(evidence.settled, 1U) << "old, and the SYN-ACK never repeated";
  UpdateSynQueues({}, 2);
  EXPECT_EQ(Status("0.0.0.0:80").signs.ages.oldest, milliseconds(0));
}

TEST_F(ListenerTrackerTest, RatesAreOfTheTimeSinceTheHandshakesPollBefore) {
  const SocketRecord syn_recv = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
  Update({WithDrops(Listening(1, 80), 100)}, 0);
  Update({WithDrops(Listening(1, 80), 107)}, 0);
  UpdateSynQueues({syn_recv}, 1);
  EXPECT_EQ(Status("0.0.0.0:80").signs.drops_per_second, 0) << "the first poll has none before it";
  EXPECT_EQ(Status("0.0.0.0:80").signs.syn_queue_growth_per_second, 0);
  Update({WithDrops(Listening(1, 80), 110)}, 2);
  UpdateSynQueues({syn_recv, syn_recv, syn_recv}, 3);
  EXPECT_DOUBLE_EQ(Status("0.0.0.0:80").signs.drops_per_second, 1.5);
  EXPECT_DOUBLE_EQ(Status("0.0.0.0:80").signs.syn_queue_growth_per_second, 1);
  UpdateSynQueues({}, 5);
  EXPECT_EQ(Status("0.0.0.0:80").signs.drops_per_second, 0);
  EXPECT_DOUBLE_EQ(Status("0.0.0.0:80").signs.syn_queue_growth_per_second, -1.5);
  EXPECT_EQ(Status("0.0.0.0:80").syn_queue.peak, 3U);
}

TEST_F(ListenerTrackerTest, ASynQueueKeepsItsRecentPastWhileThereIsOne) {
  Update({Listening(1, 80)}, 0);
  const auto recent = [this] {
    std::vector<std::pair<int, double>> lengths;
    for (const Sample& sample : Status("0.0.0.0:80").recent_syn_queue) {
      lengths.emplace_back((sample.time - At(0)) / seconds(1), sample.value);
    }
    return lengths;
  };
  using Lengths = std::vector<std::pair<int, double>>;
  const SocketRecord syn_recv = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4);
  for (int second = 1; second < 40; ++second) UpdateSynQueues({}, second);
  EXPECT_EQ(recent(), Lengths()) << "a quiet listener keeps nothing";
  UpdateSynQueues({syn_recv}, 40);
  UpdateSynQueues({syn_recv, syn_recv}, 41);
  UpdateSynQueues({}, 42);
  EXPECT_EQ(recent(), (Lengths{{39, 0}, {40, 1}, {41, 2}, {42, 0}}));
  for (int second = 43; second <= 61; ++second) UpdateSynQueues({}, second);
  EXPECT_EQ(recent().front(), (std::pair<int, double>(41, 2)));
  UpdateSynQueues({}, 62);
  EXPECT_EQ(recent(), Lengths());
}

TEST_F(ListenerTrackerTest, AnUpdateThatRepeatsCountsAsSeen) {
  Update({WithDrops(Listening(1, 80, 3), 0)}, 0);
  listener_tracker_.RepeatAcceptQueues(At(600));
  now_ = At(600);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.length, 3U);
  EXPECT_EQ(Status("0.0.0.0:80").accept_queue.peak, 3U) << "the window is 30 s";
  Update({WithDrops(Listening(1, 80, 0), 5)}, 601);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 5U);
  Update({}, 602);
  Update({WithDrops(Listening(2, 80), 0)}, 800);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 5U) << "remembered for 5 minutes";
}

TEST_F(ListenerTrackerTest, NewDropsAreTakenOnce) {
  Update({WithDrops(Listening(1, 80), 0)}, 0);
  Update({WithDrops(Listening(1, 80), 5)}, 1);
  EXPECT_EQ(listener_tracker_.TakeNewDrops().counted, 5U);
  EXPECT_EQ(listener_tracker_.TakeNewDrops().counted, 0U);
  listener_tracker_.RestartDrops();
  EXPECT_EQ(Status("0.0.0.0:80").drops, 0U);
  Update({WithDrops(Listening(1, 80), 7)}, 2);
  EXPECT_EQ(Status("0.0.0.0:80").drops, 2U);
  EXPECT_EQ(listener_tracker_.TakeNewDrops().refused, 2U);
}

TEST_F(ListenerTrackerTest, TheSumIsOfAllListenersWithAPlaceOrWithout) {
  std::vector<SocketRecord> listening;
  for (std::uint16_t i = 0; i < 5; ++i) listening.push_back(Listening(i + 1U, 80 + i, i, 8));
  Update(listening, 0);
  UpdateSynQueues({SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4, 1),
                   SynRecv(Ipv4({192, 0, 2, 1}), 99, AddressFamily::kIpv4)},
                  0);
  listening.back().receive_queue = 0;
  Update(listening, 1);
  const QueueSums sum = listener_tracker_.Sum(At(1));
  EXPECT_EQ(sum.listeners, 5U);
  EXPECT_EQ(sum.accept_queue.sockets, 5U);
  EXPECT_EQ(sum.accept_queue.length, 6U);
  EXPECT_EQ(sum.accept_queue.peak, 4U) << "of one listener";
  EXPECT_EQ(sum.syn_queue.length, 2U) << "also one whose listener is gone";
  EXPECT_EQ(sum.syn_queue.retransmitting, 1U);
}

}  // namespace
}  // namespace connwatch::listener_tracker_test
