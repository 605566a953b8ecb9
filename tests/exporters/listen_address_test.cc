#include "exporters/listen_address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace connwatch {
namespace {

using testing::HasSubstr;

std::uint16_t PortOf(int fd) {
  sockaddr_in6 bound{};
  socklen_t size = sizeof(bound);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size), 0);
  return ntohs(bound.sin6_port);  // at the same place in sockaddr_in
}

TEST(ListenAddressTest, ReadsEveryForm) {
  for (const char* text : {":10177", "127.0.0.1:0", "[::1]:65535", "localhost:80", "[::]:1"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(ListenAddressTest, RefusesEverythingElse) {
  for (const char* text : {"", "10177", "localhost", "::1:80", "[::1]", "[::1", "a:b:80", ":", ":x",
                           ":65536", ":-1", ":+1", ": 80", ":80 ", "http://x:80", "[]:80"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, EINVAL) << text;
    EXPECT_THAT(address.error().context, HasSubstr(text));
  }
}

TEST(ListenAddressTest, APortInUseIsNamed) {
  const auto first = OpenListeningSocket({"127.0.0.1", 0});
  ASSERT_TRUE(first) << first.error().context;
  const std::uint16_t port = PortOf(*first);
  const auto second = OpenListeningSocket({"127.0.0.1", port});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().context,
            "listen on 127.0.0.1:" + std::to_string(port) + ": bind: Address already in use");
  close(*first);
}

TEST(ListenAddressTest, AnAddressThatIsNotOursIsAnError) {
  const auto fd = OpenListeningSocket({"192.0.2.1", 0});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, EADDRNOTAVAIL);
}

TEST(ListenAddressTest, NoHostTakesIpv4AsWell) {
  const auto fd = OpenListeningSocket({"", 0});
  ASSERT_TRUE(fd) << fd.error().context;
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(PortOf(*fd));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(client);
  close(*fd);
}

}  // namespace
}  // namespace connwatch
