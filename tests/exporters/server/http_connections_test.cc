// With socket pairs: the far end shows whether a connection was closed.
#include "exporters/server/http_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/tcp_pair.h"

namespace connwatch::http_connections_test {
namespace {

using namespace std::chrono_literals;

const MonotonicTime kStart{1'000s};
constexpr ConnectionLimits kLimits = {
    .max_connections = 3, .max_per_client = 0, .request_timeout = 10s, .reply_timeout = 60s};
constexpr ConnectionLimits kTwoPerClient = {
    .max_connections = 10, .max_per_client = 2, .request_timeout = 10s, .reply_timeout = 60s};

struct Peer {
  explicit Peer(HttpConnections& connections, const std::string& client,
                MonotonicTime now = kStart) {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()), 0);
    id = connections.Add(fds[0], client, now);
  }
  ~Peer() {
    close(fds[0]);
    close(fds[1]);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  void Send() const { EXPECT_EQ(send(fds[1], "x", 1, MSG_NOSIGNAL), 1); }
  bool IsClosed() const {
    char byte = 0;
    return recv(fds[1], &byte, 1, 0) == 0;
  }

  std::array<int, 2> fds{};
  HttpConnections::Id id = 0;
};

class HttpConnectionsTest : public testing::Test {
 protected:
  HttpConnections connections_{kLimits};
};

TEST_F(HttpConnectionsTest, ARequestHasItsTime) {
  const Peer peer(connections_, "a");
  connections_.CloseOverdue(kStart + 10s - 1ms);
  EXPECT_FALSE(peer.IsClosed());
  connections_.CloseOverdue(kStart + 10s);
  EXPECT_TRUE(peer.IsClosed());
  EXPECT_EQ(connections_.size(), 1U) << "until the server noticed";
  connections_.Remove(peer.id);
  EXPECT_EQ(connections_.size(), 0U);
}

TEST_F(HttpConnectionsTest, AReplyHasItsOwnTime) {
  const Peer peer(connections_, "a");
  connections_.BeginReply(peer.id, kStart + 9s);
  connections_.CloseOverdue(kStart + 68s);
  EXPECT_FALSE(peer.IsClosed());
  connections_.CloseOverdue(kStart + 69s);
  EXPECT_TRUE(peer.IsClosed());
}

TEST_F(HttpConnectionsTest, TheNextRequestBeginsAnew) {
  const Peer peer(connections_, "a");
  connections_.BeginReply(peer.id, kStart + 9s);
  connections_.EndReply(peer.id, kStart + 20s);
  connections_.CloseOverdue(kStart + 29s);
  EXPECT_FALSE(peer.IsClosed());
  connections_.CloseOverdue(kStart + 30s);
  EXPECT_TRUE(peer.IsClosed());
}

TEST_F(HttpConnectionsTest, TheOldestOfTheClientWithMostMakesRoom) {
  const Peer scraper(connections_, "scraper");
  const Peer first(connections_, "slow");
  const Peer second(connections_, "slow");
  const Peer third(connections_, "slow");
  EXPECT_FALSE(scraper.IsClosed());
  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(second.IsClosed());
  const Peer fourth(connections_, "slow");
  EXPECT_TRUE(second.IsClosed());
  EXPECT_FALSE(third.IsClosed());
  EXPECT_FALSE(scraper.IsClosed());
}

TEST_F(HttpConnectionsTest, AmongEqualsTheOldestMakesRoom) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "b");
  const Peer third(connections_, "c");
  const Peer fourth(connections_, "d");
  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(second.IsClosed());
}

TEST_F(HttpConnectionsTest, OneThatIsAnsweredDoesNotMakeRoom) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "a");
  connections_.BeginReply(first.id, kStart);
  const Peer third(connections_, "b");
  const Peer fourth(connections_, "b");
  EXPECT_FALSE(first.IsClosed());
  EXPECT_TRUE(second.IsClosed());
}

TEST_F(HttpConnectionsTest, WhereAllAreAnsweredTheOldestOfTheClientWithMostMakesRoom) {
  const Peer scraper(connections_, "scraper");
  const Peer first(connections_, "reader");
  const Peer second(connections_, "reader");
  for (const Peer* peer : {&scraper, &first, &second}) connections_.BeginReply(peer->id, kStart);
  const Peer newcomer(connections_, "newcomer");
  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(scraper.IsClosed());
  EXPECT_FALSE(second.IsClosed());
  EXPECT_FALSE(newcomer.IsClosed());
}

