#include "core/listeners/drop_attribution.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace connwatch::drop_attribution_test {
namespace {

using std::chrono::milliseconds;

using Counts = std::vector<std::uint64_t>;

// Three listeners, whose sockets and counter are read every 100 ms.
class DropAttributionTest : public testing::Test {
 protected:
  DropAttributionTest() { Read(0, {0, 0, 0}); }

  // Reads the counter `listen_drops`, then the sockets, which have counted `growth` more.
  void Read(std::optional<std::uint64_t> listen_drops, const Counts& growth) {
    now_ += milliseconds(100);
    attribution_.ReadCounter(listen_drops, now_);
    ReadSockets(growth);
  }

  void ReadSockets(const Counts& growth) {
    std::vector<ListenerDrops*> all;
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      listeners_.at(i).StartReading();
      listeners_.at(i).AddGrowth(growth.at(i));
      if (is_full_.at(i)) listeners_.at(i).NoteFullQueue();
      all.push_back(&listeners_.at(i));
    }
    attribution_.Attribute(all);
  }

  Counts Refused() const {
    return {listeners_[0].refused(), listeners_[1].refused(), listeners_[2].refused()};
  }

  DropAttribution attribution_;
  std::array<ListenerDrops, 3> listeners_;
  std::array<bool, 3> is_full_{};
  MonotonicTime now_;
};

TEST_F(DropAttributionTest, WhatTheCounterConfirmsIsTrue) {
  Read(5, {5, 0, 0});
  EXPECT_EQ(Refused(), (Counts{5, 0, 0}));
  Read(12, {0, 4, 3});
  EXPECT_EQ(Refused(), (Counts{5, 4, 3}));
  EXPECT_EQ(listeners_[1].counted(), 4U);
}

TEST_F(DropAttributionTest, WhatItDoesNotConfirmIsNot) {
  Read(0, {57'223, 0, 0});
  Read(0, {10, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 0, 0}));
  EXPECT_EQ(listeners_[0].counted(), 57'233U);
}

TEST_F(DropAttributionTest, ADropBetweenTheReadingsWaitsForTheNextReadingOfTheCounter) {
  Read(0, {3, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 0, 0}));
  Read(4, {1, 0, 0});
  EXPECT_EQ(Refused(), (Counts{4, 0, 0}));
}

TEST_F(DropAttributionTest, ASecondChanceIsTheLast) {
  Read(0, {3, 0, 0});
  Read(0, {0, 0, 0});
  Read(3, {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 0, 0})) << "noise of long ago gets nobody's drops";
}

TEST_F(DropAttributionTest, WhatNoSocketCountedExpiresAtOnce) {
  Read(8, {0, 0, 0});  // of a socket that is closed
  Read(8, {5, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 0, 0}));
}

TEST_F(DropAttributionTest, AFullQueueExplainsDropsBeforeOthersDo) {
  is_full_ = {false, true, false};
  Read(7, {100, 5, 300});
  EXPECT_EQ(Refused(), (Counts{0, 5, 2})) << "the remainder goes to the largest";
}

TEST_F(DropAttributionTest, AQueueThatWasFullAtTheReadingBeforeCountsAsFull) {
  is_full_ = {false, true, false};
  Read(0, {0, 0, 0});
  is_full_ = {false, false, false};
  Read(5, {100, 5, 0});
  EXPECT_EQ(Refused(), (Counts{0, 5, 0}));
  Read(10, {100, 5, 0});
  EXPECT_EQ(Refused(), (Counts{5, 5, 0})) << "no longer";
}

TEST_F(DropAttributionTest, AQueueThatWasFullWhileTheCounterWasNotReadCountsAsFull) {
  is_full_ = {false, true, false};
  ReadSockets({100, 5, 0});
  is_full_ = {false, false, false};
  ReadSockets({0, 0, 0});
  Read(5, {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 5, 0}));
}

TEST_F(DropAttributionTest, WhatAFullQueueHasCountedIsJudgedSoToTheEnd) {
  is_full_ = {false, true, false};
  Read(0, {0, 0, 0});
  is_full_ = {};
  // The second one refused something after the counter was read, and has room by now.
  Read(0, {1, 1, 0});
  Read(1, {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 1, 0}));
  Read(1, {1, 1, 0});
  Read(2, {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{1, 1, 0})) << "but not for longer";
}

TEST_F(DropAttributionTest, EqualsShareInProportion) {
  Read(10, {10, 20, 70});
  EXPECT_EQ(Refused(), (Counts{1, 2, 7}));
}

TEST_F(DropAttributionTest, TheRemainderGoesToTheLargest) {
  Read(5, {3, 4, 3});
  EXPECT_EQ(Refused(), (Counts{1, 3, 1}));
}

TEST_F(DropAttributionTest, WhatWasCountedEarlierComesFirst) {
  Read(0, {0, 2, 0});
  Read(2, {9, 0, 0});
  EXPECT_EQ(Refused(), (Counts{0, 2, 0}));
}

TEST_F(DropAttributionTest, WithoutAReadingOfTheCounterTheSocketsWait) {
  ReadSockets({4, 0, 0});
  ReadSockets({0, 0, 0});
  ReadSockets({0, 1, 0});
  EXPECT_EQ(Refused(), (Counts{0, 0, 0}));
  Read(5, {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{4, 1, 0}));
}

