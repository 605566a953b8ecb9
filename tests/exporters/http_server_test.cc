// Over real loopback connections.
#include "exporters/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr HttpLimits kLimits = {
    .max_connections = 10, .max_connections_per_address = 10, .timeout = seconds(5)};

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval deadline{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(std::string_view text) { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }

  /// Everything until the server closes.
  std::string ReadToEnd() {
    std::string text;
    std::array<char, 4096> part{};
    ssize_t count = 0;
    while ((count = recv(fd_, part.data(), part.size(), 0)) > 0) {
      text.append(part.data(), static_cast<std::size_t>(count));
    }
    EXPECT_TRUE(count == 0 || errno == ECONNRESET) << "no end within the deadline";
    return text;
  }

 private:
  int fd_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    slot_.Store(std::make_shared<const PublishedSnapshot>(FullSnapshot(), kTestBuild));
  }

  std::unique_ptr<HttpServer> Start(const HttpLimits& limits = kLimits) {
    auto server = HttpServer::Start({"127.0.0.1", 0}, limits, slot_);
    EXPECT_TRUE(server) << server.error().context;
    return std::move(server).value();
  }

  static std::string Exchange(const HttpServer& server, std::string_view request) {
    Client client(server.port());
    client.Send(request);
    return client.ReadToEnd();
  }

  SnapshotSlot slot_;
};

TEST_F(HttpServerTest, ServesMetrics) {
  const auto server = Start();
  const std::string reply =
      Exchange(*server, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(reply, HasSubstr("\nconnwatch_tcp_sockets{"));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  const auto server = Start();
  const std::string reply =
      Exchange(*server, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(reply.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, AConnectionServesSeveralRequests) {
  const auto server = Start();
  const std::string request = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n";
  const std::string reply =
      Exchange(*server, request + "\r\n" + request + "Connection: close\r\n\r\n");
  const std::size_t first = reply.find("HTTP/1.1 200");
  EXPECT_NE(reply.find("HTTP/1.1 200", first + 1), std::string::npos) << reply;
}

TEST_F(HttpServerTest, AQueryDoesNotChangeThePath) {
  const auto server = Start();
  EXPECT_THAT(
      Exchange(*server, "GET /-/healthy?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
      StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, TheQueryArrivesAsItWasSent) {
  const auto server = Start();
  const auto get = [&](const std::string& target) {
    return Exchange(*server, "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(get("/api/v1/listeners?limit=1&offset=1"), HasSubstr("[::1]:22"));
  EXPECT_THAT(get("/api/v1/listeners?%6Cimit=%31"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/api/v1/listeners?"), StartsWith("HTTP/1.1 200"));
  const std::string refused = get("/api/v1/listeners?limit=1&limit=%zz+1");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(refused, HasSubstr("\"position\": 9"));
}

TEST_F(HttpServerTest, EachRequestOfAConnectionHasItsOwnQuery) {
  const auto server = Start();
  const std::string end = " HTTP/1.1\r\nHost: x\r\n";
  const std::string reply =
      Exchange(*server, "GET /api/v1/listeners?limit=x" + end + "\r\nGET /api/v1/listeners" + end +
                            "Connection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(reply, HasSubstr("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, TheFormatIsThatOfTheAcceptHeader) {
  const auto server = Start();
  const std::string reply = Exchange(*server,
                                     "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                     "Accept: application/openmetrics-text\r\n\r\n");
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Type: application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(reply, HasSubstr("\r\nVary: Accept, Accept-Encoding\r\n"));
}

TEST_F(HttpServerTest, ThePageComesWithItsPolicy) {
  const auto server = Start();
  EXPECT_THAT(Exchange(*server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("\r\nContent-Security-Policy: default-src 'none'; "));
}

TEST_F(HttpServerTest, APostIs405) {
  const auto server = Start();
  const std::string reply = Exchange(
      *server,
      "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(reply, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosed) {
  HttpLimits limits = kLimits;
  limits.timeout = seconds(1);
  const auto server = Start(limits);
  EXPECT_EQ(Exchange(*server, ""), "");
}

TEST_F(HttpServerTest, ConnectionsOfOneAddressAreLimited) {
  HttpLimits limits = kLimits;
  limits.max_connections_per_address = 2;
  const auto server = Start(limits);
  const std::string request = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  {
    const Client first(server->port());
    const Client second(server->port());
    EXPECT_EQ(Exchange(*server, ""), "") << "the third is closed";
  }
}

TEST_F(HttpServerTest, GarbageAndHugeHeadersAreRefused) {
  const auto server = Start();
  EXPECT_THAT(Exchange(*server, "GARBAGE\r\n\r\n"), testing::Not(HasSubstr("200 OK")));
  const std::string huge =
      "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n";
  EXPECT_THAT(Exchange(*server, huge), testing::Not(HasSubstr("200 OK")));
  EXPECT_THAT(Exchange(*server, "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, APortInUseIsAnError) {
  const auto server = Start();
  const auto second = HttpServer::Start({"127.0.0.1", server->port()}, kLimits, slot_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
}

TEST_F(HttpServerTest, EndsWithOpenConnections) {
  auto server = Start();
  Client client(server->port());
  client.Send("GET /metr");
  server.reset();
  EXPECT_EQ(client.ReadToEnd(), "");
}

}  // namespace
}  // namespace connwatch
