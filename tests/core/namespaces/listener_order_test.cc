#include "core/namespaces/listener_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/namespace_world.h"

namespace connwatch::listener_order_test {
namespace {

// A poll of the sockets of one namespace, as a NamespaceTable makes it.
class ListenerOrderTest : public testing::Test {
 protected:
  // Returns true iff the poll has kept the order to its end.
  bool Poll(const std::vector<SocketRecord>& records) {
    order_.Begin();
    for (const SocketRecord& record : records) {
      if (order_.Meet(record)) continue;
      Leave();
      if (const auto index = sockets_.Add(record)) order_.Append(record, sockets_, *index);
    }
    if (!order_.HasMetAll()) Leave();
    const bool is_kept = order_.is_kept();
    order_.Complete();
    has_changed_ = sockets_.Complete();
    return is_kept;
  }

  Allowance room_{4};
  ListeningSockets sockets_{room_};
  ListenerOrder order_;
  bool has_changed_ = false;  // in the latest poll

 private:
  void Leave() {
    if (!order_.is_kept()) return;
    sockets_.Begin();
    for (const ListenerOrder::Place& place : order_.Leave()) place.sockets->Keep();
  }
};

TEST_F(ListenerOrderTest, IsKeptAsLongAsNothingComesOrGoes) {
  EXPECT_FALSE(Poll({Listening(1, 80), Listening(2, 81)}));
  EXPECT_TRUE(has_changed_);
  EXPECT_TRUE(Poll({Listening(1, 80), Listening(2, 81)}));
  EXPECT_FALSE(has_changed_);
}

TEST_F(ListenerOrderTest, EveryNumberThatMayChangeIsPassedOn) {
  const SocketRecord before = Listening(1, 80, 1, 8);
  std::vector<SocketRecord> changed(4, before);
  changed[0].receive_queue = 2;
  changed[1].send_queue = 9;
  changed[2].drops = 1;
  changed[3].interface = 3;
  for (const SocketRecord& after : changed) {
    Poll({before});
    EXPECT_TRUE(Poll({after}));
    EXPECT_TRUE(has_changed_);
    EXPECT_EQ(sockets_.records().front().receive_queue, after.receive_queue);
    EXPECT_EQ(sockets_.records().front().send_queue, after.send_queue);
    EXPECT_EQ(sockets_.records().front().drops, after.drops);
    EXPECT_EQ(sockets_.records().front().interface, after.interface);
    EXPECT_TRUE(Poll({after}));
    EXPECT_FALSE(has_changed_);
  }
}

TEST_F(ListenerOrderTest, WhoeverComesOrGoesIsFound) {
  const auto one = Listening(1, 80);
  const auto two = Listening(2, 81);
  const auto three = Listening(3, 82);
  const std::vector<std::vector<SocketRecord>> polls = {
      {one, two}, {one, three, two}, {three, two}, {three}, {two, three}, {}, {one, two, three}};
  for (const auto& poll : polls) {
    EXPECT_FALSE(Poll(poll));
    EXPECT_TRUE(has_changed_);
    ASSERT_EQ(sockets_.records().size(), poll.size());
    for (std::size_t i = 0; i < poll.size(); ++i) {
      EXPECT_EQ(sockets_.records()[i].cookie, poll[i].cookie);
    }
  }
}

// They may get room later, and nobody would ask for it.
TEST_F(ListenerOrderTest, SocketsWithoutRoomAreAskedForInEachPoll) {
  std::vector<SocketRecord> records;
  for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) records.push_back(Listening(cookie, 80));
  EXPECT_FALSE(Poll(records));
  EXPECT_FALSE(Poll(records));
  EXPECT_EQ(sockets_.records().size(), 4U);
  EXPECT_EQ(sockets_.left_out(), 1U);
}

using Sockets = std::vector<SocketRecord>;

std::vector<NamespaceFacts> NamespacesOf(const Sockets& sockets) {
  std::vector<NamespaceFacts> facts;
  for (const SocketRecord& socket : sockets) {
    const bool is_known = std::ranges::any_of(
        facts, [&](const NamespaceFacts& one) { return one.cookie == socket.net_cookie; });
    if (!is_known) facts.push_back(Facts(socket.net_cookie));
  }
  return facts;
}

void ChangeAtRandom(Sockets& sockets, std::mt19937& random, std::uint64_t new_cookie) {
  constexpr std::size_t kMost = 12;
  for (SocketRecord& socket : sockets) {
    if (random() % 16 == 0) socket.receive_queue = static_cast<std::uint32_t>(random() % 8);
  }
  const auto at = sockets.begin() + static_cast<std::ptrdiff_t>(random() % (sockets.size() + 1));
  switch (random() % 8) {
    case 0:
      if (at != sockets.end()) sockets.erase(at);
      return;
    case 1:
      if (sockets.size() == kMost) return;
      sockets.insert(at, In(1 + random() % 4,
                            Listening(new_cookie, static_cast<std::uint16_t>(new_cookie), 0, 8)));
      return;
    default:
      return;
  }
}

// How many listeners the table knows of. Those that it shows must be as they are in `sockets`.
std::size_t CountAndCompare(const NetworkNamespaces& seen, const Sockets& sockets) {
  std::size_t count = 0;
  for (const NetworkNamespace& one : seen.shown) {
    count += one.counts.listeners.folded;
    for (const Listener& listener : one.counts.listeners.listeners) {
      const auto socket = std::ranges::find_if(sockets, [&](const SocketRecord& record) {
        return record.net_cookie == one.identity.cookie &&
               record.local.port == listener.key.endpoint.port;
      });
      if (socket == sockets.end()) continue;  // closed ones are remembered for a while
      EXPECT_EQ(listener.status.accept_queue.length, socket->receive_queue);
      ++count;
    }
  }
  return count;
}

// Listeners of several namespaces that come, go and change at random, namespaces of which some end
// with their last listener, and polls of which some fail.
TEST(ListenerOrderPropertyTest, TheTableKnowsWhatTheLatestPollSaid) {
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  NamespaceWorld world;
  Sockets sockets;
  for (int poll = 0; poll < 5'000 && !testing::Test::HasFailure(); ++poll) {
    SCOPED_TRACE(poll);
    ChangeAtRandom(sockets, random, static_cast<std::uint64_t>(poll) + 1);
    const int at_ms = 100 * poll;
    const bool are_all_listed = random() % 2 == 0;  // also those without a listener
    world.facts = are_all_listed ? std::vector{Facts(1), Facts(2), Facts(3), Facts(4)}
                                 : NamespacesOf(sockets);
    if (random() % 8 == 0) {
      const auto part = static_cast<std::ptrdiff_t>(random() % (sockets.size() + 1));
      world.Begin(Tier::kListeners, at_ms, {sockets.begin(), sockets.begin() + part});
    } else {
      world.Poll(Tier::kListeners, at_ms, sockets);
      EXPECT_EQ(CountAndCompare(world.Judge(at_ms), sockets), sockets.size());
    }
  }
}

}  // namespace
}  // namespace connwatch::listener_order_test
