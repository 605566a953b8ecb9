#include "exporters/server/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "tests/support/loopback_client.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::listening_socket_test {
namespace {

using testing::HasSubstr;

bool CanConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int result = connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  close(client);
  return result == 0;
}

TEST(ListeningSocketTest, APortInUseIsNamed) {
  const auto first = ListeningSocket::Open({"127.0.0.1", 0, {}});
  ASSERT_TRUE(first) << first.error().context;
  const auto second = ListeningSocket::Open({"127.0.0.1", first->port(), {}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().context, "listen on 127.0.0.1:" + std::to_string(first->port()) +
                                        ": bind: Address already in use");
}

TEST(ListeningSocketTest, AnAddressThatIsNotOursIsAnError) {
  const auto socket = ListeningSocket::Open({"192.0.2.1", 0, {}});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, EADDRNOTAVAIL);
}

TEST(ListeningSocketTest, NoHostTakesIpv4AsWell) {
  const auto listening = ListeningSocket::Open({"", 0, {}});
  ASSERT_TRUE(listening) << listening.error().context;
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listening->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(client);
}

TEST(ListeningSocketTest, TellsWhereToAsk) {
  const auto every = ListeningSocket::Open({"", 0, {}});
  EXPECT_EQ(every->Url("http"), "http://localhost:" + std::to_string(every->port()) + "/metrics");
  const auto one = ListeningSocket::Open({"127.0.0.1", 0, {}});
  EXPECT_EQ(one->Url("https"), "https://127.0.0.1:" + std::to_string(one->port()) + "/metrics");
}

class UnixSocketTest : public testing::Test {
 protected:
  ScratchDirectory folder_;
  const std::string path_ = folder_.PathTo("x.sock");
  const ListenAddress address_{{}, 0, path_};
};

TEST_F(UnixSocketTest, IsForOwnerAndGroupAndGoesAtTheEnd) {
  {
    const auto socket = ListeningSocket::Open(address_);
    ASSERT_TRUE(socket) << socket.error().context;
    EXPECT_TRUE(CanConnectUnix(path_));
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0660U);
    EXPECT_EQ(socket->Url("http"), "unix:" + path_);
    EXPECT_EQ(socket->port(), 0);
  }
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, OneThatIsListenedOnStays) {
  const auto first = ListeningSocket::Open(address_);
  const auto second = ListeningSocket::Open(address_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().context, "listen on unix:" + path_ + ": bind: Address already in use");
  EXPECT_TRUE(CanConnectUnix(path_));
}

TEST_F(UnixSocketTest, OneThatNobodyListensOnIsReplaced) {
  {
    std::optional<ListeningSocket> killed(ListeningSocket::Open(address_).value());
    ASSERT_EQ(rename(path_.c_str(), (path_ + ".kept").c_str()), 0);
    killed.reset();
    ASSERT_EQ(rename((path_ + ".kept").c_str(), path_.c_str()), 0);
  }
  EXPECT_FALSE(CanConnectUnix(path_));
  const auto socket = ListeningSocket::Open(address_);
  ASSERT_TRUE(socket) << socket.error().context;
  EXPECT_TRUE(CanConnectUnix(path_));
}

TEST_F(UnixSocketTest, AFileThatIsNoSocketStays) {
  folder_.Write("x.sock", "precious");
  const auto socket = ListeningSocket::Open(address_);
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().context, HasSubstr("not a socket"));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, AnotherOnesFileIsNotRemovedAtTheEnd) {
  {
    const auto socket = ListeningSocket::Open(address_);
    ASSERT_EQ(unlink(path_.c_str()), 0);
    folder_.Write("x.sock", "another's");
  }
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, AFolderThatIsNotThereIsAnError) {
  const auto socket = ListeningSocket::Open({{}, 0, folder_.PathTo("none/x.sock")});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ENOENT);
}

TEST_F(UnixSocketTest, AnAdoptedSocketServesAndKeepsItsFile) {
  auto opened = ListeningSocket::Open(address_);
  {
    const ListeningSocket adopted = ListeningSocket::Adopt(opened->Release());
    EXPECT_EQ(adopted.Url("http"), "unix:" + path_);
    EXPECT_TRUE(CanConnectUnix(path_));
  }
  EXPECT_FALSE(CanConnectUnix(path_));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
  auto tcp = ListeningSocket::Open({"127.0.0.1", 0, {}});
  const std::uint16_t port = tcp->port();
  EXPECT_EQ(ListeningSocket::Adopt(tcp->Release()).port(), port);
}

// Otherwise the last part of a reply waits for the client to acknowledge the part before it.
TEST(ListeningSocketTest, AcceptedConnectionsDelayNothing) {
  auto opened = ListeningSocket::Open({"127.0.0.1", 0, {}});
  ListeningSocket adopted = ListeningSocket::Adopt(opened->Release());
  const LoopbackClient client(adopted.port());
  const int listening = adopted.Release();
  pollfd ready{listening, POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, 10'000), 1);
  const int accepted = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  ASSERT_GE(accepted, 0);
  int is_set = 0;
  socklen_t size = sizeof(is_set);
  EXPECT_EQ(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &is_set, &size), 0);
  EXPECT_EQ(is_set, 1);
  close(accepted);
  close(listening);
}

}  // namespace
}  // namespace connwatch::listening_socket_test
