#include "core/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/snapshot_parts.h"

namespace connwatch::history_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A host whose tiers are polled each second, at the same moment as it is looked at.
class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    snapshot_.polls = {PollHealth(Tier::kListeners, milliseconds(100)),
                       PollHealth(Tier::kHandshakes, seconds(1)),
                       PollHealth(Tier::kFull, seconds(10))};
    snapshot_.sockets.emplace();
    snapshot_.totals = SocketTotals(kTestRttBounds);
    snapshot_.listeners.emplace();
    snapshot_.pending_connects.emplace();
    snapshot_.groups = {{kOtherGroup, "other", {true, true}}, {{.place = 2}, "443", {true, false}}};
    Look();  // the first sample begins
  }

  void Look() { latest_ = history_.Observe(snapshot_, TestInstant(second_)); }

  void Tick(int count = 1) {
    for (int i = 0; i < count; ++i) {
      ++second_;
      for (PollHealth& poll : snapshot_.polls) {
        if (is_failing_) {
          poll.RecordFailure(TestInstant(second_), microseconds(1), Error{ENOBUFS, "lost"});
        } else {
          poll.RecordSuccess(TestInstant(second_), microseconds(1));
        }
      }
      Look();
    }
  }

  Listener& AddListener(std::uint16_t port, AcceptQueue queue) {
    Listener& added = snapshot_.listeners->listeners.emplace_back();
    added.key = {{IpAddress(), port}};
    added.status.accept_queue = queue;
    return added;
  }

  const std::vector<HistorySample>& samples() const { return latest_->samples; }

  Snapshot snapshot_;
  History history_;
  std::shared_ptr<const RecentHistory> latest_;
  int second_ = 0;
  bool is_failing_ = false;
};

TEST_F(HistoryTest, HasASampleEachFiveSeconds) {
  EXPECT_TRUE(samples().empty());
  snapshot_.sockets = TestSockets();
  Tick(10);
  ASSERT_EQ(samples().size(), 2U);
  EXPECT_EQ(samples()[0].at, TestInstant(5).wall);
  EXPECT_EQ(samples()[1].at, TestInstant(10).wall);
  ASSERT_TRUE(samples()[1].states);
  EXPECT_EQ(samples()[1].states->at(IndexOf(TcpState::kListen)), 2U) << "both families";
  EXPECT_EQ(samples()[1].states->at(IndexOf(TcpState::kEstablished)), 1U);
}

TEST_F(HistoryTest, TheSampleInProgressIsTheLast) {
  snapshot_.totals.rtt[kInbound443].Observe(microseconds(200));
  Tick(6);
  ASSERT_EQ(samples().size(), 2U);
  EXPECT_EQ(samples()[1].at, TestInstant(6).wall);
  EXPECT_FALSE(samples()[1].rtt_median);
  snapshot_.pending_connects->by_group[kOtherGroup] = {.sockets = 3};
  snapshot_.totals.rtt[kInbound443].Observe(microseconds(200));
  Tick();
  ASSERT_EQ(samples().size(), 2U);
  EXPECT_EQ(samples()[1].at, TestInstant(7).wall);
  EXPECT_EQ(samples()[1].connects.value().pending, 3U);
  EXPECT_TRUE(samples()[1].rtt_median);
  Tick(3);
  ASSERT_EQ(samples().size(), 2U);
  EXPECT_EQ(samples()[1].at, TestInstant(10).wall);
}

TEST_F(HistoryTest, KeepsTheLargestOfQueuesAndConnects) {
  Listener& listener = AddListener(443, OneQueue(0, 128));
  Tick();
  listener.status.syn_queue.length = 64;
  listener.status.accept_queue = OneQueue(129, 128);
  snapshot_.pending_connects->by_group[kOtherGroup] = {.sockets = 7, .retransmitting = 2};
  Tick();
  listener.status.syn_queue.length = 1;
  listener.status.accept_queue = OneQueue(0, 128);
  snapshot_.pending_connects->by_group[kOtherGroup] = {.sockets = 1};
  Tick(3);
  ASSERT_EQ(samples().size(), 1U);
  const ListenerLoad& load = samples()[0].listeners.value();
  EXPECT_EQ(load.syn_queue_length, 64U);
  EXPECT_DOUBLE_EQ(load.syn_queue_utilization_max, 0.5);
  EXPECT_EQ(load.accept_queue_length, 129U);
  EXPECT_DOUBLE_EQ(load.accept_queue_utilization_max, 1.0) << "the kernel admits one more";
  EXPECT_EQ(samples()[0].connects.value().pending, 7U);
  EXPECT_EQ(samples()[0].connects.value().retransmitting, 2U);
  Tick(5);
  EXPECT_EQ(samples()[1].listeners.value().syn_queue_length, 1U) << "each sample for itself";
}

TEST_F(HistoryTest, LengthsAreSumsAndUtilizationIsTheFullestQueues) {
  AddListener(1, OneQueue(3, 9)).status.syn_queue.length = 1;
  AddListener(2, OneQueue(2, 3)).status.syn_queue.length = 3;
  Listener& deferring = AddListener(3, OneQueue(0, 10));
  deferring.status.syn_queue.length = 10;
  deferring.status.diagnosis.causes.at(IndexOf(DiagnosisCause::kDeferredAccept)) = true;
  snapshot_.listeners->other.syn_queue.length = 100;
  snapshot_.listeners->other.accept_queue.Add({.length = 0, .limit = 9});
  snapshot_.listeners->other.accept_queue.Add({.length = 200, .limit = 249});
  Tick(5);
  const ListenerLoad& load = samples().at(0).listeners.value();
  EXPECT_EQ(load.syn_queue_length, 114U);
  EXPECT_EQ(load.accept_queue_length, 205U);
  EXPECT_DOUBLE_EQ(load.syn_queue_utilization_max, 1.0 / 9) << "limits below 4 do not count";
  EXPECT_DOUBLE_EQ(load.accept_queue_utilization_max, 0.8) << "of those without a place as well";
}