TEST_F(HttpConnectionsTest, OneThatJustCameDoesNotMakeRoomForThoseThatStayedLong) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "b");
  for (const Peer* peer : {&first, &second}) connections_.BeginReply(peer->id, kStart);
  const Peer scraper(connections_, "scraper", kStart + 1s);
  const Peer newcomer(connections_, "c", kStart + 1s);
  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(scraper.IsClosed());
}

TEST_F(HttpConnectionsTest, SilentOnesMakeRoomBeforeReadersWhoseClientHasMore) {
  const Peer reader(connections_, "a");
  const Peer other(connections_, "a");
  for (const Peer* peer : {&reader, &other}) connections_.BeginReply(peer->id, kStart);
  const Peer silent(connections_, "b");
  const Peer newcomer(connections_, "c", kStart + HttpConnections::kShortWait);
  EXPECT_FALSE(reader.IsClosed());
  EXPECT_FALSE(other.IsClosed());
  EXPECT_TRUE(silent.IsClosed());
}

TEST_F(HttpConnectionsTest, ACrowdThatHasJustSentSomethingDoesNotCostAReaderItsPlace) {
  const Peer reader(connections_, "reader");
  connections_.BeginReply(reader.id, kStart);
  const Peer first(connections_, "crowd", kStart + 1ms);
  const Peer second(connections_, "crowd", kStart + 1ms);
  for (const Peer* peer : {&first, &second}) peer->Send();
  const Peer newcomer(connections_, "crowd", kStart + 2ms);
  EXPECT_FALSE(reader.IsClosed());
  EXPECT_TRUE(first.IsClosed());
}

TEST_F(HttpConnectionsTest, AClosedOneLeavesItsPlace) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "a");
  const Peer third(connections_, "a");
  connections_.Remove(first.id);
  const Peer fourth(connections_, "a");
  EXPECT_FALSE(second.IsClosed());
}

TEST_F(HttpConnectionsTest, TellsWhoDecidedThatAConnectionEnds) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "a", kStart + 1s);
  const Peer third(connections_, "a", kStart + 2s);
  const Peer fourth(connections_, "a", kStart + 3s);
  connections_.CloseOverdue(kStart + 11s);
  EXPECT_EQ(connections_.ClosingOf(first.id, kStart + 12s), ConnectionClosing::kForRoom);
  EXPECT_EQ(connections_.ClosingOf(second.id, kStart + 11s), ConnectionClosing::kOverdue);
  EXPECT_EQ(connections_.ClosingOf(third.id, kStart + 12s), ConnectionClosing::kOverdue)
      << "its server was the first to see that";
  EXPECT_EQ(connections_.ClosingOf(fourth.id, kStart + 12s), ConnectionClosing::kByOthers);
}

TEST_F(HttpConnectionsTest, WhoHasWaitedLongForARequestMakesRoomBeforeAReader) {
  const Peer reader(connections_, "a");
  const Peer idle(connections_, "b", kStart + 1s);
  const Peer other(connections_, "c", kStart + 1s);
  connections_.BeginReply(reader.id, kStart);
  connections_.BeginReply(other.id, kStart + 1s);
  const Peer newcomer(connections_, "d", kStart + 1s + HttpConnections::kLongWait);
  EXPECT_FALSE(reader.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
}

TEST_F(HttpConnectionsTest, OneWhoseRequestHasArrivedDoesNotMakeRoom) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "a");
  const Peer third(connections_, "b");
  first.Send();
  const Peer fourth(connections_, "b");
  EXPECT_FALSE(first.IsClosed());
  EXPECT_TRUE(second.IsClosed());
}

TEST_F(HttpConnectionsTest, WhereEveryRequestHasArrivedTheOldestMakesRoom) {
  const Peer first(connections_, "a");
  const Peer second(connections_, "a");
  const Peer third(connections_, "a");
  for (const Peer* peer : {&first, &second, &third}) peer->Send();
  const Peer newcomer(connections_, "b");
  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(second.IsClosed());
}

