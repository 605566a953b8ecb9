// Against the real kernel: no capability is needed to be told of the end of sockets.
#include "netlink/inet_destroy_events.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <vector>

#include "tests/support/live_test.h"
#include "tests/support/records.h"

namespace connwatch::inet_destroy_events_test {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20U;
constexpr int kPatienceMs = 60'000;
constexpr int kBrieflyMs = 100;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Server {
 public:
  Server() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Server() { close(fd_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// A connection over which the client sends `bytes`; closed by the client first.
  void ServeOne(std::size_t bytes) const {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(port_);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const int accepted = accept(fd_, nullptr, nullptr);
    std::vector<char> data(bytes);
    EXPECT_EQ(write(client, data.data(), bytes), static_cast<ssize_t>(bytes));
    close(client);
    while (read(accepted, data.data(), data.size()) > 0) {
    }
    close(accepted);
  }

  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// Returns whether there is one. The kernel reports from a work queue, on a busy machine long after
// the connection has ended.
bool WaitForEvent(const DestroyEventStream& stream, int patience_ms) {
  pollfd waiting{stream.fd(), POLLIN, 0};
  return poll(&waiting, 1, patience_ms) != 0;
}

// The next event of a socket with this remote port; other sockets of the host end as well.
std::optional<SocketRecord> NextWithRemotePort(DestroyEventStream& stream, std::uint16_t port,
                                               int patience_ms = kPatienceMs) {
  while (true) {
    const auto batch = stream.ReadBatch();
    EXPECT_TRUE(batch) << batch.error().context;
    if (!batch) return std::nullopt;
    for (const SocketRecord& record : batch->records) {
      if (record.remote.port == port) return record;
    }
    if (!batch->has_more && !WaitForEvent(stream, patience_ms)) return std::nullopt;
  }
}

TEST(InetDestroyEventsTest, TellsTheFinalValues) {
  const Server server;
  InetDestroyEventSource source;
  const auto stream = source.Open(kBuffer);
  ASSERT_TRUE(stream) << stream.error().context;
  server.ServeOne(5'000);
  const auto client = NextWithRemotePort(**stream, server.port());
  ASSERT_TRUE(client);
  EXPECT_EQ(client->state, TcpState::kClose);
  EXPECT_EQ(client->local.address, Ipv4({127, 0, 0, 1}));
  EXPECT_NE(client->cookie, 0U);
  ASSERT_TRUE(client->tcp_info && client->tcp_info->traffic);
  EXPECT_EQ(client->tcp_info->traffic->bytes_acked, 5'002U) << "with SYN and FIN";
  EXPECT_EQ(client->tcp_info->traffic->bytes_sent, 5'000U);
}

TEST(InetDestroyEventsTest, NothingToReadIsNoError) {
  InetDestroyEventSource source;
  const auto stream = source.Open(kBuffer);
  ASSERT_TRUE(stream);
  while (true) {
    const auto batch = (*stream)->ReadBatch();
    ASSERT_TRUE(batch);
    if (batch->records.empty() && !batch->has_more) break;
  }
}

TEST(InetDestroyEventsTest, WhatWasReadIsNoOverrun) {
  const Server server;
  InetDestroyEventSource source;
  const auto stream = source.Open(kBuffer);
  ASSERT_TRUE(stream);
  server.ServeOne(1);
  for (bool is_read = false; !is_read;) {
    const auto batch = (*stream)->ReadBatch();
    ASSERT_TRUE(batch);
    EXPECT_FALSE(batch->is_overrun);
    is_read = !batch->records.empty();
    pollfd waiting{(*stream)->fd(), POLLIN, 0};
    if (!is_read) ASSERT_EQ(poll(&waiting, 1, kPatienceMs), 1);
  }
}

// More than one read brings, of some hundreds of bytes each.
TEST(InetDestroyEventsTest, EveryEndIsToldOnce) {
  constexpr int kConnections = 100;
  const Server server;
  InetDestroyEventSource source;
  const auto stream = source.Open(kBuffer);
  ASSERT_TRUE(stream);
  for (int i = 0; i < kConnections; ++i) server.ServeOne(1);
  std::map<std::uint64_t, int> times_by_cookie;
  std::size_t ends = 0;
  while (ends < std::size_t{2} * kConnections) {
    const auto batch = (*stream)->ReadBatch();
    ASSERT_TRUE(batch) << batch.error().context;
    EXPECT_EQ(batch->has_more, batch->records.size() == 64U);
    for (const SocketRecord& record : batch->records) {
      EXPECT_EQ(++times_by_cookie[record.cookie], 1);
      if (record.remote.port == server.port() || record.local.port == server.port()) ++ends;
    }
    pollfd waiting{(*stream)->fd(), POLLIN, 0};
    const bool goes_on = batch->has_more || ends == std::size_t{2} * kConnections;
    ASSERT_TRUE(goes_on || poll(&waiting, 1, kPatienceMs) == 1);
  }
}

TEST(InetDestroyEventsTest, AFailureToReadIsAnError) {
  const auto stream = InetDestroyEventSource().Open(kBuffer);
  ASSERT_TRUE(stream);
  const int no_socket = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(dup3(no_socket, (*stream)->fd(), O_CLOEXEC), (*stream)->fd());
  close(no_socket);
  const auto batch = (*stream)->ReadBatch();
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, ENOTSOCK);
}

int BufferOf(int fd) {
  int bytes = 0;
  socklen_t size = sizeof(bytes);
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &size), 0);
  return bytes;
}

TEST(InetDestroyEventsTest, TheBufferIsOfTheSizeAskedFor) {
  constexpr int kSmall = 64 * 1'024;  // below what any process may have
  const auto stream = InetDestroyEventSource().Open(kSmall);
  ASSERT_TRUE(stream);
  EXPECT_EQ(BufferOf((*stream)->fd()), kSmall);
}

TEST(InetDestroyEventsTest, TheKernelLimitsTheBuffer) {
  int most = 0;
  std::ifstream("/proc/sys/net/core/rmem_max") >> most;
  constexpr std::size_t kLarge = std::size_t{1} << 30U;
  const auto stream = InetDestroyEventSource().Open(kLarge);
  ASSERT_TRUE(stream);
  EXPECT_EQ(BufferOf((*stream)->fd()), std::min<std::int64_t>(2 * std::int64_t{most}, kLarge));
}

// The kernel tells of an end from a work queue, and of every other socket of the host too: into so
// small a buffer any one event may be lost, or come late. So both wait for what must happen at
// last.
TEST(InetDestroyEventsTest, ALackOfRoomIsSaidAndSurvived) {
  constexpr int kAttempts = 200;
  const Server server;
  InetDestroyEventSource source;
  const auto stream = source.Open(4'096);
  ASSERT_TRUE(stream);
  bool is_overrun = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!is_overrun && std::chrono::steady_clock::now() < deadline) {
    for (int connection = 0; connection < 20; ++connection) server.ServeOne(1);
    WaitForEvent(**stream, kBrieflyMs);
    const auto batch = (*stream)->ReadBatch();
    ASSERT_TRUE(batch) << batch.error().context;
    is_overrun = batch->is_overrun;
  }
  EXPECT_TRUE(is_overrun);
  const Server later;
  bool goes_on = false;
  for (int i = 0; i < kAttempts && !goes_on; ++i) {
    later.ServeOne(7);
    goes_on = NextWithRemotePort(**stream, later.port(), kBrieflyMs).has_value();
  }
  EXPECT_TRUE(goes_on);
}

}  // namespace
}  // namespace connwatch::inet_destroy_events_test
