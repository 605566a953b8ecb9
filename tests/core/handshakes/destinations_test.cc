#include "core/handshakes/destinations.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/support/handshake_batches.h"

namespace connwatch::destinations_test {
namespace {

using namespace std::chrono_literals;

constexpr ConnectorNames kNames{.netns = "", .unit = "web.service", .group = "443"};

class DestinationsTest : public testing::Test {
 protected:
  DestinationsTest() { destinations_.Advance(now_); }

  void Add(TestBatch batch, const ConnectorNames& names = kNames) {
    destinations_.Add(*batch, names, now_);
  }
  void Pass(std::chrono::seconds time) {
    now_ += time;
    destinations_.Advance(now_);
  }
  Handshakes List() const {
    Handshakes handshakes;
    destinations_.List(handshakes, now_, [](std::uint64_t cookie) {
      return cookie == 5 ? std::string_view("renamed") : std::string_view();
    });
    return handshakes;
  }

  Destinations destinations_;
  MonotonicTime now_{1'000s};
};

TEST_F(DestinationsTest, IsEmptyAtFirst) {
  const Handshakes list = List();
  EXPECT_TRUE(list.destinations.empty());
  EXPECT_EQ(list.recent_span, 0s);
}

TEST_F(DestinationsTest, CountsExactly) {
  Add(TestBatch(3).Took(162ms));
  Add(TestBatch(2, HandshakeOutcome::kRefused));
  const Handshakes list = List();
  ASSERT_EQ(list.destinations.size(), 1U);
  const Destination& one = list.destinations.front();
  EXPECT_EQ(one.remote.port, 443);
  EXPECT_EQ(one.unit, "web.service");
  EXPECT_EQ(one.group, "443");
  EXPECT_EQ(one.netns, "");
  EXPECT_EQ(one.recent.Total(), 5U);
  EXPECT_EQ(one.recent.Failed(), 2U);
  EXPECT_DOUBLE_EQ(one.recent.latency.Quantile(0.5)->count(), 0.162);
  EXPECT_EQ(one.latest, now_);
}

TEST_F(DestinationsTest, ThreeOrders) {
  Add(TestBatch(100).To(1, 80).Took(1ms));
  Add(TestBatch(5, HandshakeOutcome::kTimedOut).To(2, 80));
  Add(TestBatch(1).To(3, 80).Took(2s));
  Add(TestBatch(7, HandshakeOutcome::kAbandoned).To(4, 80));
  const Handshakes list = List();
  const auto first = [&](const std::vector<std::size_t>& order) {
    return list.destinations.at(order.at(0)).remote.address.ToString();
  };
  EXPECT_EQ(first(list.by_count), "192.0.2.1");
  EXPECT_EQ(list.by_count.size(), 4U);
  EXPECT_EQ(first(list.by_failures), "192.0.2.2");
  EXPECT_EQ(list.by_failures.size(), 1U);
  EXPECT_EQ(first(list.by_latency), "192.0.2.3");
  EXPECT_EQ(list.by_latency.size(), 2U);
}

TEST_F(DestinationsTest, ForgetsAfterTenMinutes) {
  Add(TestBatch(1));
  Pass(5min);
  EXPECT_EQ(List().destinations.size(), 1U);
  EXPECT_EQ(List().recent_span, 5min);
  Pass(4min);
  EXPECT_EQ(List().recent_span, 9min);
  Add(TestBatch(1));
  EXPECT_EQ(List().destinations.front().recent.Total(), 2U);
  Pass(1min);
  EXPECT_EQ(List().destinations.front().recent.Total(), 1U);
  EXPECT_EQ(List().recent_span, 5min);
  Pass(5min);
  EXPECT_TRUE(List().destinations.empty());
}

TEST_F(DestinationsTest, ALongPauseForgetsEverything) {
  Add(TestBatch(1));
  Pass(2h);
  EXPECT_TRUE(List().destinations.empty());
  Add(TestBatch(1));
  EXPECT_EQ(List().destinations.size(), 1U);
}

TEST_F(DestinationsTest, KeepsTheHeavyAndTheFailing) {
  Add(TestBatch(50).To(1, 80));
  Add(TestBatch(1, HandshakeOutcome::kRefused).To(2, 80));
  for (unsigned port = 1; port <= 5'000; ++port) {
    Add(TestBatch(1).To(3, static_cast<std::uint16_t>(port)));
    if (port % 500 == 0) Pass(1s);
  }
  Add(TestBatch(2).To(4, 80));
  const Handshakes list = List();
  EXPECT_EQ(list.destinations.at(list.by_count.at(0)).remote.address.ToString(), "192.0.2.1");
  EXPECT_EQ(list.destinations.at(list.by_count.at(1)).remote.address.ToString(), "192.0.2.4");
  EXPECT_EQ(list.destinations.at(list.by_failures.at(0)).remote.address.ToString(), "192.0.2.2");
  EXPECT_EQ(list.by_count.size(), Destinations::kMaxTop);
  EXPECT_EQ(list.folded, 5'000 + 3 - Destinations::kMaxDestinations);
}

// Whatever a hash map does when an entry is erased while all are visited.
TEST_F(DestinationsTest, ManyDestinationsSurviveTheTurnOfTheHalf) {
  for (unsigned port = 1; port <= 1'000; ++port) {
    Add(TestBatch(1).To(3, static_cast<std::uint16_t>(port)));
  }
  Pass(5min);
  for (unsigned port = 1; port <= 1'000; port += 2) {
    Add(TestBatch(1).To(3, static_cast<std::uint16_t>(port)));
  }
  Pass(5min);
  const Handshakes list = List();
  for (const std::size_t index : list.by_count) {
    EXPECT_EQ(list.destinations.at(index).remote.port % 2, 1);
  }
  EXPECT_EQ(list.by_count.size(), Destinations::kMaxTop);
  Pass(5min);
  EXPECT_TRUE(List().destinations.empty());
}

TEST_F(DestinationsTest, WithoutAddressItIsFolded) {
  TestBatch batch(4);
  (*batch).has_addresses = false;
  destinations_.Add(*batch, kNames, now_);
  EXPECT_TRUE(List().destinations.empty());
  EXPECT_EQ(List().folded, 4U);
  Pass(10min);
  EXPECT_EQ(List().folded, 0U);
}

TEST_F(DestinationsTest, NamespacesAreToldApartAndKeepTheirLatestName) {
  Add(TestBatch(3));
  Add(TestBatch(2).From(5), {.netns = "unnamed-1", .unit = "", .group = "other"});
  Add(TestBatch(1).From(6), {.netns = "gone", .unit = "", .group = "other"});
  const Handshakes list = List();
  ASSERT_EQ(list.destinations.size(), 3U);
  EXPECT_EQ(list.destinations.at(list.by_count.at(0)).netns, "");
  EXPECT_EQ(list.destinations.at(list.by_count.at(1)).netns, "renamed");
  EXPECT_EQ(list.destinations.at(list.by_count.at(2)).netns, "gone");
}

}  // namespace
}  // namespace connwatch::destinations_test
