#include "core/namespaces/namespace_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/namespaces/namespace_sums.h"
#include "tests/support/handshake_batches.h"
#include "tests/support/namespace_world.h"
#include "tests/support/traffic.h"

namespace connwatch::namespace_table_test {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kFullMs = 10'000;  // the interval of full polls

std::vector<std::string> NamesOf(const NetworkNamespaces& list) {
  std::vector<std::string> names;
  for (const NetworkNamespace& one : list.shown) names.push_back(one.identity.name);
  return names;
}

std::uint64_t BytesSent(const NamespaceCounts& counts) {
  std::uint64_t sum = 0;
  for (const ConnectionUsage& usage : counts.traffic) sum += usage.bytes_sent;
  return sum;
}

TEST(NamespaceTableTest, FindsNothingOnAHostWithoutNamespaces) {
  NamespaceWorld world;
  const NetworkNamespaces list = world.Judge(0);
  EXPECT_THAT(list.shown, IsEmpty());
  EXPECT_EQ(list.seen, 0U);
  EXPECT_FALSE(list.other.states);
}

TEST(NamespaceTableTest, CountsEachNamespaceByItself) {
  NamespaceWorld world;
  world.facts = {Facts(7), Facts(8)};
  world.candidates = {{7, {.mount = "red"}}, {8, {.mount = "blue", .unit = "web"}}};
  world.Poll(Tier::kListeners, 0, {In(7, Listening(1, 80, 3)), In(8, Listening(2, 80))});
  world.Poll(Tier::kFull, 0, {In(7, Established(3)), In(8, Established(4)), In(7, Established(5))});
  const NetworkNamespaces list = world.Judge(0);
  EXPECT_THAT(NamesOf(list), ElementsAre("blue", "red"));
  const NetworkNamespace& red = list.shown.at(1);
  EXPECT_EQ(red.identity.cookie, 7U);
  EXPECT_EQ(red.identity.inode, 4'007U);
  EXPECT_EQ(list.shown.at(0).identity.unit, "web");
  EXPECT_EQ(red.counts.states->at(IndexOf(TcpState::kEstablished)), 2U);
  EXPECT_EQ(red.counts.listeners.listeners.at(0).status.accept_queue.length, 3U);
  EXPECT_EQ(list.shown.at(0).counts.listeners.listeners.at(0).status.accept_queue.length, 0U);
}

TEST(NamespaceTableTest, FactsAreReadOnceASecondAtMost) {
  NamespaceWorld world;
  for (int at_ms = 0; at_ms < 1'000; at_ms += 100) world.Poll(Tier::kListeners, at_ms, {});
  world.Poll(Tier::kFull, 5'000, {});
  EXPECT_EQ(world.readings, 1);
  world.Poll(Tier::kHandshakes, 5'000, {});
  EXPECT_EQ(world.readings, 2);
}

TEST(NamespaceTableTest, ForgetsWhatTheKernelNoLongerLists) {
  NamespaceWorld world;
  world.facts = {Facts(7), Facts(8)};
  world.candidates[8] = {.mount = "red"};
  world.Poll(Tier::kListeners, 0, {});
  world.facts = {Facts(8)};
  world.Poll(Tier::kListeners, 1'000, {});
  EXPECT_EQ(world.table.size(), 1U);
  EXPECT_EQ(world.Judge(1'000).shown.at(0).identity.cookie, 8U);
}

TEST(NamespaceTableTest, WithoutAListItForgetsWhatNoPollMeets) {
  NamespaceWorld world;
  world.Poll(Tier::kFull, 0, {In(7, Established(1))});
  world.Poll(Tier::kFull, 300'000, {});
  EXPECT_EQ(world.table.size(), 1U);
  world.Poll(Tier::kFull, 300'001, {});
  EXPECT_EQ(world.table.size(), 0U);
}

TEST(NamespaceTableTest, BeyondTheLimitNamespacesAreCountedAsLeftOut) {
  NamespaceWorld world(1);
  std::vector<NamespaceFacts> facts;
  for (std::uint64_t cookie = 1; cookie <= NamespaceTable::kMaxNamespaces + 3; ++cookie) {
    facts.push_back(Facts(cookie));
  }
  world.facts = facts;
  world.candidates[1] = {.mount = "red"};
  world.Poll(Tier::kListeners, 0, {In(9'999, Listening(1, 80))});
  const NetworkNamespaces list = world.Judge(0);
  EXPECT_EQ(list.seen, NamespaceTable::kMaxNamespaces);
  EXPECT_EQ(list.left_out, 4U);
  EXPECT_EQ(list.shown.size(), 1U);
  EXPECT_EQ(list.folded, NamespaceTable::kMaxNamespaces - 1);
}

// What it had moved before is not known to be new.
TEST(NamespaceTableTest, ANamespaceThatWasLeftOutStartsWithABaseline) {
  constexpr std::uint64_t kLast = NamespaceTable::kMaxNamespaces + 1;
  const TestConnection connection{.cookie = 1, .sent = 40};
  NamespaceWorld world(kLast);
  world.facts.emplace();
  for (std::uint64_t cookie = 1; cookie <= kLast; ++cookie) world.facts->push_back(Facts(cookie));
  world.Poll(Tier::kListeners, 0, {});
  world.Poll(Tier::kFull, 0, {});
  EXPECT_EQ(world.Judge(0).left_out, 1U);
  world.facts = {Facts(kLast)};
  world.Poll(Tier::kListeners, kFullMs, {});
  world.Poll(Tier::kFull, kFullMs, {In(kLast, connection.Row())});
  EXPECT_EQ(BytesSent(world.Judge(kFullMs).shown.at(0).counts), 0U);
}

std::uint64_t QueueIn(const NetworkNamespace& netns) {
  std::uint64_t sum = 0;
  for (const Listener& listener : netns.counts.listeners.listeners) {
    sum += listener.status.accept_queue.length;
  }
  return sum;
}

TEST(NamespaceTableTest, WhenOneNamespaceEndsWithoutAPollThatMeetsTheOtherItsListenersAreClosed) {
  NamespaceWorld world;
  world.facts = {Facts(7), Facts(8)};
  world.Poll(Tier::kListeners, 0, {In(7, Listening(1, 80)), In(8, Listening(2, 81, 5))});
  EXPECT_EQ(QueueIn(world.Judge(0).shown.at(1)), 5U);
  world.facts = {Facts(8)};
  world.Poll(Tier::kListeners, 1'000, {});
  EXPECT_EQ(QueueIn(world.Judge(1'000).shown.at(0)), 0U);
}

TEST(NamespaceTableTest, ANamespaceMayEndInTheMiddleOfAPoll) {
  NamespaceWorld world;
  const SocketRecord one = In(8, Listening(2, 81, 5));
  const SocketRecord other = In(8, Listening(3, 82, 7));
  world.facts = {Facts(7), Facts(8)};
  world.Poll(Tier::kListeners, 0, {In(7, Listening(1, 80)), one, other});
  world.facts = {Facts(8)};
  world.table.Begin(Tier::kListeners, NamespaceWorld::AtMs(900));
  world.table.Add(Tier::kListeners, 8, {&one, 1}, NamespaceWorld::AtMs(900));
  world.Poll(Tier::kHandshakes, 1'000, {});  // reads the facts
  world.table.Add(Tier::kListeners, 8, {&other, 1}, NamespaceWorld::AtMs(1'000));
  world.table.Complete(Tier::kListeners, NamespaceWorld::AtMs(1'000));
  world.Poll(Tier::kListeners, 1'100, {other});
  EXPECT_EQ(QueueIn(world.Judge(1'100).shown.at(0)), 7U);
}

TEST(NamespaceTableTest, ANewNamespaceCountsFromZero) {
  const TestConnection connection{.cookie = 1, .sent = 40};
  NamespaceWorld world;
  world.Poll(Tier::kFull, 0, {});
  world.Poll(Tier::kFull, kFullMs, {In(7, connection.Row())});
  EXPECT_EQ(BytesSent(world.Judge(kFullMs).shown.at(0).counts), 40U);
}

TEST(NamespaceTableTest, PlacesGoToTroubleThenToTheBusiest) {
  NamespaceWorld world(1);
  world.facts = {Facts(7), Facts(8), Facts(9)};
  world.candidates[7] = {.mount = "red"};
  world.Poll(Tier::kListeners, 0, {In(8, Listening(1, 80, 0, 8))});
  EXPECT_EQ(world.Judge(0).shown.at(0).identity.cookie, 7U) << "the first";
  world.Poll(Tier::kListeners, 100, {In(8, Listening(1, 80, 8, 8))});
  const NetworkNamespaces list = world.Judge(100);
  EXPECT_EQ(list.shown.at(0).identity.cookie, 8U);
  EXPECT_TRUE(list.shown.at(0).is_in_trouble);
  EXPECT_EQ(list.folded, 2U);
  EXPECT_EQ(list.folded_in_trouble, 0U);
}

// Whose sockets are in it is not known yet, and a number would be its name for seconds only.
TEST(NamespaceTableTest, WithoutANameAndASocketItHasNoPlace) {
  NamespaceWorld world;
  world.facts = {Facts(7), Facts(8)};
  world.candidates[7] = {.mount = "cni-12"};
  world.Poll(Tier::kListeners, 0, {});
  EXPECT_THAT(world.Judge(0).shown, IsEmpty());
  world.candidates[7].container = "shop/cart";
  world.Poll(Tier::kListeners, 100, {In(7, Listening(1, 80)), In(8, Listening(2, 80))});
  EXPECT_THAT(NamesOf(world.Judge(100)), ElementsAre("shop/cart", "unnamed-1"));
}

// Each change would end series: the containers of a pod take turns in having the most sockets.
TEST(NamespaceTableTest, TheFirstContainerThatIsKnownStaysItsOwner) {
  NamespaceWorld world;
  const auto identity_with = [&](const NameCandidates& candidates) {
    world.candidates[7] = candidates;
    world.Poll(Tier::kListeners, 0, {In(7, Listening(1, 80))});
    return world.Judge(0).shown.at(0).identity;
  };
  EXPECT_EQ(identity_with({.unit = "crio-1"}).unit, "crio-1");
  EXPECT_EQ(identity_with({.unit = "crio-2"}).unit, "crio-1");
  const NameCandidates redis = {
      .unit = "shop/cart/redis", .container = "shop/cart", .pod_namespace = "shop", .pod = "cart"};
  EXPECT_EQ(identity_with(redis).unit, "shop/cart/redis");
  const NamespaceIdentity later = identity_with({.unit = "shop/other/proxy",
                                                 .container = "shop/other",
                                                 .pod_namespace = "shop",
                                                 .pod = "other"});
  EXPECT_EQ(later.name, "shop/cart");
  EXPECT_EQ(later.unit, "shop/cart/redis");
  EXPECT_EQ(later.pod, "cart");
}

TEST(NamespaceTableTest, TheFirstHandshakeCountsForTheNamespace) {
  NamespaceWorld world;
  world.facts = {Facts(7)};
  world.Poll(Tier::kListeners, 0, {});
  world.table.AddHandshakes(*TestBatch(3).From(7), NamespaceWorld::AtMs(0).monotonic);
  const NetworkNamespaces list = world.Judge(0);
  ASSERT_EQ(list.shown.size(), 1U);
  EXPECT_EQ(list.shown.at(0).counts.handshakes.at(IndexOf(Direction::kOutbound)).Total(), 3U);
}

// Pods come and go. But any user may make namespaces, and would make ever new series.
TEST(NamespaceTableTest, OnlyThePlaceOfAContainerIsFreeAtOnce) {
  for (const bool is_container : {true, false}) {
    NamespaceWorld world(1);
    for (std::uint64_t cookie = 7; cookie < 10; ++cookie) {
      const std::string name = "job-" + std::to_string(cookie);
      world.facts = {Facts(cookie)};
      world.candidates[cookie] = {.unit = name, .container = is_container ? "ci/" + name : ""};
      const int at_ms = static_cast<int>(cookie) * 1'000;
      world.Poll(Tier::kListeners, at_ms, {In(cookie, Listening(cookie, 80))});
      const NetworkNamespaces list = world.Judge(at_ms);
      if (is_container) {
        EXPECT_THAT(NamesOf(list), ElementsAre("ci/" + name));
      } else {
        EXPECT_EQ(list.shown.size(), cookie == 7 ? 1U : 0U);
      }
    }
  }
}

TEST(NamespaceTableTest, NoPlacesAtAllIsAllowed) {
  NamespaceWorld world(0);
  world.facts = {Facts(7)};
  world.Poll(Tier::kListeners, 0, {In(7, Listening(1, 80, 8, 8))});
  world.Poll(Tier::kFull, 0, {In(7, Listening(1, 80, 8, 8)), In(7, Established(2))});
  const NetworkNamespaces list = world.Judge(0);
  EXPECT_THAT(list.shown, IsEmpty());
  EXPECT_EQ(list.folded_in_trouble, 1U);
  EXPECT_EQ(list.other.states->at(IndexOf(TcpState::kEstablished)), 1U);
  EXPECT_EQ(list.other.listeners.folded, 1U);
  EXPECT_EQ(list.other.listeners.folded_in_trouble, 1U);
  EXPECT_EQ(list.other.listeners.other.accept_queue.length, 8U);
  EXPECT_EQ(list.other.listeners.other.accept_queue.peak, 8U);
  EXPECT_THAT(list.other.listeners.listeners, IsEmpty());
}

TEST(NamespaceTableTest, TheSumOfTheOthersHasItsOwnPeak) {
  NamespaceWorld world(0);
  world.Poll(Tier::kListeners, 0, {In(7, Listening(1, 80, 3)), In(8, Listening(2, 80, 4))});
  world.Judge(0);
  world.Poll(Tier::kListeners, 1'000, {In(7, Listening(1, 80)), In(8, Listening(2, 80))});
  const NetworkNamespaces list = world.Judge(1'000);
  EXPECT_EQ(list.other.listeners.other.accept_queue.length, 0U);
  EXPECT_EQ(list.other.listeners.other.accept_queue.peak, 7U);
}

// Drops count once: for the namespace while it has a place, else for the others.
TEST(NamespaceTableTest, DropsAreBookedOnce) {
  NamespaceWorld world(1);
  SocketRecord listener = In(8, Listening(1, 80, 0, 8));
  listener.drops = 0;
  world.facts = {Facts(7), Facts(8, 0)};
  world.candidates[7] = {.mount = "red"};
  world.Poll(Tier::kListeners, 0, {listener});
  world.Judge(0);
  listener.drops = 5;
  world.facts = {Facts(7), Facts(8, 5)};
  world.Poll(Tier::kListeners, 1'000, {listener});
  NetworkNamespaces list = world.Judge(1'000);
  EXPECT_EQ(list.other.listeners.other.drops, 5U);
  EXPECT_EQ(list.other.listeners.other.socket_drops, 5U);
  listener.receive_queue = 8;  // trouble: it gets the place
  world.Poll(Tier::kListeners, 1'100, {listener});
  list = world.Judge(1'100);
  ASSERT_EQ(list.shown.at(0).identity.cookie, 8U);
  EXPECT_EQ(list.shown.at(0).counts.listeners.listeners.at(0).status.drops, 0U);
  listener.drops = 7;
  world.facts = {Facts(7), Facts(8, 7)};
  world.Poll(Tier::kListeners, 2'100, {listener});
  list = world.Judge(2'100);
  EXPECT_EQ(list.shown.at(0).counts.listeners.listeners.at(0).status.drops, 2U);
  EXPECT_EQ(list.other.listeners.other.drops, 5U);
}

TEST(NamespaceTableTest, CountersThatCannotBeReadBoundNoDrops) {
  NamespaceWorld world;
  SocketRecord listener = In(7, Listening(1, 80));
  listener.drops = 0;
  world.facts = {Facts(7)};
  world.Poll(Tier::kListeners, 0, {listener});
  world.facts.reset();
  listener.drops = 3;
  world.Poll(Tier::kListeners, 1'000, {listener});
  EXPECT_EQ(world.Judge(1'000).shown.at(0).counts.listeners.listeners.at(0).status.drops, 3U);
  EXPECT_EQ(world.table.size(), 1U) << "not forgotten";
}

TEST(NamespaceTableTest, TheRoomForConnectionsIsShared) {
  NamespaceWorld world;
  Allowance room(3);
  NamespaceTable table(
      {}, room, [] { return std::nullopt; },
      [](const NamespaceClues&, MonotonicTime) { return NameCandidates(); });
  const Instant now = TestInstant(0);
  table.Begin(Tier::kFull, now);
  for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) {
    const SocketRecord record = TestConnection{.cookie = cookie}.Row();
    table.Add(Tier::kFull, 7 + cookie % 2, {&record, 1}, now);
  }
  table.Complete(Tier::kFull, now);
  EXPECT_EQ(room.taken(), 3U);
}

TEST(NamespaceTableTest, NamespacesThatComeAndGoLeaveNothingBehind) {
  NamespaceWorld world(5);
  for (std::uint64_t cookie = 1; cookie <= 1'000; ++cookie) {
    const int at_ms = static_cast<int>(cookie) * kFullMs;
    const std::vector<SocketRecord> records = {In(cookie, Listening(1, 80)),
                                               In(cookie, TestConnection{.cookie = 2}.Row())};
    world.facts = {Facts(cookie)};
    world.Poll(Tier::kListeners, at_ms, {records.front()});
    world.Poll(Tier::kHandshakes, at_ms, {});
    world.Poll(Tier::kFull, at_ms, records);
    const NetworkNamespaces list = world.Judge(at_ms);
    ASSERT_EQ(list.seen, 1U);
    ASSERT_EQ(list.unnamed, 1U);
    EXPECT_EQ(world.connections.taken(), 1U);
    if (!list.shown.empty()) {
      EXPECT_EQ(list.shown.front().identity.name, "unnamed-1");
    }
  }
  world.facts = std::vector<NamespaceFacts>();
  world.Poll(Tier::kListeners, 20'000'000, {});
  EXPECT_EQ(world.table.size(), 0U);
  EXPECT_EQ(world.connections.taken(), 0U);
}

TEST(NamespaceTableTest, ANamespaceMayBeginInTheMiddleOfAPoll) {
  NamespaceWorld world;
  world.Poll(Tier::kHandshakes, 0, {});
  world.Begin(Tier::kFull, 1'000, {In(7, Established(1))});
  world.facts = {Facts(7), Facts(8)};
  world.Poll(Tier::kListeners, 1'100, {In(7, Listening(2, 80)), In(8, Listening(3, 80))});
  const SocketRecord late = In(8, Established(4));
  world.table.Add(Tier::kFull, 8, {&late, 1}, NamespaceWorld::AtMs(1'200));
  world.table.Complete(Tier::kFull, NamespaceWorld::AtMs(1'200));
  const NetworkNamespaces list = world.Judge(1'200);
  ASSERT_EQ(list.shown.size(), 2U);
  for (const NetworkNamespace& one : list.shown) {
    EXPECT_EQ(one.counts.states->at(IndexOf(TcpState::kEstablished)), 1U);
  }
}

TEST(NamespaceTableTest, HandshakesCountInTheirNamespaceAlsoBeforeAPollHasMetIt) {
  NamespaceWorld world;
  world.facts.emplace();
  world.Poll(Tier::kListeners, 0, {});
  world.facts = {Facts(7)};
  const MonotonicTime later = NamespaceWorld::AtMs(500).monotonic;
  world.table.AddHandshakes(*TestBatch(3).From(7), later);
  world.table.AddHandshakes(*TestBatch(2, HandshakeOutcome::kRefused).From(7), later);
  world.table.AddHandshakes(*TestBatch(4).From(7).Inbound(80), later);
  const NetworkNamespaces list = world.Judge(500);
  ASSERT_EQ(list.shown.size(), 1U);
  EXPECT_EQ(list.shown.front().identity.name, world.table.NameOf(7));
  const auto& handshakes = list.shown.front().counts.handshakes;
  EXPECT_EQ(handshakes.at(IndexOf(Direction::kOutbound)).Of(HandshakeOutcome::kEstablished), 3U);
  EXPECT_EQ(handshakes.at(IndexOf(Direction::kOutbound)).Failed(), 2U);
  EXPECT_EQ(handshakes.at(IndexOf(Direction::kInbound)).Total(), 4U);
}

// A container that has lived for a moment takes no place from others.
TEST(NamespaceTableTest, WhatIsToldOfANamespaceThatIsGoneCountsAmongTheOthers) {
  NamespaceWorld world;
  world.facts.emplace();
  world.Poll(Tier::kListeners, 0, {});
  world.Poll(Tier::kFull, 0, {});
  const int readings = world.readings;
  for (std::uint64_t cookie = 100; cookie < 200; ++cookie) {
    const TestConnection connection{.cookie = cookie, .sent = 10};
    world.table.AddHandshakes(*TestBatch(1).From(cookie), NamespaceWorld::AtMs(500).monotonic);
    world.table.OnDestroyed(In(cookie, connection.TracedEnd(TcpState::kFinWait2, false)),
                            NamespaceWorld::AtMs(500).monotonic);
  }
  EXPECT_EQ(world.readings, readings + 1);
  const NetworkNamespaces list = world.Judge(600);
  EXPECT_THAT(list.shown, IsEmpty());
  EXPECT_EQ(list.other.handshakes.at(IndexOf(Direction::kOutbound)).Total(), 100U);
  EXPECT_EQ(BytesSent(list.other), 1'000U);
  EXPECT_TRUE(HasOther(list));
}

TEST(NamespaceTableTest, HandshakesOfANamespaceThatEndsStayCounted) {
  NamespaceWorld world(1);
  world.facts = {Facts(7), Facts(8)};
  world.candidates[7] = {.mount = "red"};
  world.Poll(Tier::kListeners, 0, {});
  world.table.AddHandshakes(*TestBatch(3).From(8), NamespaceWorld::AtMs(0).monotonic);
  world.Judge(0);
  world.facts = {Facts(7)};
  world.Poll(Tier::kListeners, 1'000, {});
  const NetworkNamespaces list = world.Judge(1'000);
  EXPECT_EQ(list.other.handshakes.at(IndexOf(Direction::kOutbound)).Total(), 3U);
  EXPECT_TRUE(world.table.NameOf(8).empty());
}

TEST(NamespaceTableTest, TracedEndsCountWhatNoPollHasSeen) {
  NamespaceWorld world;
  world.facts = {Facts(7)};
  world.Poll(Tier::kListeners, 0, {});
  world.Poll(Tier::kFull, 0, {});
  const TestConnection connection{.cookie = 1, .sent = 100, .received = 7};
  world.table.OnDestroyed(In(7, connection.TracedEnd(TcpState::kEstablished, false)),
                          NamespaceWorld::AtMs(100).monotonic);
  const NetworkNamespaces list = world.Judge(200);
  ASSERT_EQ(list.shown.size(), 1U);
  EXPECT_EQ(BytesSent(list.shown.front().counts), 100U);
}

}  // namespace
}  // namespace connwatch::namespace_table_test
