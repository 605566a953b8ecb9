// Namespaces come, go, get busy and into trouble at random.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/support/namespace_world.h"
#include "tests/support/traffic.h"

namespace connwatch::namespace_table_property_test {
namespace {

constexpr std::uint64_t kMost = 12;
constexpr std::size_t kPlaces = 3;

struct RandomNamespace {
  bool exists = false;
  std::uint64_t listen_drops = 0;
  std::uint64_t connections = 0;  // opened so far
  std::uint32_t drops = 0;
  TestConnection connection;
};

class RandomWorld {
 public:
  NetworkNamespaces Step(int at_ms) {
    std::vector<NamespaceFacts> facts;
    std::vector<SocketRecord> listening;
    std::vector<SocketRecord> all;
    for (std::uint64_t i = 0; i < kMost; ++i) {
      RandomNamespace& one = namespaces_.at(i);
      if (random_() % 20 == 0) one = {.exists = !one.exists, .connection = {.cookie = i + 1}};
      if (!one.exists) continue;
      one.connection.sent += random_() % 100;
      if (random_() % 8 == 0) {
        ++one.drops;
        ++one.listen_drops;
      }
      const std::uint64_t cookie = 100 * i + 7;
      facts.push_back(Facts(cookie, one.listen_drops));
      listening.push_back(In(cookie, Listening(1'000 + i, 80, random_() % 30 == 0 ? 9 : 0, 9)));
      listening.back().drops = one.drops;
      all.push_back(listening.back());
      all.push_back(In(cookie, one.connection.Row()));
      if (random_() % 5 == 0) all.pop_back();
    }
    world_.facts = facts;
    world_.Poll(Tier::kListeners, at_ms, listening);
    world_.Poll(Tier::kHandshakes, at_ms, {});
    if (random_() % 3 == 0) world_.Poll(Tier::kFull, at_ms, all);
    EXPECT_EQ(world_.table.size(), facts.size());
    return world_.Judge(at_ms);
  }

 private:
  std::mt19937 random_{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::vector<RandomNamespace> namespaces_{kMost};
  NamespaceWorld world_{kPlaces};
};

// Every counter of `counts`.
std::vector<std::uint64_t> CountersOf(const NamespaceCounts& counts) {
  std::vector<std::uint64_t> counters = {
      counts.rtt.count, static_cast<std::uint64_t>(counts.rtt.sum.count()),
      counts.listeners.other.drops, counts.listeners.other.socket_drops};
  for (const ConnectionUsage& usage : counts.traffic) {
    counters.insert(counters.end(),
                    {usage.bytes_sent, usage.bytes_received, usage.segments_sent,
                     usage.segments_retransmitted, static_cast<std::uint64_t>(usage.busy.count())});
  }
  return counters;
}

TEST(NamespaceTablePropertyTest, TheCountersOfTheOthersNeverGoDown) {
  RandomWorld world;
  std::vector<std::uint64_t> before = CountersOf({});
  for (int step = 0; step < 5'000; ++step) {
    const NetworkNamespaces list = world.Step(step * 1'000);
    ASSERT_LE(list.shown.size(), kPlaces);
    ASSERT_EQ(list.seen, list.shown.size() + list.folded);
    std::set<std::string> names;
    for (const NetworkNamespace& one : list.shown) names.insert(one.identity.name);
    ASSERT_EQ(names.size(), list.shown.size());
    const std::vector<std::uint64_t> now = CountersOf(list.other);
    for (std::size_t i = 0; i < now.size(); ++i) ASSERT_GE(now[i], before[i]) << i;
    before = now;
  }
  EXPECT_GT(before.at(2), 0U);
  EXPECT_GT(before.at(4) + before.at(9), 0U);
}

}  // namespace
}  // namespace connwatch::namespace_table_property_test
