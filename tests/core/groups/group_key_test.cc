#include "core/groups/group_key.h"

#include <gtest/gtest.h>

#include <utility>

namespace connwatch::group_key_test {
namespace {

constexpr GroupKey kFirst{Direction::kInbound, {.place = 3}};
constexpr GroupKey kNext{Direction::kInbound, {.place = 3, .generation = 1}};
constexpr GroupKey kOther{Direction::kOutbound, {.place = 3}};

const auto kAdd = [](int& into, int more) { into += more; };

int Read(const PerGroup<int>& values, GroupKey key) { return values[key]; }

TEST(PerGroupTest, WhatWasNeverWrittenEqualsThePrototype) {
  PerGroup<int> values(5);
  EXPECT_EQ(Read(values, kFirst), 5);
  values[kFirst] += 1;
  EXPECT_EQ(Read(values, kFirst), 6);
  EXPECT_EQ(Read(values, kOther), 5);
}

TEST(PerGroupTest, TheNextOwnerOfAPlaceStartsWithThePrototype) {
  PerGroup<int> values(5);
  values[kFirst] = 100;
  EXPECT_EQ(Read(values, kNext), 5);
  values[kNext] += 1;
  EXPECT_EQ(Read(values, kNext), 6);
  EXPECT_EQ(Read(values, kFirst), 5) << "what the first owner had is gone";
}

TEST(PerGroupTest, MergeAddsAndTheLaterOwnerStays) {
  PerGroup<int> sums(0);
  PerGroup<int> more(0);
  sums[kFirst] = 1;
  more[kFirst] = 2;
  more[kOther] = 3;
  sums.Merge(more, kAdd);
  EXPECT_EQ(Read(sums, kFirst), 3);
  EXPECT_EQ(Read(sums, kOther), 3);
  PerGroup<int> later(0);
  later[kNext] = 7;
  sums.Merge(later, kAdd);
  EXPECT_EQ(Read(sums, kNext), 7);
  sums.Merge(more, kAdd);
  EXPECT_EQ(Read(sums, kNext), 7) << "what an earlier owner had does not count";
}

TEST(PerGroupTest, GenerationsWrap) {
  const GroupKey last{Direction::kInbound, {.place = 3, .generation = 65'535}};
  PerGroup<int> sums(0);
  PerGroup<int> more(0);
  sums[last] = 1;
  more[kFirst] = 2;
  sums.Merge(more, kAdd);
  EXPECT_EQ(Read(sums, kFirst), 2);
}

}  // namespace
}  // namespace connwatch::group_key_test
