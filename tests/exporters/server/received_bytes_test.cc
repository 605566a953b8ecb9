// Over real sockets.
#include "exporters/server/received_bytes.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace connwatch {
namespace {

class ReceivedBytesTest : public testing::Test {
 protected:
  ReceivedBytesTest() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, generic, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, generic, &size), 0);
    EXPECT_EQ(connect(client_, generic, size), 0);
    server_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener);
  }
  void TearDown() override {
    close(client_);
    close(server_);
  }

  void Send(std::size_t bytes) const {
    EXPECT_EQ(send(client_, std::string(bytes, 'x').data(), bytes, 0), static_cast<ssize_t>(bytes));
    WaitFor(POLLIN);
  }
  void WaitFor(short event) const {
    pollfd waiting = {server_, event, 0};
    EXPECT_EQ(poll(&waiting, 1, 10'000), 1);
  }

  int client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int server_ = -1;
};

TEST_F(ReceivedBytesTest, CountsWhatIsReadAndWhatIsNot) {
  EXPECT_EQ(ReceivedBytesOf(server_), 0U);
  Send(100);
  EXPECT_EQ(ReceivedBytesOf(server_), 100U);
  std::array<char, 60> part{};
  EXPECT_EQ(recv(server_, part.data(), part.size(), 0), 60);
  EXPECT_EQ(ReceivedBytesOf(server_), 100U);
}

TEST_F(ReceivedBytesTest, AFinIsOneByte) {
  Send(10);
  shutdown(client_, SHUT_WR);
  WaitFor(POLLRDHUP);
  EXPECT_EQ(ReceivedBytesOf(server_), 11U);
}

TEST_F(ReceivedBytesTest, IsThereAfterAReset) {
  Send(10);
  const linger at_once{1, 0};
  setsockopt(client_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(client_);
  client_ = -1;
  WaitFor(POLLHUP);
  EXPECT_EQ(ReceivedBytesOf(server_), 10U);
}

TEST_F(ReceivedBytesTest, IsUnknownOfAUnixSocket) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  EXPECT_EQ(ReceivedBytesOf(pair[0]), std::nullopt);
  for (const int fd : pair) close(fd);
}

}  // namespace
}  // namespace connwatch
