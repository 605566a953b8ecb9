// The same as http_connection_test.cc where it depends on what the connection goes through: a unix
// socket, and the TLS handshake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/exporters/server/http_connection_fixture.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::http_connection_transport_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;
using Security = LoopbackClient::Security;

class HttpConnectionUnixTest : public HttpConnectionTest {
 protected:
  std::unique_ptr<HttpServer> StartOnPath() {
    auto server = HttpServer::Start(ListeningSocket::Open({{}, 0, path_}).value(), kLoopbackLimits,
                                    services_);
    EXPECT_TRUE(server) << server.error().context;
    return std::move(server).value();
  }

  const ScratchDirectory folder_;
  const std::string path_ = folder_.PathTo("s.sock");
};

TEST_P(HttpConnectionUnixTest, WhatIsRefusedIsCountedThereToo) {
  const auto server = StartOnPath();
  const std::string tail = "\r\nHost: x\r\n\r\n";
  for (const std::string& request :
       {std::string("GARBAGE\r\n\r\n"), "GET / HTTP/9.9" + tail, ManyParameters("&", 8'000),
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1" + tail, kRequest + "GARBAGE\r\n\r\n"}) {
    LoopbackClient client(path_);
    client.Send(request);
    client.ReadToEnd();
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << request.substr(0, 40);
  }
  EXPECT_THAT(TakeLog(), Contains(StartsWith("refused a request from unix: ")));
}

TEST_P(HttpConnectionUnixTest, WhoBehavesIsNotRefused) {
  const auto server = StartOnPath();
  for (const std::string& request : {kLastRequest, kRequest, std::string()}) {
    LoopbackClient client(path_);
    client.Send(request);
    client.EndSending();
    client.ReadToEnd();
    ExpectNothingLeft(*server);
  }
  LoopbackClient idle(path_);
  WaitFor([&] { return server->connections() == 1; }, "it is there");
  server->CloseOverdue(MonotonicTime::max());
  idle.ReadToEnd();
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kMalformed), 0U);
}

INSTANTIATE_TEST_SUITE_P(Over, HttpConnectionUnixTest, testing::Values(Security::kPlain), NameOf);

class HttpConnectionHandshakeTest : public HttpConnectionTest {
 protected:
  // The bytes as they are, to a server that expects TLS.
  static void SendAndEnd(const HttpServer& server, std::string_view bytes) {
    LoopbackClient client(server.port());
    client.Send(bytes);
    client.EndSending();
    client.ReadToEnd();
    ExpectNothingLeft(server);
  }
};

TEST_P(HttpConnectionHandshakeTest, HalfAHandshake) {
  const auto server = Start();
  const std::string hello = LoopbackClient::ClientHello();
  for (std::size_t size = 1; size <= hello.size(); ++size) {
    SendAndEnd(*server, hello.substr(0, size));
    EXPECT_EQ(Refused(WebRefusal::kTls), 1U) << size;
  }
  EXPECT_THAT(TakeLog(), Contains(StartsWith("refused TLS from 127.0.0.1: ")));
}

TEST_P(HttpConnectionHandshakeTest, HalfAHandshakeAndAReset) {
  const auto server = Start();
  const std::string hello = LoopbackClient::ClientHello();
  for (std::size_t size = 1; size <= hello.size(); ++size) {
    LoopbackClient client(server->port());
    client.Send(hello.substr(0, size));
    client.Reset();
  }
  EXPECT_THAT(Exchange(*server, kLastRequest), StartsWith("HTTP/1.1 200"));
  ExpectNothingLeft(*server);
}

TEST_P(HttpConnectionHandshakeTest, NoHandshakeAtAll) {
  const auto server = Start();
  for (const std::string& bytes :
       {kRequest, ManyParameters("&", 8'000), std::string(1'000, '\0')}) {
    SendAndEnd(*server, bytes);
    EXPECT_EQ(Refused(WebRefusal::kTls), 1U) << bytes.substr(0, 40);
  }
  EXPECT_THAT(TakeLog(), Contains(HasSubstr("no ClientHello")));
  SendAndEnd(*server, "");
  EXPECT_EQ(Refused(WebRefusal::kTls), 0U) << "a health check";
}

INSTANTIATE_TEST_SUITE_P(Over, HttpConnectionHandshakeTest, testing::Values(Security::kTls13),
                         NameOf);

}  // namespace
}  // namespace connwatch::http_connection_transport_test