TEST_F(HistoryTest, TheSmallestSynQueueThatCountsHasALimitOfFour) {
  Listener& listener = AddListener(1, OneQueue(0, 4));
  listener.status.syn_queue.length = 2;
  Tick(5);
  EXPECT_DOUBLE_EQ(samples().at(0).listeners.value().syn_queue_utilization_max, 0.5);
  listener.status.accept_queue = OneQueue(0, 3);
  Tick(5);
  EXPECT_DOUBLE_EQ(samples().at(1).listeners.value().syn_queue_utilization_max, 0);
}

TEST_F(HistoryTest, TheMedianIsOfWhatWasObservedWithin) {
  snapshot_.totals.rtt[kInbound443].Observe(microseconds(9'000));
  Tick(5);
  snapshot_.totals.rtt[kInbound443].Observe(microseconds(100));
  snapshot_.totals.rtt[{Direction::kOutbound, kOtherGroup}].Observe(microseconds(200));
  Tick(10);
  ASSERT_EQ(samples().size(), 3U);
  EXPECT_GT(samples()[0].rtt_median.value(), microseconds(500));
  EXPECT_EQ(samples()[1].rtt_median, microseconds(250)) << "half of the bucket to 500 us";
  EXPECT_FALSE(samples()[2].rtt_median) << "nothing observed is not 0";
}

TEST_F(HistoryTest, OtherBucketsAreNoObservations) {
  Tick(4);
  snapshot_.totals.UseRttBounds(std::array{microseconds(7)});
  snapshot_.totals.rtt[kInbound443].Observe(microseconds(3));
  Tick();
  EXPECT_FALSE(samples().at(0).rtt_median);
  snapshot_.totals.rtt[kInbound443].Observe(microseconds(3));
  Tick(5);
  EXPECT_TRUE(samples().at(1).rtt_median);
}

TEST_F(HistoryTest, WhatFailedToBeReadIsAbsent) {
  Tick(5);
  is_failing_ = true;
  Tick(5);
  ASSERT_EQ(samples().size(), 2U);
  EXPECT_TRUE(samples()[0].states && samples()[0].listeners && samples()[0].connects);
  EXPECT_FALSE(samples()[1].states || samples()[1].listeners || samples()[1].connects);
}

TEST_F(HistoryTest, RatesAreThoseOfTheReadingsOfTheSample) {
  const auto read = [&](int second, std::uint64_t connects) {
    snapshot_.kernel.counters.emplace()[KernelCounterId::kActiveOpens] = connects;
    snapshot_.kernel_read = TestInstant(second).monotonic;
  };
  Tick(4);
  read(5, 100);
  Tick();
  EXPECT_FALSE(samples().at(0).rates) << "nothing to compare with";
  read(9, 140);
  Tick(5);
  ASSERT_TRUE(samples().at(1).rates);
  EXPECT_EQ(samples()[1].rates->connects_per_second, 10);
  EXPECT_FALSE(samples()[1].rates->listen_drops_per_second) << "this kernel lacks it";
  Tick(5);
  EXPECT_FALSE(samples().at(2).rates) << "the counters were not read";
  read(19, 240);
  Tick(4);
  EXPECT_EQ(samples().at(3).rates.value().connects_per_second, 10) << "the time since 9 s counts";
  snapshot_.kernel.counters.reset();
  Tick();
  EXPECT_FALSE(samples().at(3).rates);
}

TEST_F(HistoryTest, IsBounded) {
  Tick(2'000);
  EXPECT_EQ(samples().size(), History::kCapacity);
  EXPECT_EQ(samples().back().at, TestInstant(2'000).wall);
  EXPECT_EQ(samples().front().at, TestInstant(1'405).wall);
}

TEST_F(HistoryTest, TimesAscendHoweverTheClockIsSet) {
  Tick(20);
  const Instant now{TestInstant(21).monotonic, TestInstant(21).wall - std::chrono::hours(24)};
  latest_ = history_.Observe(snapshot_, now);
  ASSERT_EQ(samples().size(), 5U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(now.wall - samples()[i].at, seconds(16 - 5 * static_cast<int>(i)));
  }
  EXPECT_EQ(samples().back().at, now.wall);
}

TEST_F(HistoryTest, ForgetsAcrossAGap) {
  Tick(100);
  second_ += 550;
  Tick();
  ASSERT_EQ(samples().size(), 11U) << "ten of the 50 s before the gap that are still within";
  EXPECT_EQ(samples().back().at - samples().at(9).at, seconds(551));
}

TEST_F(HistoryTest, ATableOnceHandedOutStays) {
  Tick(5);
  const auto before = latest_;
  Tick(5);
  EXPECT_EQ(before->samples.size(), 1U);
  EXPECT_EQ(samples().size(), 2U);
}

}  // namespace
}  // namespace connwatch::history_test
