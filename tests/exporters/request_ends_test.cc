// However a request ends, and whenever: nothing of it stays, and whoever was refused is counted and
// in the log. Over real connections, plain and over TLS; LeakSanitizer looks at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "exporters/http_server.h"
#include "tests/support/loopback_client.h"
#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Security = LoopbackClient::Security;

constexpr HttpLimits kLimits = {
    .max_connections = 50, .max_connections_per_address = 200, .timeout = std::chrono::seconds(30)};

const std::string kRequest = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kLastRequest = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

std::shared_ptr<const WebPolicy> TlsPolicy() {
  static const OwnCertificate own = MakeOwnCertificate();
  WebAccess access;
  access.tls =
      TlsSettings{.certificate = {"server.crt", own.certificate}, .key = {"server.key", own.key}};
  return WebPolicy::Create(access).value();
}

// "a&a&a&...": more parameters than there is memory for.
std::string ManyParameters(std::string_view parameter, std::size_t bytes) {
  std::string target = "/?";
  while (target.size() < bytes) target += parameter;
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

void WaitFor(const std::function<bool()>& condition, const char* what) {
  for (int i = 0; i < 2'000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(condition()) << what;
}

class RequestEndsTest : public testing::TestWithParam<Security> {
 protected:
  RequestEndsTest() {
    slot_.Store(std::make_shared<const PublishedSnapshot>(FullSnapshot(), kTestBuild));
    if (IsTls()) guard_.Enforce(TlsPolicy());
  }

  static bool IsTls() { return GetParam() != Security::kPlain; }

  std::unique_ptr<HttpServer> Start(const HttpLimits& limits = kLimits) {
    auto server =
        HttpServer::Start(ListeningSocket::Open({"127.0.0.1", 0, {}}).value(), limits, services_);
    EXPECT_TRUE(server) << server.error().context;
    return std::move(server).value();
  }

  static std::unique_ptr<LoopbackClient> Connect(const HttpServer& server) {
    return std::make_unique<LoopbackClient>(server.port(), GetParam());
  }

  // The reply to a request after which either side closes.
  static std::string Exchange(const HttpServer& server, std::string_view request) {
    LoopbackClient client(server.port(), GetParam());
    client.Send(request);
    return client.ReadToEnd();
  }

  // The reply to kRequest.
  static std::string ReadHealthy(LoopbackClient& client) {
    return client.ReadUntil("connwatch is healthy.\n");
  }

  // Waits until the server has forgotten all clients.
  static void ExpectNothingLeft(const HttpServer& server) {
    WaitFor([&] { return server.connections() == 0; }, "no connection is left");
    EXPECT_EQ(server.requests(), 0U);
  }

  // Since the last call, of this reason; of any other there must be none.
  std::uint64_t Refused(WebRefusal reason) {
    const WebRefusalCounts now = guard_.refusals();
    const auto sum = [](const WebRefusalCounts& counts) {
      return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    };
    const std::uint64_t refused = now.at(IndexOf(reason)) - before_.at(IndexOf(reason));
    EXPECT_EQ(sum(now) - sum(before_), refused) << "other reasons than " << Name(reason);
    before_ = now;
    return refused;
  }

  std::vector<std::string> TakeLog() {
    const MutexLock lock(mutex_);
    return std::exchange(log_, {});
  }

  SnapshotSlot slot_;
  Mutex mutex_;
  std::vector<std::string> log_ CONNWATCH_GUARDED_BY(mutex_);
  WebGuard guard_{WebPolicy::Create({}).value(), [this](const std::string& line) {
                    const MutexLock lock(mutex_);
                    log_.push_back(line);
                  }};
  WebRefusalCounts before_{};
  HttpServices services_{slot_, guard_, {}};
};

TEST_P(RequestEndsTest, WhoBehavesIsNotRefused) {
  const auto server = Start();
  Connect(*server);  // and nothing more, as a health check does
  EXPECT_THAT(Exchange(*server, kLastRequest), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(*server, kRequest + kRequest + kLastRequest), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(*server, "GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(*server, kLastRequest + "\r\n"), StartsWith("HTTP/1.1 200"))
      << "with an empty line behind";
  {
    const auto idle = Connect(*server);
    idle->Send(kRequest);
    EXPECT_THAT(ReadHealthy(*idle), StartsWith("HTTP/1.1 200"));
    idle->Send(kRequest);
    EXPECT_THAT(ReadHealthy(*idle), StartsWith("HTTP/1.1 200"));
    if (IsTls()) idle->EndTls();
    idle->EndSending();
    EXPECT_EQ(idle->ReadToEnd(), "");
  }
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kIncomplete), 0U);
  EXPECT_THAT(TakeLog(), IsEmpty());
}

TEST_P(RequestEndsTest, TooManyParameters) {
  const auto server = Start();
  for (const char* parameter : {"&", "a&", "a=&", "a=b&"}) {
    for (const std::size_t bytes : {3'000U, 8'000U, 15'000U}) {
      const std::string reply = Exchange(*server, ManyParameters(parameter, bytes));
      EXPECT_THAT(reply, Not(HasSubstr(" 200 "))) << parameter << bytes;
      ExpectNothingLeft(*server);
      EXPECT_EQ(Refused(WebRefusal::kIncomplete), 1U) << parameter << bytes;
    }
  }
  EXPECT_THAT(TakeLog()[0], StartsWith("refused a request from 127.0.0.1: its request line or"));
}

TEST_P(RequestEndsTest, RequestLinesAndHeadersThatAreRefused) {
  const auto server = Start();
  const std::string tail = "\r\nHost: x\r\n\r\n";
  for (const std::string& request :
       {"GET /" + std::string(20'000, 'a') + " HTTP/1.1" + tail,
        "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + tail, std::string("GARBAGE\r\n\r\n"),
        "GET /" + tail, "GET / HTTP/9.9" + tail, "GET / HTTP/0.9" + tail, "GET / HTTP/x.y" + tail,
        "GET / http/1.1" + tail, " / HTTP/1.1" + tail, std::string(200, '\0') + tail,
        "GET / HTTP/1.1\r\nno colon" + tail}) {
    EXPECT_THAT(Exchange(*server, request), Not(HasSubstr(" 200 "))) << request.substr(0, 40);
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kIncomplete), 1U) << request.substr(0, 40);
  }
}

TEST_P(RequestEndsTest, ABodyAndHeadersWithTwoMeanings) {
  const auto server = Start();
  const std::string line = " /metrics HTTP/1.1\r\nHost: x\r\n";
  for (const char* method : {"GET", "POST", "BREW"}) {
    const std::string body = std::string(method) + line + "Content-Length: 5\r\n\r\nhello";
    EXPECT_THAT(Exchange(*server, body), StartsWith("HTTP/1.1 413"));
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kBody), 1U) << method;
    const std::string twice =
        std::string(method) + line + "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello";
    EXPECT_THAT(Exchange(*server, twice), StartsWith("HTTP/1.1 400"));
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kAmbiguous), 1U) << method;
  }
  EXPECT_THAT(TakeLog()[0], "refused a request from 127.0.0.1: it has a body");
}

