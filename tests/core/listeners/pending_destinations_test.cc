#include "core/listeners/pending_destinations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/records.h"

namespace connwatch::pending_destinations_test {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

Endpoint To(std::uint16_t port) { return {Ipv4({198, 51, 100, 1}), port}; }

PendingConnect ConnectTo(std::uint16_t port, int age_ms = 0, unsigned retransmissions = 0) {
  return {.local = {Ipv4({192, 0, 2, 1}), 40'000},
          .remote = To(port),
          .retransmissions = retransmissions,
          .age = milliseconds(age_ms),
          .next_try = milliseconds(1'000 - age_ms)};
}

PendingConnects Listed(const std::vector<PendingConnect>& connects) {
  PendingDestinations counts;
  for (const PendingConnect& connect : connects) counts.Add(connect);
  PendingConnects pending;
  counts.List(pending);
  return pending;
}

TEST(PendingDestinationsTest, ADestinationSumsUpItsConnects) {
  const auto pending = Listed({ConnectTo(443, 200, 2), ConnectTo(443, 700, 1), ConnectTo(443)});
  ASSERT_EQ(pending.destinations.size(), 1U);
  const PendingDestination& destination = pending.destinations.front();
  EXPECT_EQ(destination.remote, To(443));
  EXPECT_EQ(destination.count, 3U);
  EXPECT_EQ(destination.retransmitting, 2U);
  EXPECT_EQ(destination.oldest_age, milliseconds(700));
  EXPECT_EQ(destination.retransmissions_max, 2U);
  EXPECT_EQ(destination.next_try, milliseconds(300));
  EXPECT_EQ(pending.destinations_folded, 0U);
}

TEST(PendingDestinationsTest, TheMostPendingFirstAndThenTheOldest) {
  const auto pending = Listed({ConnectTo(1, 100), ConnectTo(2, 900), ConnectTo(3), ConnectTo(3)});
  std::vector<std::uint16_t> ports;
  for (const auto& destination : pending.destinations) ports.push_back(destination.remote.port);
  EXPECT_THAT(ports, ElementsAre(3, 2, 1));
}

TEST(PendingDestinationsTest, AnOwnerIsNamedOnlyIfAllHaveIt) {
  const auto owner_of = [](const std::vector<std::optional<std::uint64_t>>& owners) {
    std::vector<PendingConnect> connects;
    for (const auto& owner : owners) {
      connects.push_back(ConnectTo(443));
      connects.back().cgroup_id = owner;
    }
    return Listed(connects).destinations.front().cgroup_id;
  };
  EXPECT_EQ(owner_of({77, 77}), 77U);
  EXPECT_FALSE(owner_of({77, 78, 77}));
  EXPECT_FALSE(owner_of({std::nullopt, 77}));
  EXPECT_FALSE(owner_of({77, std::nullopt}));
}

TEST(PendingDestinationsTest, ThoseBeyondTheListAreFolded) {
  std::vector<PendingConnect> connects;
  for (std::uint16_t port = 1; port <= 150; ++port) connects.push_back(ConnectTo(port));
  for (std::uint16_t port = 101; port <= 150; ++port) connects.push_back(ConnectTo(port));
  const auto pending = Listed(connects);
  ASSERT_EQ(pending.destinations.size(), PendingConnects::kMaxDestinationsListed);
  EXPECT_EQ(pending.destinations.front().remote.port, 101);
  EXPECT_EQ(pending.destinations_folded, 50U);
}

TEST(PendingDestinationsTest, IsBounded) {
  PendingDestinations counts;
  constexpr std::uint64_t kMore = 1'000;
  for (std::uint64_t i = 0; i < PendingDestinations::kMaxDestinations + kMore; ++i) {
    counts.Add(ConnectTo(static_cast<std::uint16_t>(i)));
  }
  for (int i = 0; i < 3; ++i) counts.Add(ConnectTo(0));  // one of the first
  PendingConnects pending;
  counts.List(pending);
  EXPECT_EQ(pending.destinations.front().count, 4U) << "one that is known still counts";
  EXPECT_EQ(pending.destinations_folded, PendingDestinations::kMaxDestinations + kMore -
                                             PendingConnects::kMaxDestinationsListed);
  counts.Clear();
  counts.List(pending);
  EXPECT_TRUE(pending.destinations.empty());
  EXPECT_EQ(pending.destinations_folded, 0U);
}

}  // namespace
}  // namespace connwatch::pending_destinations_test
