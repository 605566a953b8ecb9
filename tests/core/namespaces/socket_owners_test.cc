#include "core/namespaces/socket_owners.h"

#include <gtest/gtest.h>

namespace connwatch::socket_owners_test {
namespace {

using Cgroups = std::vector<std::uint64_t>;

TEST(SocketOwnersTest, TheOneWithMostSocketsIsFirst) {
  SocketOwners owners;
  for (const std::uint64_t cgroup : {5U, 7U, 7U, 6U, 7U, 6U}) owners.Add(cgroup);
  EXPECT_EQ(owners.Take(), (Cgroups{7, 6, 5}));
  EXPECT_EQ(owners.Take(), Cgroups());
}

TEST(SocketOwnersTest, EqualOnesAreInTheOrderOfTheirNumbers) {
  SocketOwners owners;
  for (const std::uint64_t cgroup : {9U, 3U, 4U}) owners.Add(cgroup);
  EXPECT_EQ(owners.Take(), (Cgroups{3, 4, 9}));
}

TEST(SocketOwnersTest, TheMajorityIsFoundAmongManyOthers) {
  SocketOwners owners;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    owners.Add(100 + i);
    owners.Add(7);
  }
  const Cgroups cgroups = owners.Take();
  ASSERT_EQ(cgroups.size(), SocketOwners::kMost);
  EXPECT_EQ(cgroups.front(), 7U);
}

}  // namespace
}  // namespace connwatch::socket_owners_test