TEST_P(RequestEndsTest, ResetAtEachByte) {
  const auto server = Start();
  const std::string request =
      "GET /api/v1/listeners?limit=1&offset=0 HTTP/1.1\r\nHost: x\r\nAccept: a/b\r\n\r\n";
  for (std::size_t size = 0; size <= request.size(); ++size) {
    const auto client = Connect(*server);
    client->Send(request.substr(0, size));
    client->Reset();
  }
  // Once this is answered, all before it were accepted.
  EXPECT_THAT(Exchange(*server, kLastRequest), StartsWith("HTTP/1.1 200"));
  ExpectNothingLeft(*server);  // how many were refused is not certain: a reset overtakes bytes
}

TEST_P(RequestEndsTest, AnEndAtEachByte) {
  const auto server = Start();
  const std::string request = "GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t size = 6; size < request.size(); ++size) {
    const auto client = Connect(*server);
    client->Send(request.substr(0, size));
    client->EndSending();
    EXPECT_THAT(client->ReadToEnd(), Not(HasSubstr(" 200 "))) << size;
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kIncomplete), 1U) << size;
  }
}

TEST_P(RequestEndsTest, NotWholeInTime) {
  const auto server = Start();
  for (const char* part : {"GET /metrics?a=1&b=2&c=3", "GET /metrics HTTP/1.1\r\nHost: x\r\n"}) {
    const auto slow = Connect(*server);
    slow->Send(kRequest);
    EXPECT_THAT(ReadHealthy(*slow), StartsWith("HTTP/1.1 200"));
    slow->Send(part);
    LoopbackClient silent(server->port());
    WaitFor([&] { return server->connections() == 2; }, "both are there");
    server->CloseOverdue(std::chrono::steady_clock::now() + 1h);
    slow->ReadToEnd();
    silent.ReadToEnd();
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kTimeout), 1U) << part;
  }
  EXPECT_THAT(TakeLog()[0],
              "refused a request from 127.0.0.1: it was not whole within web.timeout");
}

