#include "core/connections/connection_table.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace connwatch::connection_table_test {
namespace {

constexpr auto kNowhere = ConnectionTable::kNowhere;

TEST(ConnectionTableTest, FindsWhatWasInserted) {
  Allowance room(1'000'000);
  ConnectionTable table(room);
  EXPECT_EQ(table.Find(1), kNowhere);
  const auto place = table.Insert(1);
  EXPECT_EQ(table.Find(1), place);
  EXPECT_EQ(table.At(place).cookie, 1U);
  EXPECT_EQ(table.size(), 1U);
}

TEST(ConnectionTableTest, ErasedPlacesAreUsedAgain) {
  Allowance room(1'000'000);
  ConnectionTable table(room);
  const auto place = table.Insert(1);
  table.Erase(place);
  EXPECT_EQ(table.Find(1), kNowhere);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.Insert(2), place);
  EXPECT_EQ(table.end(), 1U);
}

TEST(ConnectionTableTest, AWrongHintChangesNothing) {
  Allowance room(1'000'000);
  ConnectionTable table(room);
  for (std::uint64_t cookie = 1; cookie <= 10; ++cookie) table.Insert(cookie);
  for (const ConnectionTable::Place hint : {kNowhere, 0U, 8U, 9U, 4'000'000'000U}) {
    EXPECT_EQ(table.Find(7, hint), 6U) << hint;
    EXPECT_EQ(table.Find(77, hint), kNowhere) << hint;
  }
}

TEST(ConnectionTableTest, AgreesWithAMapUnderRandomUse) {
  constexpr int kSteps = 200'000;
  constexpr std::uint64_t kCookies = 30'000;  // several chunks
  std::mt19937_64 random(1);
  Allowance room(1'000'000);
  ConnectionTable table(room);
  std::unordered_map<std::uint64_t, std::uint64_t> expected;  // cookie -> bytes
  for (int step = 0; step < kSteps; ++step) {
    const std::uint64_t cookie = 1 + random() % kCookies;
    const auto place = table.Find(cookie, static_cast<ConnectionTable::Place>(random() % kCookies));
    ASSERT_EQ(place != kNowhere, expected.contains(cookie));
    if (place == kNowhere) {
      table.At(table.Insert(cookie)).bytes_sent = random() % 1'000;
      expected[cookie] = table.At(table.Find(cookie)).bytes_sent;
    } else if (random() % 2 == 0) {
      ASSERT_EQ(table.At(place).bytes_sent, expected[cookie]);
      table.Erase(place);
      expected.erase(cookie);
    }
  }
  EXPECT_EQ(table.size(), expected.size());
}

TEST(ConnectionTableTest, TablesShareTheirRoom) {
  Allowance room(3);
  ConnectionTable table(room);
  table.Insert(1);
  const auto place = table.Insert(2);
  {
    ConnectionTable other(room);
    other.Insert(1);
    EXPECT_EQ(other.Insert(2), kNowhere);
    EXPECT_EQ(other.Find(2), kNowhere);
    EXPECT_EQ(other.size(), 1U);
    table.Erase(place);
    EXPECT_NE(other.Insert(2), kNowhere);
  }
  EXPECT_EQ(room.taken(), 1U);
}

TEST(ConnectionTableTest, PrefetchingChangesNothing) {
  Allowance room(100);
  ConnectionTable table(room);
  const auto prefetch = [&](std::uint64_t cookie) {
    table.PrefetchIndex(cookie);
    table.PrefetchConnection(cookie);
  };
  prefetch(1);
  table.PrefetchAfter(kNowhere);
  for (std::uint64_t cookie = 1; cookie <= 100; ++cookie) table.Insert(cookie);
  for (std::uint64_t cookie = 1; cookie <= 200; ++cookie) {
    prefetch(cookie);
    EXPECT_EQ(table.Find(cookie) == kNowhere, cookie > 100);
  }
  table.PrefetchAfter(98);
  table.PrefetchAfter(99);
}

TEST(ConnectionTableTest, AtHandIsWhatTheHintFinds) {
  EXPECT_TRUE(ConnectionTable::IsAtHand(0, kNowhere));
  EXPECT_TRUE(ConnectionTable::IsAtHand(5, 4));
  EXPECT_TRUE(ConnectionTable::IsAtHand(8, 4));
  EXPECT_FALSE(ConnectionTable::IsAtHand(9, 4));
  EXPECT_FALSE(ConnectionTable::IsAtHand(4, 4));
  EXPECT_FALSE(ConnectionTable::IsAtHand(3, 4));
}

}  // namespace
}  // namespace connwatch::connection_table_test
