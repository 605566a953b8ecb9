#include "core/listeners/trouble.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/queues.h"

namespace connwatch::trouble_test {
namespace {

bool InTrouble(const ListenerStatus& seen) { return IsInTrouble(seen, {}); }

TEST(TroubleTest, AQuietListenerHasNone) {
  EXPECT_FALSE(InTrouble({}));
  EXPECT_FALSE(InTrouble({.accept_queue = OneQueue(0, 128)}));
}

TEST(TroubleTest, IsAHalfFullAcceptQueueOfOneSocket) {
  EXPECT_FALSE(InTrouble({.accept_queue = OneQueue(63, 127)}));
  EXPECT_TRUE(InTrouble({.accept_queue = OneQueue(64, 127)}));
  EXPECT_FALSE(InTrouble({.accept_queue = FourQueues(10)}));
  EXPECT_TRUE(InTrouble({.accept_queue = FourQueues(11)}));
}

TEST(TroubleTest, IsAHalfFullSynQueueThatHasAUtilization) {
  EXPECT_FALSE(InTrouble({.accept_queue = OneQueue(0, 4), .syn_queue = {.length = 1}}));
  EXPECT_TRUE(InTrouble({.accept_queue = OneQueue(0, 4), .syn_queue = {.length = 2}}));
  EXPECT_FALSE(InTrouble({.accept_queue = OneQueue(0, 3), .syn_queue = {.length = 3}}));
}

TEST(TroubleTest, IsADrop) {
  EXPECT_TRUE(InTrouble({.signs = {.drops_per_second = 0.01}}));
  EXPECT_FALSE(
      InTrouble({.signs = {.drops_per_second = std::numeric_limits<double>::quiet_NaN()}}));
}

TEST(TroubleTest, IsManyHandshakesThatRepeatTheSynAck) {
  ListenerStatus seen{.accept_queue = OneQueue(0, 4'096)};
  seen.syn_queue.retransmitting = 15;
  EXPECT_FALSE(InTrouble(seen));
  seen.syn_queue.retransmitting = 16;
  EXPECT_TRUE(InTrouble(seen));
  EXPECT_FALSE(IsInTrouble(seen, {.min_syn_queue = 17}));
  EXPECT_FALSE(IsInTrouble({}, {.min_syn_queue = 0})) << "none of none";
}

TEST(TroubleTest, IsEveryCauseButDeferredAccept) {
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    ListenerStatus seen;
    seen.diagnosis.causes.at(IndexOf(cause)) = true;
    EXPECT_EQ(InTrouble(seen), cause != DiagnosisCause::kDeferredAccept) << Name(cause);
  }
}

TEST(TroubleTest, ALongSynQueueOfAListenerThatDefersIsNone) {
  ListenerStatus seen{.accept_queue = OneQueue(0, 100),
                      .syn_queue = {.length = 100, .retransmitting = 20}};
  EXPECT_TRUE(InTrouble(seen));
  seen.diagnosis.causes.at(IndexOf(DiagnosisCause::kDeferredAccept)) = true;
  EXPECT_FALSE(InTrouble(seen));
  seen.accept_queue = OneQueue(50, 99);
  EXPECT_TRUE(InTrouble(seen)) << "but a long accept queue is";
}

}  // namespace
}  // namespace connwatch::trouble_test