TEST_F(DropAttributionTest, WithoutAReadingOfTheSocketsTheCounterWaits) {
  attribution_.ReadCounter(3, now_);  // the poll of the sockets failed
  Read(5, {5, 0, 0});
  EXPECT_EQ(Refused(), (Counts{5, 0, 0}));
}

TEST_F(DropAttributionTest, DropsBeforeTheFirstReadingAreABaseline) {
  DropAttribution attribution;
  std::array<ListenerDrops, 2> listeners;
  const std::vector<ListenerDrops*> all = {&listeners[0], &listeners[1]};
  attribution.ReadCounter(1'000, now_);
  attribution.Attribute(all);
  listeners[0].AddGrowth(9);
  listeners[1].AddGrowth(2);
  listeners[1].NoteFullQueue();
  attribution.ReadCounter(1'002, now_);
  attribution.Attribute(all);
  EXPECT_EQ(listeners[0].refused(), 0U);
  EXPECT_EQ(listeners[1].refused(), 2U);
}

TEST_F(DropAttributionTest, WithoutTheCounterEverythingCounts) {
  Read(0, {3, 0, 0});
  Read(0, {6, 0, 0});  // the first 3 have had their chances, the 6 have had one
  Read(std::nullopt, {4, 1, 0});
  EXPECT_EQ(Refused(), (Counts{4, 1, 0})) << "what was noise before stays noise";
  ReadSockets({2, 0, 0});
  EXPECT_EQ(Refused(), (Counts{6, 1, 0}));
}

TEST_F(DropAttributionTest, ACounterThatComesBackIsABaseline) {
  Read(std::nullopt, {4, 0, 0});
  Read(1'000, {2, 0, 0});
  EXPECT_EQ(Refused(), (Counts{6, 0, 0})) << "nothing is known about the time between";
  Read(1'001, {2, 0, 0});
  EXPECT_EQ(Refused(), (Counts{7, 0, 0})) << "bounded again";
}

TEST_F(DropAttributionTest, ACounterThatGoesBackIsABaseline) {
  Read(10, {10, 0, 0});
  Read(3, {2, 0, 0});
  EXPECT_EQ(Refused(), (Counts{12, 0, 0}));
  Read(4, {5, 0, 0});
  EXPECT_EQ(Refused(), (Counts{13, 0, 0}));
}

TEST_F(DropAttributionTest, TheCounterIsReadAtEveryPollOnlyWhileSomethingIsPending) {
  EXPECT_FALSE(attribution_.IsCounterDue(now_ + milliseconds(999)));
  EXPECT_TRUE(attribution_.IsCounterDue(now_ + milliseconds(1'000)));
  ReadSockets({0, 0, 1});
  EXPECT_TRUE(attribution_.IsCounterDue(now_ + milliseconds(100)));
  Read(0, {0, 0, 0});
  EXPECT_TRUE(attribution_.IsCounterDue(now_ + milliseconds(100))) << "the second chance";
  Read(0, {0, 0, 0});
  EXPECT_FALSE(attribution_.IsCounterDue(now_ + milliseconds(100)));
  EXPECT_TRUE(DropAttribution().IsCounterDue(now_)) << "never read yet";
}

TEST_F(DropAttributionTest, NumbersOfAnySizeAreSharedWithoutLoss) {
  constexpr std::uint64_t kMany = std::numeric_limits<std::uint32_t>::max();
  Read(2 * kMany - 1, {kMany, kMany, kMany});
  EXPECT_EQ(Refused()[0] + Refused()[1] + Refused()[2], 2 * kMany - 1);
  for (const std::uint64_t refused : Refused()) EXPECT_LE(refused, kMany);
  Read(std::numeric_limits<std::uint64_t>::max(), {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{kMany, kMany, kMany})) << "the rest of them at the second chance";
}

TEST_F(DropAttributionTest, MayBeSkippedIfThereIsNothingToAttribute) {
  EXPECT_TRUE(attribution_.Skip());
  attribution_.ReadCounter(0, now_);
  EXPECT_TRUE(attribution_.Skip());
  attribution_.ReadCounter(1, now_);
  EXPECT_FALSE(attribution_.Skip()) << "what no socket has counted expires";
  ReadSockets({0, 0, 0});
  EXPECT_TRUE(attribution_.Skip());
  ReadSockets({1, 0, 0});
  EXPECT_FALSE(attribution_.Skip()) << "a drop has a second chance";
  Read(1, {0, 0, 0});
  Read(1, {0, 0, 0});
  EXPECT_TRUE(attribution_.Skip());
  attribution_.ReadCounter(std::nullopt, now_);
  EXPECT_TRUE(attribution_.Skip());
  attribution_.ReadCounter(7, now_);
  EXPECT_FALSE(attribution_.Skip()) << "from now on the counter bounds the drops again";
  ReadSockets({0, 0, 0});
  EXPECT_TRUE(attribution_.Skip());
}

TEST_F(DropAttributionTest, WhatWasReadBeforeASkipIsOver) {
  attribution_.ReadCounter(0, now_);
  ASSERT_TRUE(attribution_.Skip());
  ReadSockets({1, 0, 0});
  ReadSockets({0, 0, 0});
  Read(1, {0, 0, 0});
  EXPECT_EQ(Refused(), (Counts{1, 0, 0})) << "no chance was used up";
}

}  // namespace
}  // namespace connwatch::drop_attribution_test
