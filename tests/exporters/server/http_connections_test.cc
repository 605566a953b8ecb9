// With socket pairs: the far end shows whether a connection was closed.
#include "exporters/server/http_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace connwatch {
namespace {

using namespace std::chrono_literals;

const MonotonicTime kStart{1'000s};
constexpr ConnectionLimits kLimits = {
    .max_connections = 3, .request_timeout = 10s, .reply_timeout = 60s};

class HttpConnectionsTest : public testing::Test {
 protected:
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
    bool IsClosed() const {
      char byte = 0;
      return recv(fds[1], &byte, 1, 0) == 0;
    }

    std::array<int, 2> fds{};
    HttpConnections::Id id = 0;
  };

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

}  // namespace
}  // namespace connwatch
