// Over real sockets.
#include "exporters/server/received_bytes.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "tests/support/tcp_pair.h"

namespace connwatch::received_bytes_test {
namespace {

TEST(ReceivedBytesTest, CountsWhatIsReadAndWhatIsNot) {
  const TcpPair pair;
  EXPECT_EQ(ReceivedBytesOf(pair.server), 0U);
  pair.Send(100);
  EXPECT_EQ(ReceivedBytesOf(pair.server), 100U);
  EXPECT_EQ(UnreadBytesOf(pair.server), 100U);
  EXPECT_EQ(ReadBytesOf(pair.server), 0U);
  pair.Read(60);
  EXPECT_EQ(ReceivedBytesOf(pair.server), 100U);
  EXPECT_EQ(UnreadBytesOf(pair.server), 40U);
  EXPECT_EQ(ReadBytesOf(pair.server), 60U);
}

TEST(ReceivedBytesTest, AFinIsOneByte) {
  const TcpPair pair;
  pair.Send(10);
  shutdown(pair.client, SHUT_WR);
  pair.WaitFor(POLLRDHUP);
  EXPECT_EQ(ReceivedBytesOf(pair.server), 11U);
  EXPECT_EQ(UnreadBytesOf(pair.server), 10U);
  EXPECT_EQ(ReadBytesOf(pair.server), 1U);
}

TEST(ReceivedBytesTest, IsThereAfterAReset) {
  TcpPair pair;
  pair.Send(10);
  const linger at_once{1, 0};
  setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(pair.client);
  pair.client = -1;
  pair.WaitFor(POLLHUP);
  EXPECT_EQ(ReceivedBytesOf(pair.server), 10U);
}

TEST(ReceivedBytesTest, OnlyWhatIsUnreadIsKnownOfAUnixSocket) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  EXPECT_EQ(send(pair[1], "abc", 3, 0), 3);
  EXPECT_EQ(ReceivedBytesOf(pair[0]), std::nullopt);
  EXPECT_EQ(ReadBytesOf(pair[0]), std::nullopt);
  EXPECT_EQ(UnreadBytesOf(pair[0]), 3U);
  for (const int fd : pair) close(fd);
}

}  // namespace
}  // namespace connwatch::received_bytes_test
