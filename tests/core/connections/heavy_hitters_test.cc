#include "core/connections/heavy_hitters.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "tests/support/records.h"

namespace connwatch::heavy_hitters_test {
namespace {

CulpritKey Owner(std::uint64_t cgroup_id) { return {.cgroup_id = cgroup_id}; }

// All zero if it is not there.
Culprit Find(const HeavyHitters& table, const CulpritKey& key) {
  for (const Culprit& culprit : table.List()) {
    if (culprit.key == key) return culprit;
  }
  return {};
}

std::uint64_t Total(const HeavyHitters& table) {
  std::uint64_t total = 0;
  for (const Culprit& culprit : table.List()) total += culprit.count + culprit.uncertain;
  return total;
}

TEST(HeavyHittersTest, FewKeysAreExact) {
  HeavyHitters table;
  EXPECT_TRUE(table.List().empty());
  for (std::uint64_t id = 1; id <= 8; ++id) table.Add(Owner(id), id);
  table.Add(Owner(3), 100);
  EXPECT_EQ(table.List().size(), 8U);
  EXPECT_EQ(Find(table, Owner(3)).count, 103U);
  EXPECT_EQ(Find(table, Owner(8)).count, 8U);
  EXPECT_EQ(Find(table, Owner(8)).uncertain, 0U);
}

TEST(HeavyHittersTest, EveryPartOfAKeyCounts) {
  const GroupKey outbound{Direction::kOutbound, kOtherGroup};
  const std::vector<CulpritKey> keys = {
      {},
      {.group = outbound},
      {.group = {Direction::kInbound, {.place = 1}}},
      {.group = {Direction::kInbound, {.place = 0, .generation = 1}}},
      {.source = Ipv4({192, 0, 2, 1})},
      {.place = {Ipv4({192, 0, 2, 1}), 0}},
      {.place = {IpAddress(), 443}},
      {.cgroup_id = 7}};
  HeavyHitters table;
  for (std::size_t i = 0; i < keys.size(); ++i) table.Add(keys[i], i + 1);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(Find(table, keys[i]).count, i + 1) << i;
}

TEST(HeavyHittersTest, TheGreatestStayAmongEverNewOnes) {
  HeavyHitters table;
  std::uint64_t added = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    table.Add(Owner(1'000 + i), 1);
    if (i % 4 == 0) table.Add(Owner(1), 1);
    if (i % 3 == 0) table.Add(Owner(2), 1);
    added += 1 + (i % 4 == 0 ? 1 : 0) + (i % 3 == 0 ? 1 : 0);
  }
  EXPECT_LE(table.List().size(), HeavyHitters::kMaxKeys);
  EXPECT_EQ(Total(table), added) << "nothing is lost";
  for (const auto& [id, truth] : {std::pair(1U, 25'000U), std::pair(2U, 33'334U)}) {
    const Culprit culprit = Find(table, Owner(id));
    EXPECT_LE(culprit.count, truth);
    EXPECT_GE(culprit.count + culprit.uncertain, truth);
    EXPECT_GE(culprit.count, truth - 10) << "it is there from the beginning";
  }
}

TEST(HeavyHittersTest, WhoComesLateIsCertainOnlyOfItsOwn) {
  HeavyHitters table;
  for (std::uint64_t id = 1'000; id < 2'000; ++id) table.Add(Owner(id), 5);
  table.Add(Owner(1), 50);
  const Culprit late = Find(table, Owner(1));
  EXPECT_EQ(late.count, 50U);
  EXPECT_GT(late.uncertain, 0U);
}

TEST(HeavyHittersTest, MergedTablesAddUp) {
  HeavyHitters one;
  HeavyHitters other;
  for (std::uint64_t id = 0; id < 500; ++id) {
    one.Add(Owner(1'000 + id), 1);
    other.Add(Owner(5'000 + id), 1);
  }
  one.Add(Owner(1), 200);
  other.Add(Owner(1), 300);
  other.Add(Owner(2), 400);
  HeavyHitters sum;
  sum.Merge(one);
  sum.Merge(other);
  EXPECT_EQ(Total(sum), Total(one) + Total(other));
  EXPECT_EQ(Find(sum, Owner(1)).count, 500U);
  EXPECT_EQ(Find(sum, Owner(2)).count, 400U);
}

}  // namespace
}  // namespace connwatch::heavy_hitters_test
