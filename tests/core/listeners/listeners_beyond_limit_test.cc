// What a ListenerTracker does with more listeners than may be shown.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/listeners/listener_tracker.h"
#include "tests/support/records.h"

namespace connwatch::listeners_beyond_limit_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kTenMinutes = 600;

MonotonicTime At(int second) { return MonotonicTime(seconds(10'000 + second)); }

class ListenersBeyondLimitTest : public testing::Test {
 protected:
  // Ports 80, 81, ...; one socket each.
  explicit ListenersBeyondLimitTest(std::size_t listeners = 4) {
    for (std::size_t i = 0; i < listeners; ++i) {
      SocketRecord record = Listening(i + 1, static_cast<std::uint16_t>(80 + i), 0, 9);
      record.drops = 0;
      listening_.push_back(record);
    }
    Poll(0);
  }

  // A poll of both tiers, and the diagnosis.
  void Poll(int second, const std::vector<SocketRecord>& syn_recv = {}) {
    now_ = At(second);
    tracker_.UpdateAcceptQueues(listening_, now_);
    tracker_.BeginSynQueues();
    for (const SocketRecord& record : syn_recv) tracker_.AddSynRecv(record, milliseconds(0));
    tracker_.CommitSynQueues(now_);
    tracker_.Diagnose({}, now_);
  }

  std::vector<std::string> Shown() const {
    std::vector<std::string> names;
    for (const Listener& listener : List().listeners) names.push_back(listener.Name());
    return names;
  }

  ListenerStatus Status(std::size_t index) const { return List().listeners.at(index).status; }
  ListenerList List() const { return tracker_.List(now_); }

  using Names = std::vector<std::string>;

  std::vector<SocketRecord> listening_;
  ListenerTracker tracker_{{.max_listeners = 3, .peak_window = milliseconds(30'000)}};
  MonotonicTime now_;
};

TEST_F(ListenersBeyondLimitTest, AFullOneIsShownAndDiagnosedAtOnce) {
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:80", "0.0.0.0:81", "0.0.0.0:82"}));
  EXPECT_EQ(List().folded, 1U);
  listening_[0].receive_queue = 1;
  listening_[3].receive_queue = 10;
  Poll(1);
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:80", "0.0.0.0:82", "0.0.0.0:83"})) << "80 is busier than 81";
  EXPECT_TRUE(Status(2).diagnosis.Has(DiagnosisCause::kAcceptQueueFull));
  EXPECT_EQ(Status(2).accept_queue.peak, 10U);
  EXPECT_EQ(List().folded, 1U);
  listening_[3].receive_queue = 0;
  for (int second = 2; second <= kTenMinutes; second += 100) Poll(second);
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:80", "0.0.0.0:82", "0.0.0.0:83"}));
}

TEST_F(ListenersBeyondLimitTest, AFloodOfOneWithoutAPlaceGivesItOne) {
  std::vector<SocketRecord> syn_recv;
  for (int network = 0; network < 20; ++network) {
    syn_recv.push_back(SynRecv(Ipv4({192, 0, 2, 1}), 83, AddressFamily::kIpv4, 1));
    syn_recv.back().remote.address = Ipv4({198, 51, network, 1});
  }
  Poll(1, syn_recv);
  ASSERT_EQ(Shown().back(), "0.0.0.0:83");
  EXPECT_EQ(Status(2).syn_queue.length, 20U);
  EXPECT_TRUE(Status(2).diagnosis.Has(DiagnosisCause::kSynFlood));
}

TEST_F(ListenersBeyondLimitTest, DropsStayWhereTheyHappened) {
  listening_[3].drops = 5;
  tracker_.UpdateAcceptQueues(listening_, At(1));
  EXPECT_EQ(tracker_.List(At(1)).other.drops, 5U);
  Poll(1);
  ASSERT_EQ(Shown().back(), "0.0.0.0:83") << "drops are trouble";
  EXPECT_EQ(Status(2).drops, 0U) << "it begins with what is new";
  EXPECT_EQ(List().other.drops, 5U) << "and what was counted stays";
  listening_[3].drops = 7;
  Poll(2);
  EXPECT_EQ(Status(2).drops, 2U);
  EXPECT_EQ(List().other.drops, 5U);
}

TEST_F(ListenersBeyondLimitTest, WhatALostPlaceHadCountedStaysWithItsListener) {
  listening_[0].drops = 4;
  Poll(1);
  listening_[1].receive_queue = listening_[2].receive_queue = 1;
  listening_[3].receive_queue = 10;
  for (int second = 2; second <= 2 * kTenMinutes; second += 100) Poll(second);
  ASSERT_EQ(Shown(), (Names{"0.0.0.0:81", "0.0.0.0:82", "0.0.0.0:83"}));
  listening_[0].drops = 6;
  tracker_.UpdateAcceptQueues(listening_, At(2 * kTenMinutes + 1));
  EXPECT_EQ(List().other.drops, 2U);
}

TEST_F(ListenersBeyondLimitTest, OthersAreTheSumOfThoseWithoutAPlace) {
  listening_.push_back(Listening(9, 90, 1, 9));
  listening_.push_back(Listening(10, 90, 2, 9));
  listening_[3].receive_queue = 4;
  const SocketRecord known = SynRecv(Ipv4({192, 0, 2, 1}), 90, AddressFamily::kIpv4, 1);
  const SocketRecord unknown = SynRecv(Ipv4({192, 0, 2, 1}), 99, AddressFamily::kIpv4);
  Poll(1, {known, known, unknown});
  const ListenerList list = List();
  EXPECT_EQ(list.folded, 2U);
  EXPECT_EQ(list.folded_in_trouble, 0U);
  EXPECT_EQ(list.other.accept_queue.sockets, 3U);
  EXPECT_EQ(list.other.accept_queue.length, 7U);
  EXPECT_EQ(list.other.accept_queue.peak, 7U);
  EXPECT_EQ(list.other.accept_queue.Utilization(), 0.4);
  EXPECT_EQ(list.other.accept_queue.PeakUtilization(), 0.4);
  EXPECT_EQ(list.other.syn_queue.length, 3U);
  EXPECT_EQ(list.other.syn_queue.peak, 3U);
  EXPECT_EQ(list.other.syn_queue.retransmitting, 2U);
}

TEST_F(ListenersBeyondLimitTest, TroubleForWhichThereIsNoPlaceIsCounted) {
  for (SocketRecord& record : listening_) record.receive_queue = 10;
  Poll(1);
  Poll(2);
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:80", "0.0.0.0:81", "0.0.0.0:82"}));
  EXPECT_EQ(List().folded, 1U);
  EXPECT_EQ(List().folded_in_trouble, 1U);
}

TEST_F(ListenersBeyondLimitTest, AClosedListenerKeepsItsPlaceForTenMinutes) {
  const SocketRecord closed = listening_[0];
  listening_.erase(listening_.begin());
  Poll(1);
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:81", "0.0.0.0:82"}));
  listening_.push_back(closed);
  Poll(2);
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:80", "0.0.0.0:81", "0.0.0.0:82"}));
  listening_.pop_back();
  Poll(kTenMinutes);
  EXPECT_EQ(Shown(), (Names{"0.0.0.0:81", "0.0.0.0:82", "0.0.0.0:83"}));
}

class TooManyListenersTest : public ListenersBeyondLimitTest {
 protected:
  TooManyListenersTest() : ListenersBeyondLimitTest(ListenerTrackerOptions::kMaxFollowed + 2) {}
};

TEST_F(TooManyListenersTest, WhatIsNotFollowedIsSummedUp) {
  constexpr std::size_t kFolded = ListenerTrackerOptions::kMaxFollowed + 2 - 3;
  EXPECT_EQ(List().folded, kFolded);
  EXPECT_EQ(List().other.accept_queue.sockets, kFolded);
  listening_.back().receive_queue = 10;
  listening_.back().drops = 3;
  Poll(1, {SynRecv(Ipv4({192, 0, 2, 1}), listening_.back().local.port, AddressFamily::kIpv4)});
  EXPECT_EQ(List().other.accept_queue.length, 10U);
  EXPECT_EQ(List().other.syn_queue.length, 1U);
  EXPECT_EQ(List().other.drops, 3U);
  listening_.erase(listening_.begin() + 3, listening_.end() - 1);
  Poll(2);
  Poll(3);
  EXPECT_EQ(Shown().back(), "0.0.0.0:" + std::to_string(listening_.back().local.port))
      << "followed once there is room";
}

TEST(ListenersTest, SourcesOfAllListenersTogetherAreBounded) {
  constexpr std::size_t kFull = ListenerTracker::kMaxPrefixesInAll / ListenerTracker::kMaxPrefixes;
  std::vector<SocketRecord> listening;
  for (std::size_t i = 0; i <= kFull; ++i) {
    listening.push_back(Listening(i + 1, static_cast<std::uint16_t>(80 + i)));
  }
  ListenerTracker tracker({});
  tracker.UpdateAcceptQueues(listening, At(0));
  const auto poll = [&](std::size_t first_listener) {
    tracker.BeginSynQueues();
    for (std::size_t i = first_listener; i <= kFull; ++i) {
      for (std::size_t network = 0; network <= ListenerTracker::kMaxPrefixes; ++network) {
        SocketRecord half_open =
            SynRecv(Ipv4({192, 0, 2, 1}), listening[i].local.port, AddressFamily::kIpv4);
        half_open.remote.address =
            Ipv4({10, static_cast<int>(network / 256), static_cast<int>(network % 256), 1});
        tracker.AddSynRecv(half_open, milliseconds(0));
      }
    }
    tracker.CommitSynQueues(At(0));
    return tracker.List(At(0)).listeners;
  };
  std::vector<Listener> listeners = poll(0);
  EXPECT_EQ(listeners.front().status.signs.source_prefixes, ListenerTracker::kMaxPrefixes);
  EXPECT_EQ(listeners.back().status.signs.source_prefixes, 0U) << "there was no room";
  EXPECT_EQ(listeners.back().status.syn_queue.length, ListenerTracker::kMaxPrefixes + 1);
  listeners = poll(kFull);
  EXPECT_EQ(listeners.back().status.signs.source_prefixes, ListenerTracker::kMaxPrefixes)
      << "each poll counts anew";
}

}  // namespace
}  // namespace connwatch::listeners_beyond_limit_test
