#include "core/listeners/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace connwatch::places_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Candidate = PlaceCandidate<ListenerKey>;

constexpr std::uint16_t kMost = 20;

MonotonicTime At(std::chrono::seconds time) { return MonotonicTime(std::chrono::hours(1) + time); }

ListenerKey Key(std::uint16_t port) { return {{IpAddress(), port}}; }

Candidate Well(std::uint16_t port, double load = 0) { return {Key(port), false, load}; }
Candidate Troubled(std::uint16_t port, double load = 0) { return {Key(port), true, load}; }

std::set<std::uint16_t> HoldersOf(const Places<ListenerKey>& places) {
  std::set<std::uint16_t> ports;
  for (std::uint16_t port = 0; port < kMost; ++port) {
    if (places.Has(Key(port))) ports.insert(port);
  }
  return ports;
}

class PlacesTest : public testing::Test {
 protected:
  std::set<std::uint16_t> Reassign(const std::vector<Candidate>& listening, seconds time) {
    places_.Reassign(listening, At(time));
    return HoldersOf(places_);
  }

  Places<ListenerKey> places_{2};
};

TEST_F(PlacesTest, FreePlacesGoToThoseInTroubleThenToTheBusiest) {
  EXPECT_THAT(Reassign({Well(1, 5), Well(2, 9), Troubled(3, 1)}, seconds(0)),
              UnorderedElementsAre(2, 3));
}

TEST_F(PlacesTest, WhoComesFirstTakesAFreePlace) {
  for (const auto& key : {Key(7), Key(7), Key(8), Key(9)}) places_.TakeFree(key, At(seconds(0)));
  EXPECT_THAT(HoldersOf(places_), UnorderedElementsAre(7, 8));
}

TEST_F(PlacesTest, ABusierOneWaitsTenMinutes) {
  Reassign({Well(1, 1), Well(2, 2)}, seconds(0));
  const std::vector<Candidate> all = {Well(1, 1), Well(2, 2), Well(3, 3)};
  EXPECT_THAT(Reassign(all, seconds(599)), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Reassign(all, seconds(600)), UnorderedElementsAre(2, 3)) << "of the least busy one";
}

TEST_F(PlacesTest, OneThatIsAsBusyTakesNothing) {
  Reassign({Well(1), Well(2)}, seconds(0));
  EXPECT_THAT(Reassign({Well(1), Well(2), Well(3)}, minutes(60)), UnorderedElementsAre(1, 2));
}

TEST_F(PlacesTest, OneInTroubleTakesThePlaceOfTheLeastBusyAtOnce) {
  Reassign({Well(1, 1), Well(2, 2)}, seconds(0));
  EXPECT_THAT(Reassign({Well(1, 1), Well(2, 2), Troubled(3)}, seconds(1)),
              UnorderedElementsAre(2, 3));
}

TEST_F(PlacesTest, OneInTroubleKeepsItsPlaceForTenMinutesAfterIt) {
  Reassign({Troubled(1), Troubled(2)}, seconds(0));
  EXPECT_THAT(Reassign({Troubled(1), Well(2), Troubled(3)}, seconds(1)), UnorderedElementsAre(1, 2))
      << "the trouble of 2 has just ended";
  EXPECT_THAT(Reassign({Troubled(1), Well(2), Troubled(3)}, seconds(600)),
              UnorderedElementsAre(1, 3));
  EXPECT_THAT(Reassign({Troubled(1), Troubled(3), Troubled(4, 100)}, minutes(60)),
              UnorderedElementsAre(1, 3))
      << "the first stay, however busy the others are";
}

TEST_F(PlacesTest, AClosedListenerKeepsItsPlaceForAWhile) {
  Reassign({Well(1), Well(2)}, seconds(0));
  EXPECT_THAT(Reassign({Well(2), Well(3)}, seconds(1)), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Reassign({Well(2), Well(3)}, seconds(600)), UnorderedElementsAre(2, 3));
}

TEST_F(PlacesTest, OneInTroubleTakesThePlaceOfAClosedOneFirst) {
  Reassign({Well(1), Well(2)}, seconds(0));
  EXPECT_THAT(Reassign({Well(1, 0), Troubled(3)}, seconds(1)), UnorderedElementsAre(1, 3));
}

TEST_F(PlacesTest, NobodyWaitsWhileThereIsRoom) {
  EXPECT_THAT(Reassign({}, seconds(0)), IsEmpty());
  EXPECT_THAT(Reassign({Well(1)}, seconds(1)), UnorderedElementsAre(1));
  EXPECT_THAT(Reassign({Well(1), Well(2)}, seconds(2)), UnorderedElementsAre(1, 2));
}

// Listeners come, go, get into trouble and out of it at random.
TEST(PlacesPropertyTest, PlacesChangeRarelyAndTroubleIsSeen) {
  constexpr std::size_t kPlaces = 4;
  constexpr int kSeconds = 20'000;
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  Places<ListenerKey> places(kPlaces);
  std::vector<Candidate> all;
  for (std::uint16_t port = 0; port < kMost; ++port) all.push_back(Well(port));
  std::vector<bool> exists(kMost, true);
  std::map<std::uint16_t, int> latest_trouble;
  std::vector<int> changes;  // when a place changed hands
  std::set<std::uint16_t> before;
  for (int second = 0; second < kSeconds; ++second) {
    Candidate& changed = all.at(random() % kMost);
    changed.is_in_trouble = random() % 50 == 0;
    changed.load = static_cast<double>(random() % 10);
    if (random() % 10 == 0) exists.at(random() % kMost).flip();
    std::vector<Candidate> listening;
    for (const Candidate& one : all) {
      if (!exists.at(one.key.endpoint.port)) continue;
      listening.push_back(one);
      if (one.is_in_trouble) latest_trouble[one.key.endpoint.port] = second;
    }
    places.Reassign(listening, At(seconds(second)));
    const std::set<std::uint16_t> now = HoldersOf(places);
    ASSERT_LE(now.size(), kPlaces);
    for (const Candidate& one : listening) {
      const bool waits = one.is_in_trouble && !now.contains(one.key.endpoint.port);
      if (!waits) continue;
      for (const std::uint16_t port : now) {
        ASSERT_TRUE(latest_trouble.contains(port)) << second;
        ASSERT_LT(second - latest_trouble[port], 600) << "this one was well at " << second;
      }
    }
    for (const std::uint16_t port : before) {
      if (!now.contains(port)) changes.push_back(second);
    }
    before = now;
  }
  ASSERT_GT(changes.size(), 2 * kPlaces);
  for (std::size_t i = 2 * kPlaces; i < changes.size(); ++i) {
    EXPECT_GE(changes[i] - changes[i - 2 * kPlaces], 600) << "at most twice a place in 10 min";
  }
}

}  // namespace
}  // namespace connwatch::places_test
