#include "core/namespaces/namespace_sums.h"

#include <gtest/gtest.h>

#include "tests/support/namespaces.h"

namespace connwatch::namespace_sums_test {
namespace {

TEST(NamespaceSums, AddUpTheListenersAndThoseWithoutAPlace) {
  const ListenerSums sums = SumOf(TestNamespaceListeners());
  EXPECT_EQ(sums.accept_queue.length, 3U);
  EXPECT_EQ(sums.accept_queue.sockets, 3U);
  EXPECT_EQ(sums.drops, 6U);
  EXPECT_EQ(sums.syn_queue.length, 30U);
  EXPECT_EQ(sums.syn_queue.retransmitting, 20U);
}

// The fullest socket may be one without a place: 1 of 3 + 1.
TEST(NamespaceSums, TheFullestSocketSpeaksForAll) {
  ListenerList list = TestNamespaceListeners();
  EXPECT_EQ(SumOf(list).accept_queue.Utilization(), 0.25);
  EXPECT_EQ(SumOf(list).accept_queue.PeakUtilization(), 0.25);
  list.listeners.front().status.accept_queue.peak_utilization = 0.75;
  EXPECT_EQ(SumOf(list).accept_queue.Utilization(), 0.25);
  EXPECT_EQ(SumOf(list).accept_queue.PeakUtilization(), 0.75);
}

TEST(NamespaceSums, ThePeakIsThatOfOneListener) {
  ListenerList list = TestNamespaceListeners();
  list.listeners.back().status.syn_queue.peak = 41;
  EXPECT_EQ(SumOf(list).syn_queue.peak, 41U);
}

TEST(NamespaceSums, CausesAreCounted) {
  ListenerList list = TestNamespaceListeners();
  list.listeners.push_back(list.listeners.front());
  const auto causes = SumOf(list).causes;
  EXPECT_EQ(causes.at(IndexOf(DiagnosisCause::kSynFlood)), 2U);
  EXPECT_EQ(causes.at(IndexOf(DiagnosisCause::kSynCookies)), 0U);
}

TEST(NamespaceSums, WithoutListenersThereIsNoUtilization) {
  const ListenerSums sums = SumOf({});
  EXPECT_EQ(sums.accept_queue.Utilization(), std::nullopt);
  EXPECT_EQ(sums.accept_queue.PeakUtilization(), std::nullopt);
  EXPECT_EQ(sums.accept_queue.length, 0U);
}

TEST(NamespaceSums, OtherIsShownFromTheFirstFoldedNamespaceOn) {
  NetworkNamespaces namespaces;
  EXPECT_FALSE(HasOther(namespaces));
  namespaces.other.states.emplace();  // levels may be there without any namespace
  EXPECT_FALSE(HasOther(namespaces));
  namespaces.folded = 1;
  EXPECT_TRUE(HasOther(namespaces));
}

TEST(NamespaceSums, OtherStaysOnceItHasCounted) {
  const auto has_other = [](void (*change)(NamespaceCounts&)) {
    NetworkNamespaces namespaces;
    change(namespaces.other);
    return HasOther(namespaces);
  };
  EXPECT_TRUE(has_other([](NamespaceCounts& other) { other.rtt.count = 1; }));
  EXPECT_TRUE(has_other([](NamespaceCounts& other) { other.listeners.other.drops = 1; }));
  EXPECT_TRUE(has_other([](NamespaceCounts& other) { other.traffic.back().bytes_sent = 1; }));
}

}  // namespace
}  // namespace connwatch::namespace_sums_test