TEST_P(RequestEndsTest, TheServersOwnTimeOut) {
  HttpLimits limits = kLimits;
  limits.timeout = 1s;
  const auto server = Start(limits);
  EXPECT_EQ(Exchange(*server, "GET /metrics HTTP/1.1\r\nHost: x\r\n"), "");
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kTimeout), 1U);
}

TEST_P(RequestEndsTest, BeyondTheLimitOfConnections) {
  HttpLimits limits = kLimits;
  limits.max_connections = 4;
  const auto server = Start(limits);
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(Connect(*server));
    clients.back()->Send("GET /?a=b HTTP/1.1\r\nHost: ");
  }
  WaitFor([&] { return guard_.refusals().at(IndexOf(WebRefusal::kConnectionLimit)) == 8; },
          "eight made room");
  EXPECT_EQ(Refused(WebRefusal::kConnectionLimit), 8U);
  EXPECT_THAT(TakeLog()[0], StartsWith("closed a connection of 127.0.0.1 to make room"));
  WaitFor([&] { return server->requests() == 4; }, "four are under way");
  EXPECT_EQ(server->connections(), 4U);
  for (const auto& client : clients) client->Reset();
  ExpectNothingLeft(*server);
}

TEST_P(RequestEndsTest, APipelinedSecondRequest) {
  const auto server = Start();
  for (const std::string& second :
       {ManyParameters("&", 8'000), std::string("GET / HTTP/9.9\r\nHost: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n"}) {
    EXPECT_THAT(Exchange(*server, kRequest + second), StartsWith("HTTP/1.1 200"));
    ExpectNothingLeft(*server);
    Refused(WebRefusal::kIncomplete);
    // And where the first has its answer already.
    const auto client = Connect(*server);
    client->Send(kRequest);
    EXPECT_THAT(ReadHealthy(*client), StartsWith("HTTP/1.1 200"));
    client->Send(second);
    EXPECT_THAT(client->ReadToEnd(), Not(HasSubstr(" 200 ")));
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kIncomplete), 1U) << second.substr(0, 40);
  }
}

TEST_P(RequestEndsTest, WhoTakesNoReply) {
  const auto server = Start();
  const auto client = Connect(*server);
  for (int i = 0; i < 2'000; ++i) client->Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  client->Reset();
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kIncomplete), 0U) << "what it pipelined is not refused";
}

class RequestOfAStreamTest : public RequestEndsTest {
 protected:
  // A search that finds nothing until it is completed.
  RequestOfAStreamTest() {
    services_.sockets = [this](const SocketQuery&) -> Result<std::shared_ptr<BodyStream>> {
      auto stream = std::make_shared<BodyStream>();
      const MutexLock lock(mutex_);
      streams_.push_back(stream);
      return stream;
    };
  }