TEST_F(HttpConnectionsTest, WhoWaitsLongestForARequestMakesRoomForTheSameClient) {
  HttpConnections connections(kTwoPerClient);
  const Peer other(connections, "b");
  const Peer first(connections, "a", kStart);
  const Peer second(connections, "a", kStart + 1s);
  connections.BeginReply(first.id, kStart + 2s);
  connections.EndReply(first.id, kStart + 3s);
  const Peer third(connections, "a", kStart + 4s);
  EXPECT_TRUE(second.IsClosed());
  EXPECT_EQ(connections.ClosingOf(second.id, kStart + 4s), ConnectionClosing::kForSameClient);
  const Peer fourth(connections, "a", kStart + 5s);
  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(third.IsClosed());
  EXPECT_FALSE(fourth.IsClosed());
  EXPECT_FALSE(other.IsClosed());
}

TEST_F(HttpConnectionsTest, ANewConnectionIsRefusedIfThoseOfItsClientAreAllInUse) {
  HttpConnections connections(kTwoPerClient);
  const Peer replying(connections, "a");
  const Peer arrived(connections, "a");
  connections.BeginReply(replying.id, kStart);
  arrived.Send();
  const Peer refused(connections, "a", kStart + 1s);
  EXPECT_FALSE(replying.IsClosed());
  EXPECT_FALSE(arrived.IsClosed());
  EXPECT_TRUE(refused.IsClosed());
  EXPECT_EQ(connections.ClosingOf(refused.id, kStart + 1s), ConnectionClosing::kRefused);
  EXPECT_FALSE(connections.BeginReply(refused.id, kStart + 1s)) << "its request is not answered";
  const Peer other(connections, "b", kStart + 1s);
  EXPECT_FALSE(other.IsClosed());
  connections.Remove(replying.id);
  const Peer next(connections, "a", kStart + 1s);
  EXPECT_FALSE(next.IsClosed()) << "the one that was refused takes no place";
}

TEST_F(HttpConnectionsTest, ASlowReaderMakesRoomIfNobodyOfItsClientWaitsForARequest) {
  HttpConnections connections(kTwoPerClient);
  const Peer first(connections, "a");
  const Peer second(connections, "a");
  connections.BeginReply(first.id, kStart + 1s);
  connections.BeginReply(second.id, kStart);
  const Peer refused(connections, "a", kStart + HttpConnections::kLongWait - 1ms);
  EXPECT_TRUE(refused.IsClosed());
  const Peer newcomer(connections, "a", kStart + HttpConnections::kLongWait);
  EXPECT_FALSE(newcomer.IsClosed());
  EXPECT_FALSE(first.IsClosed());
  EXPECT_TRUE(second.IsClosed());
}

TEST_F(HttpConnectionsTest, AByteNowAndThenIsNoRequestThatHasArrived) {
  HttpConnections connections(kTwoPerClient);
  const TcpPair half_sent;
  const TcpPair kept_open;
  const auto kept_open_id = connections.Add(kept_open.server, "a", kStart);
  kept_open.Send(20);
  kept_open.Read(20);
  connections.BeginReply(kept_open_id, kStart + 1s);
  connections.EndReply(kept_open_id, kStart + 1s);
  const auto half_sent_id = connections.Add(half_sent.server, "a", kStart + 2s);
  half_sent.Send(10);
  half_sent.Read(10);
  half_sent.Send(1);
  kept_open.Send(20);  // its next request
  const Peer newcomer(connections, "a", kStart + 3s);
  EXPECT_EQ(connections.ClosingOf(half_sent_id, kStart), ConnectionClosing::kForSameClient);
  EXPECT_EQ(connections.ClosingOf(kept_open_id, kStart), ConnectionClosing::kByOthers);
  EXPECT_FALSE(newcomer.IsClosed());
}

// Clients that come, ask, read and leave in any order.
class AnyOrder {
 public:
  explicit AnyOrder(unsigned seed) : random_(seed) {}

  void Step() {
    now_ += std::chrono::milliseconds(Below(800));
    const std::size_t chosen = peers_.empty() ? 0 : Below(peers_.size());
    switch (Below(6)) {
      case 0:
      case 1:
        Arrive();
        break;
      case 2:
        Ask(chosen);
        break;
      case 3:
        BeginReply(chosen);
        break;
      case 4:
        EndReply(chosen);
        break;
      default:
        Leave(chosen);
    }
    EXPECT_EQ(connections_.size(), peers_.size());
    ExpectLimits();
  }

