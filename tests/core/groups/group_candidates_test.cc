#include "core/groups/group_candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace connwatch::group_candidates_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr MonotonicTime kStart{std::chrono::hours(100)};

TEST(GroupCandidatesTest, TheBusiestIsTakenFirst) {
  GroupCandidates candidates;
  candidates.Meet("80", 5, kStart);
  candidates.Meet("443", 7, kStart);
  candidates.Meet("80", 4, kStart);
  candidates.Meet("22", 0, kStart);
  EXPECT_EQ(candidates.size(), 3U);
  EXPECT_THAT(candidates.TakeBusiest(0), IsEmpty());
  EXPECT_THAT(candidates.TakeBusiest(2), ElementsAre("80", "443"));
  EXPECT_EQ(candidates.size(), 1U);
  EXPECT_THAT(candidates.TakeBusiest(2), ElementsAre("22"));
  EXPECT_THAT(candidates.TakeBusiest(2), IsEmpty());
}

TEST(GroupCandidatesTest, OfSeveralWithEqualTrafficTheNameDecides) {
  for (const bool is_reversed : {false, true}) {
    GroupCandidates candidates;
    candidates.Meet(is_reversed ? "b" : "a", 5, kStart);
    candidates.Meet(is_reversed ? "a" : "b", 5, kStart);
    EXPECT_THAT(candidates.TakeBusiest(1), ElementsAre("a"));
  }
}

TEST(GroupCandidatesTest, PresentTrafficDecides) {
  GroupCandidates candidates;
  candidates.ForgetOld(kStart);
  candidates.Meet("once busy", 1'000, kStart);
  for (int hour = 1; hour <= 4; ++hour) {
    const MonotonicTime now = kStart + hour * GroupCandidates::kMemory;
    candidates.Meet("once busy", 0, now);
    candidates.ForgetOld(now);
  }
  candidates.Meet("busy", 100, kStart + 4 * GroupCandidates::kMemory);
  EXPECT_THAT(candidates.TakeBusiest(1), ElementsAre("busy"));
}

TEST(GroupCandidatesTest, OneWithoutConnectionsIsForgotten) {
  GroupCandidates candidates;
  candidates.Meet("80", 5, kStart);
  candidates.ForgetOld(kStart + GroupCandidates::kMemory);
  EXPECT_EQ(candidates.size(), 1U);
  candidates.ForgetOld(kStart + GroupCandidates::kMemory + std::chrono::seconds(1));
  EXPECT_EQ(candidates.size(), 0U);
}

TEST(GroupCandidatesTest, RemembersABoundedNumber) {
  GroupCandidates candidates;
  for (std::size_t i = 0; i < GroupCandidates::kMaxCandidates + 10; ++i) {
    candidates.Meet(std::to_string(i), i, kStart);
  }
  EXPECT_EQ(candidates.size(), GroupCandidates::kMaxCandidates);
  candidates.Meet("5", 1'000'000, kStart);
  EXPECT_THAT(candidates.TakeBusiest(1), ElementsAre("5")) << "known ones are counted on";
}

}  // namespace
}  // namespace connwatch::group_candidates_test