  std::size_t searches() {
    const MutexLock lock(mutex_);
    return streams_.size();
  }
  void Complete() {
    const MutexLock lock(mutex_);
    for (const auto& stream : streams_) stream->Complete();
  }

  Mutex mutex_;
  std::vector<std::shared_ptr<BodyStream>> streams_ CONNWATCH_GUARDED_BY(mutex_);
};

TEST_P(RequestOfAStreamTest, LeftWhileItIsSuspended) {
  const auto server = Start();
  const std::string request =
      "GET /api/v1/sockets?state=listen HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const auto gone = Connect(*server);
  gone->Send(request);
  const auto waiting = Connect(*server);
  waiting->Send(request + kRequest);
  WaitFor([&] { return searches() == 2; }, "both wait");
  EXPECT_EQ(server->requests(), 2U);
  gone->Reset();
  Complete();
  WaitFor([&] { return server->requests() == 0; }, "both requests are over");
  EXPECT_THAT(ReadHealthy(*waiting), StartsWith("HTTP/1.1 200"));
  waiting->Reset();
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kIncomplete), 0U);
}

TEST_P(RequestOfAStreamTest, TheServerEndsWithRequestsOfEveryKind) {
  auto server = Start();
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  for (const std::string& part :
       {std::string(), std::string("GET /metr"), std::string("GET /?a=b HTTP/1.1\r\nHost: "),
        ManyParameters("&", 8'000), kRequest,
        std::string("GET /api/v1/sockets HTTP/1.1\r\nHost: localhost\r\n\r\n")}) {
    clients.push_back(Connect(*server));
    clients.back()->Send(part);
  }
  WaitFor([&] { return searches() == 1; }, "the last is suspended");
  Complete();
  server.reset();
  EXPECT_EQ(clients[1]->ReadToEnd(), "");
}

std::string NameOf(const testing::TestParamInfo<Security>& info) {
  switch (info.param) {
    case Security::kPlain:
      return "Plain";
    case Security::kTls12:
      return "Tls12";
    case Security::kTls13:
      return "Tls13";
  }
  return "";
}

const auto kEverySecurity = testing::Values(Security::kPlain, Security::kTls12, Security::kTls13);
INSTANTIATE_TEST_SUITE_P(Over, RequestEndsTest, kEverySecurity, NameOf);
INSTANTIATE_TEST_SUITE_P(Over, RequestOfAStreamTest, kEverySecurity, NameOf);

class HandshakeEndsTest : public RequestEndsTest {
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

TEST_P(HandshakeEndsTest, HalfAHandshake) {
  const auto server = Start();
  const std::string hello = LoopbackClient::ClientHello();
  for (std::size_t size = 1; size <= hello.size(); ++size) {
    SendAndEnd(*server, hello.substr(0, size));
    EXPECT_EQ(Refused(WebRefusal::kTls), 1U) << size;
  }
  EXPECT_THAT(TakeLog().back(), StartsWith("refused TLS from 127.0.0.1: "));
}

TEST_P(HandshakeEndsTest, HalfAHandshakeAndAReset) {
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

TEST_P(HandshakeEndsTest, NoHandshakeAtAll) {
  const auto server = Start();
  for (const std::string& bytes :
       {kRequest, ManyParameters("&", 8'000), std::string(1'000, '\0')}) {
    SendAndEnd(*server, bytes);
    EXPECT_EQ(Refused(WebRefusal::kTls), 1U) << bytes.substr(0, 40);
  }
  EXPECT_THAT(TakeLog()[0], HasSubstr("no ClientHello"));
  SendAndEnd(*server, "");
  EXPECT_EQ(Refused(WebRefusal::kTls), 0U) << "a health check";
}

INSTANTIATE_TEST_SUITE_P(Over, HandshakeEndsTest, testing::Values(Security::kTls13), NameOf);

}  // namespace
}  // namespace connwatch
