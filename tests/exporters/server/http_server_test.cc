// Over real loopback connections.
#include "exporters/server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "exporters/routes/routes.h"
#include "tests/support/loopback_client.h"
#include "tests/support/reports.h"

namespace connwatch::http_server_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

const auto kNoPolicy = WebPolicy::Create({}).value();

constexpr HttpLimits kLimits = {
    .max_connections = 10, .max_connections_per_address = 10, .timeout = seconds(5)};

const std::string kHealthy = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
// The server closes behind its reply.
const std::string kLastHealthy = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

// Two such bodies are too large, and one is more than a socket takes.
constexpr std::size_t kLargeBytes = HeldBodies::kMaxBytesHeld * 2 / 3;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() { slot_.Store(std::make_shared<const PublishedReport>(FullReport())); }

  std::unique_ptr<HttpServer> Start(const HttpLimits& limits = kLimits) {
    auto server =
        HttpServer::Start(ListeningSocket::Open({"127.0.0.1", 0, {}}).value(), limits, services_);
    EXPECT_TRUE(server) << server.error().context;
    return std::move(server).value();
  }

  static std::string Exchange(const HttpServer& server, std::string_view request) {
    LoopbackClient client(server.port());
    client.Send(request);
    return client.ReadToEnd();
  }

  // The server counts a refusal at the end of the connection, which the client may see first.
  void WaitForOne(WebRefusal reason) const {
    const auto count = [&] { return guard_.refusals().at(IndexOf(reason)); };
    for (int i = 0; i < 2'000 && count() == 0; ++i) std::this_thread::sleep_for(5ms);
    EXPECT_EQ(count(), 1U) << Name(reason);
  }

  ReportSlot slot_;
  Pulse pulse_;
  WebGuard guard_{kNoPolicy, [](WebRefusal /*reason*/, const std::string& /*line*/) {}};
  RouteServices routes_{slot_, pulse_};
  HeldBodies held_;
  HttpServices services_{guard_,
                         [this](const HttpRequest& request) {
                           return Answer(request, routes_, {{}, std::chrono::system_clock::now()});
                         },
                         held_};
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
    return Exchange(*server,
                    "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(get("/api/v1/listeners?limit=1&offset=1"), HasSubstr("[::1%eth0]:22"));
  EXPECT_THAT(get("/api/v1/listeners?%6Cimit=%31"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/api/v1/listeners?"), StartsWith("HTTP/1.1 200"));
  const std::string refused = get("/api/v1/listeners?limit=1&limit=%zz+1");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(refused, HasSubstr("\"position\": 9"));
}

TEST_F(HttpServerTest, EachRequestOfAConnectionHasItsOwnQuery) {
  const auto server = Start();
  const std::string end = " HTTP/1.1\r\nHost: localhost\r\n";
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
  EXPECT_THAT(
      Exchange(*server,
               "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n"),
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

TEST_F(HttpServerTest, HeadersThatCanBeReadInTwoWaysEndTheConnection) {
  const auto server = Start();
  for (const char* header : {"Content-Length : 36", "Content-Length: 0\r\nContent-Length: 36"}) {
    std::string request = "GET /-/ready HTTP/1.1\r\nHost: x\r\n";
    request.append(header).append("\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string reply = Exchange(*server, request);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 400")) << header;
    EXPECT_THAT(reply, testing::Not(HasSubstr("HTTP/1.1 200"))) << header;
  }
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosed) {
  HttpLimits limits = kLimits;
  limits.timeout = seconds(1);
  const auto server = Start(limits);
  EXPECT_EQ(Exchange(*server, ""), "");
}

TEST_F(HttpServerTest, WhoWaitsForARequestMakesRoomForItsAddress) {
  HttpLimits limits = kLimits;
  limits.max_connections_per_address = 2;
  const auto server = Start(limits);
  LoopbackClient first(server->port());
  LoopbackClient second(server->port());
  second.Send("GET /-/heal");
  EXPECT_THAT(Exchange(*server, kLastHealthy), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(first.ReadToEnd(), "") << "it is closed";
  WaitForOne(WebRefusal::kAddressLimit);
}

TEST_F(HttpServerTest, ANewConnectionIsRefusedIfAllOfItsAddressAreInUse) {
  HttpLimits limits = kLimits;
  limits.max_connections_per_address = 1;
  const auto large = std::make_shared<const std::string>(kLargeBytes, 'x');
  services_.handler = [&large](const HttpRequest&) {
    HttpReply reply = TextReply(200, "");
    reply.body = large;
    return reply;
  };
  const auto server = Start(limits);
  LoopbackClient reader(server->port());
  reader.Send(kHealthy);
  reader.ReadUntil("\r\n\r\n");
  EXPECT_EQ(Exchange(*server, kLastHealthy), "");
  WaitForOne(WebRefusal::kAddressLimit);
}

TEST_F(HttpServerTest, ALargeBodyArrivesAsItIs) {
  std::string body;
  for (int i = 0; body.size() < 1'000'000; ++i) body += std::to_string(i) + '\n';
  services_.handler = [&body](const HttpRequest&) { return TextReply(200, body); };
  const auto server = Start();
  const std::string reply = Exchange(*server, kLastHealthy);
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_EQ(reply.substr(reply.find("\r\n\r\n") + 4), body);
}

TEST_F(HttpServerTest, AReaderIsCutOffWhereRepliesTakeTooMuchMemory) {
  services_.handler = [](const HttpRequest&) {
    return TextReply(200, std::string(kLargeBytes, 'x'));
  };
  const auto server = Start();
  const auto other = Start();  // the limit is for all servers together
  LoopbackClient slow(server->port());
  slow.Send(kHealthy);
  slow.ReadUntil("\r\n\r\n");
  EXPECT_GT(Exchange(*other, kLastHealthy).size(), kLargeBytes);
  EXPECT_LT(slow.ReadToEnd().size(), kLargeBytes);
  WaitForOne(WebRefusal::kSlowReader);
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

TEST_F(HttpServerTest, ABodyIs413AndCloses) {
  const auto server = Start();
  for (const char* header : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    for (const char* method : {"GET", "POST"}) {
      EXPECT_THAT(Exchange(*server, std::string(method) + " /metrics HTTP/1.1\r\nHost: x\r\n" +
                                        header + "\r\n\r\n"),
                  StartsWith("HTTP/1.1 413"));
    }
  }
}

TEST_F(HttpServerTest, ANulDoesNotEndThePath) {
  const auto server = Start();
  EXPECT_THAT(
      Exchange(*server, "GET /metrics%00x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
      StartsWith("HTTP/1.1 404"));
}

TEST_F(HttpServerTest, ReloadIsForbiddenUnlessThereIsAnAction) {
  const std::string request =
      "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_THAT(Exchange(*Start(), request), StartsWith("HTTP/1.1 403"));
  routes_.reload = []() -> Result<void> { return {}; };
  EXPECT_THAT(Exchange(*Start(), request), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ConfiguredHeadersStandInPlaceOfOurs) {
  WebAccess access;
  access.headers = {{"X-Frame-Options", "deny"}, {"Cache-Control", "max-age=1"}};
  guard_.Enforce(WebPolicy::Create(access).value());
  const auto server = Start();
  const std::string reply =
      Exchange(*server, "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, HasSubstr("\r\nX-Frame-Options: deny\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nCache-Control: max-age=1\r\n"));
  EXPECT_THAT(reply, testing::Not(HasSubstr("no-store")));
}

TEST_F(HttpServerTest, WhoeverNeedsTooLongForARequestIsClosed) {
  const auto server = Start();
  LoopbackClient client(server->port());
  client.Send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  client.Send("GET /-/heal");
  // The reply shows that the server knows the connection.
  EXPECT_THAT(client.ReadUntil("connwatch is healthy.\n"), StartsWith("HTTP/1.1 200"));
  server->CloseOverdue(MonotonicTime::max());
  client.ReadToEnd();
}

TEST_F(HttpServerTest, ANewConnectionIsServedWhereOthersHoldEveryPlace) {
  HttpLimits limits = kLimits;
  limits.max_connections = 3;
  const auto server = Start(limits);
  std::array<std::unique_ptr<LoopbackClient>, 9> silent;
  for (auto& client : silent) client = std::make_unique<LoopbackClient>(server->port());
  EXPECT_THAT(Exchange(*server, "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, EndsWithOpenConnections) {
  auto server = Start();
  LoopbackClient client(server->port());
  client.Send("GET /metr");
  server.reset();
  EXPECT_EQ(client.ReadToEnd(), "");
}

}  // namespace
}  // namespace connwatch::http_server_test
