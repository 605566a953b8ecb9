#include "core/listeners/accept_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace connwatch::accept_queue_test {
namespace {

AcceptQueue Of(const std::vector<SocketQueue>& sockets) {
  AcceptQueue queue;
  for (const SocketQueue& socket : sockets) queue.Add(socket);
  return queue;
}

TEST(AcceptQueueTest, AQueueIsFullWithOneMoreThanItsLimit) {
  EXPECT_FALSE((SocketQueue{.length = 128, .limit = 128}).IsFull());
  EXPECT_TRUE((SocketQueue{.length = 129, .limit = 128}).IsFull());
  EXPECT_EQ((SocketQueue{.length = 129, .limit = 128}).Utilization(), 1);
  EXPECT_EQ((SocketQueue{.length = 1, .limit = 0}).Utilization(), 1);
}

TEST(AcceptQueueTest, WithoutSocketsThereIsNoUtilization) {
  EXPECT_EQ(AcceptQueue{}.Utilization(), std::nullopt);
  EXPECT_EQ(AcceptQueue{}.PeakUtilization(), std::nullopt);
  EXPECT_EQ(Of({{.length = 0, .limit = 0}}).Utilization(), 0);
}

TEST(AcceptQueueTest, LengthsAreSumsAndTheFullestSocketIsTheUtilization) {
  const AcceptQueue queue = Of({{40, 99}, {4, 3}, {8, 7}, {0, 99}});
  EXPECT_EQ(queue.sockets, 4U);
  EXPECT_EQ(queue.length, 52U);
  EXPECT_EQ(queue.limit, 208U);
  EXPECT_EQ(queue.full_sockets, 2U);
  EXPECT_EQ(queue.Utilization(), 1);
  EXPECT_EQ(queue.fullest.limit, 3U) << "of those equally full the smaller";
}

TEST(AcceptQueueTest, TheOrderOfTheSocketsDoesNotMatter) {
  const AcceptQueue one = Of({{1, 1}, {2, 3}, {0, 9}});
  const AcceptQueue other = Of({{0, 9}, {2, 3}, {1, 1}});
  EXPECT_EQ(one.fullest.limit, 1U);
  EXPECT_EQ(other.fullest.limit, 1U);
}

TEST(AcceptQueueTest, QueuesOfSeveralListenersAddUp) {
  AcceptQueue sum = Of({{1, 9}});
  sum.peak = 5;
  sum.Merge(Of({{3, 2}, {0, 8}}));
  sum.Merge(AcceptQueue{});
  EXPECT_EQ(sum.sockets, 3U);
  EXPECT_EQ(sum.length, 4U);
  EXPECT_EQ(sum.limit, 19U);
  EXPECT_EQ(sum.peak, 5U);
  EXPECT_EQ(sum.full_sockets, 1U);
  EXPECT_EQ(sum.fullest.length, 3U);
}

TEST(AcceptQueueTest, TheImbalanceIsNamed) {
  EXPECT_EQ(Of({{21, 20}}).Imbalance(), "");
  EXPECT_EQ(Of({{21, 20}, {2, 20}, {0, 20}, {3, 20}}).Imbalance(),
            "1 of 4 sockets is full (21 of 20), the other 3 hold 5");
  EXPECT_EQ(Of({{21, 20}, {21, 20}, {1, 20}}).Imbalance(),
            "2 of 3 sockets are full (the fullest 21 of 20), the other 2 hold 22");
  EXPECT_EQ(Of({{18, 20}, {4, 20}}).Imbalance(),
            "the fullest of 2 sockets holds 18 of 20, the other holds 4");
}

TEST(AcceptQueueTest, TheImbalanceIsThatOfTheFullestToTheMeanOfTheOthers) {
  EXPECT_EQ(Of({{20, 20}, {4, 20}, {6, 20}, {0, 20}}).ImbalanceRatio(), 6);
  EXPECT_EQ(Of({{12, 20}, {12, 20}}).ImbalanceRatio(), 1);
  EXPECT_EQ(Of({{12, 20}, {0, 20}, {1, 20}}).ImbalanceRatio(), 12) << "less than one counts as one";
}

TEST(AcceptQueueTest, FewConnectionsAreNoImbalance) {
  EXPECT_EQ(Of({{8, 20}, {0, 20}}).ImbalanceRatio(), 8);
  EXPECT_EQ(Of({{7, 20}, {0, 20}}).ImbalanceRatio(), 1);
  EXPECT_EQ(Of({{20, 20}}).ImbalanceRatio(), std::nullopt) << "one socket";
  EXPECT_EQ(AcceptQueue{}.ImbalanceRatio(), std::nullopt);
}

}  // namespace
}  // namespace connwatch::accept_queue_test
