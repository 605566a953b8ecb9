// Two ends of a TCP connection over loopback.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <string>

namespace connwatch {

/// Owns both descriptors, unless a test closes one and sets it to -1.
class TcpPair {
 public:
  TcpPair() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, generic, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, generic, &size), 0);
    EXPECT_EQ(connect(client, generic, size), 0);
    server = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener);
  }
  ~TcpPair() {
    if (client >= 0) close(client);
    if (server >= 0) close(server);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  /// Sends from the client, and waits until all of it has arrived.
  void Send(std::size_t bytes) const {
    EXPECT_EQ(send(client, std::string(bytes, 'x').data(), bytes, 0), static_cast<ssize_t>(bytes));
    WaitFor(POLLIN);
  }
  /// Reads `bytes` bytes at the server.
  void Read(std::size_t bytes) const {
    std::string into(bytes, ' ');
    EXPECT_EQ(recv(server, into.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  }
  /// Waits for a poll(2) event at the server.
  void WaitFor(short event) const {
    pollfd waiting = {server, event, 0};
    EXPECT_EQ(poll(&waiting, 1, 10'000), 1);
  }

  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int server = -1;
};

}  // namespace connwatch