 private:
  // What is known of a connection from outside.
  struct Client {
    explicit Client(HttpConnections& connections, const std::string& client_name, MonotonicTime now)
        : peer(connections, client_name, now), name(client_name), since(now) {}

    bool IsOpen() const { return !peer.IsClosed(); }
    bool IsIdle() const { return !is_replying && !has_asked; }

    Peer peer;
    std::string name;
    MonotonicTime since;
    bool has_asked = false;
    bool is_replying = false;
  };

  std::size_t Below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  void Arrive() {
    const auto before = Open();
    const std::string name(1, "aaabcdefg"[Below(9)]);
    peers_.push_back(std::make_unique<Client>(connections_, name, now_));
    const Client& newcomer = *peers_.back();
    std::vector<const Client*> closed;
    for (const Client* client : before) {
      if (!client->IsOpen()) closed.push_back(client);
    }
    EXPECT_LE(closed.size(), 1U);
    const bool is_full = CountOf(before, name) == kLimit.max_per_client;
    EXPECT_TRUE(newcomer.IsOpen() || (is_full && closed.empty()));
    if (is_full) ExpectRoomWithin(before, closed, newcomer);
    if (!is_full && before.size() < kLimit.max_connections) {
      EXPECT_TRUE(closed.empty());
    }
  }

  // The client of the newcomer has as many connections as it may.
  void ExpectRoomWithin(const std::vector<const Client*>& before,
                        const std::vector<const Client*>& closed, const Client& newcomer) const {
    const Client* const victim = closed.empty() ? nullptr : closed.front();
    if (victim != nullptr) {
      EXPECT_EQ(victim->name, newcomer.name);
    }
    for (const Client* client : before) {
      if (client->name != newcomer.name || client == victim) continue;
      if (victim == nullptr) {
        EXPECT_FALSE(client->IsIdle()) << "the newcomer was refused though one is idle";
      } else if (client->IsIdle()) {
        EXPECT_TRUE(victim->IsIdle()) << "one in use was closed though one is idle";
        EXPECT_LE(victim->since, client->since);
      }
    }
  }

  void Ask(std::size_t chosen) {
    if (peers_.empty() || !peers_[chosen]->IsOpen() || !peers_[chosen]->IsIdle()) return;
    peers_[chosen]->peer.Send();
    peers_[chosen]->has_asked = true;
  }

  void BeginReply(std::size_t chosen) {
    if (peers_.empty() || !peers_[chosen]->has_asked) return;
    Client& client = *peers_[chosen];
    char byte = 0;
    EXPECT_EQ(recv(client.peer.fds[0], &byte, 1, 0), 1);
    EXPECT_EQ(connections_.BeginReply(client.peer.id, now_), client.IsOpen());
    client.has_asked = false;
    client.is_replying = true;
    client.since = now_;
  }

  void EndReply(std::size_t chosen) {
    if (peers_.empty() || !peers_[chosen]->is_replying) return;
    connections_.EndReply(peers_[chosen]->peer.id, now_);
    peers_[chosen]->is_replying = false;
    peers_[chosen]->since = now_;
  }

  void Leave(std::size_t chosen) {
    if (peers_.empty()) return;
    connections_.Remove(peers_[chosen]->peer.id);
    peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }

  std::vector<const Client*> Open() const {
    std::vector<const Client*> open;
    for (const auto& client : peers_) {
      if (client->IsOpen()) open.push_back(client.get());
    }
    return open;
  }

  static std::size_t CountOf(const std::vector<const Client*>& clients, const std::string& name) {
    return static_cast<std::size_t>(std::ranges::count(clients, name, &Client::name));
  }

  void ExpectLimits() const {
    const auto open = Open();
    EXPECT_LE(open.size(), kLimit.max_connections);
    for (const Client* client : open) {
      EXPECT_LE(CountOf(open, client->name), kLimit.max_per_client);
    }
  }

  static constexpr ConnectionLimits kLimit = {
      .max_connections = 8, .max_per_client = 3, .request_timeout = 10s, .reply_timeout = 60s};

  std::mt19937 random_;
  MonotonicTime now_ = kStart;
  HttpConnections connections_{kLimit};
  std::vector<std::unique_ptr<Client>> peers_;
};

TEST(HttpConnectionsInAnyOrderTest, TheLimitsHold) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    AnyOrder any_order(seed);
    for (int i = 0; i < 200; ++i) any_order.Step();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace connwatch::http_connections_test
