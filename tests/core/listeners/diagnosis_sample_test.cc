// How many different sources make a flood where the SYN queue is only a sample, cut off at its
// limit.
#include <gtest/gtest.h>

#include <cstdint>

#include "core/listeners/diagnose.h"

namespace connwatch::diagnosis_sample_test {
namespace {

// A queue at its limit with cookies sent, every handshake unanswered.
bool IsFlood(std::uint64_t queue, std::uint64_t prefixes) {
  const ListenerStatus seen{.accept_queue = {.limit = queue - 1},
                            .syn_queue = {.length = queue, .peak = queue, .retransmitting = queue},
                            .signs = {.source_prefixes = prefixes,
                                      .top_source_ratio = 0.1,
                                      .host = {.syn_cookies_per_second = 900}}};
  return Diagnose(seen, {}).Has(DiagnosisCause::kSynFlood);
}

TEST(DiagnosisSampleTest, HalfOfTheQueueMustDiffer) {
  EXPECT_FALSE(IsFlood(20, 9));
  EXPECT_TRUE(IsFlood(20, 10));
}

TEST(DiagnosisSampleTest, HalfOfAnOddQueueIsRoundedUp) {
  EXPECT_FALSE(IsFlood(17, 8));
  EXPECT_TRUE(IsFlood(17, 9));
  EXPECT_FALSE(IsFlood(19, 9));
  EXPECT_TRUE(IsFlood(19, 10));
}

TEST(DiagnosisSampleTest, FourHandshakesAreTheFewestThatSayAnything) {
  EXPECT_FALSE(IsFlood(3, 3));
  EXPECT_TRUE(IsFlood(4, 4));
}

TEST(DiagnosisSampleTest, NeverMoreThanOfAWholeQueue) {
  const std::uint64_t enough = DiagnosisThresholds{}.flood_source_prefixes;
  EXPECT_FALSE(IsFlood(4 * enough, enough - 1));
  EXPECT_TRUE(IsFlood(4 * enough, enough));
}

}  // namespace
}  // namespace connwatch::diagnosis_sample_test
