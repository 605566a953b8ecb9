// However a request ends, and whenever: nothing of it is left, and a client that was refused is
// counted once and is in the log. Over real connections, plain and over TLS; LeakSanitizer looks at
// the end.
#include "exporters/server/http_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/exporters/server/http_connection_fixture.h"

namespace connwatch::http_connection_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Security = LoopbackClient::Security;

TEST_P(HttpConnectionTest, WhoBehavesIsNotRefused) {
  const auto server = Start();
  Connect(*server);  // and nothing more, as a health check does
  EXPECT_THAT(Exchange(*server, kLastRequest), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(*server, kRequest + kRequest + kLastRequest), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(*server, "GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  for (const std::string& line_behind :
       {std::string("\r\n"), kRequest, std::string("GARBAGE\r\n")}) {
    EXPECT_THAT(Exchange(*server, kLastRequest + line_behind), StartsWith("HTTP/1.1 200"))
        << "what is behind the last request is not read";
  }
  EXPECT_THAT(Exchange(*server, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n" + kRequest),
              StartsWith("HTTP/1.1 405"));
  std::string with_empty_lines;
  for (int i = 0; i < 10; ++i) with_empty_lines += kRequest + "\r\n";
  EXPECT_THAT(Exchange(*server, with_empty_lines + kLastRequest), StartsWith("HTTP/1.1 200"));
  const auto left = Connect(*server);
  left->Send(with_empty_lines);
  left->EndSending();
  EXPECT_THAT(left->ReadToEnd(), StartsWith("HTTP/1.1 200"));
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
  EXPECT_EQ(Refused(WebRefusal::kMalformed), 0U);
  EXPECT_THAT(TakeLog(), IsEmpty());
}

TEST_P(HttpConnectionTest, TooManyParameters) {
  const auto server = Start();
  for (const char* parameter : {"&", "a&", "a=&", "a=b&"}) {
    for (const std::size_t bytes : {3'000U, 8'000U, 15'000U}) {
      const std::string reply = Exchange(*server, ManyParameters(parameter, bytes));
      EXPECT_THAT(reply, Not(HasSubstr(" 200 "))) << parameter << bytes;
      ExpectNothingLeft(*server);
      EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << parameter << bytes;
    }
  }
  EXPECT_THAT(TakeLog(), Contains("refused a request from 127.0.0.1: its request line or headers "
                                  "are malformed, too large or incomplete"));
}

TEST_P(HttpConnectionTest, RequestLinesAndHeadersThatAreRefused) {
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
    EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << request.substr(0, 40);
  }
}

TEST_P(HttpConnectionTest, ABodyAndHeadersWithTwoMeanings) {
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
  EXPECT_THAT(TakeLog(), Contains("refused a request from 127.0.0.1: it has a body"));
}

TEST_P(HttpConnectionTest, ResetAtEachByte) {
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

TEST_P(HttpConnectionTest, AnEndAtEachByte) {
  const auto server = Start();
  const std::string request = "GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n";
  // Up to five bytes are ignored: empty lines and, without TLS, the FIN; over TLS 1.3 an alert or a
  // key update.
  const std::size_t most_ignored = IsTls() ? 5 : 4;
  for (std::size_t size = 0; size < request.size(); ++size) {
    const auto client = Connect(*server);
    client->Send(request.substr(0, size));
    client->EndSending();
    EXPECT_THAT(client->ReadToEnd(), Not(HasSubstr(" 200 "))) << size;
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kMalformed), size > most_ignored ? 1U : 0U) << size;
  }
}

TEST_P(HttpConnectionTest, NotWholeInTime) {
  const auto server = Start();
  for (const char* part : {"GET /metrics?a=1&b=2&c=3", "GET /metrics HTTP/1.1\r\nHost: x\r\n"}) {
    const auto slow = Connect(*server);
    slow->Send(kRequest);
    EXPECT_THAT(ReadHealthy(*slow), StartsWith("HTTP/1.1 200"));
    slow->Send(part);
    LoopbackClient silent(server->port());
    WaitFor([&] { return server->connections() == 2; }, "both are there");
    server->CloseOverdue(MonotonicTime::max());
    slow->ReadToEnd();
    silent.ReadToEnd();
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kTimeout), 1U) << part;
  }
  EXPECT_THAT(TakeLog(), Contains("refused a request from 127.0.0.1: its request line or headers "
                                  "were not complete within web.timeout"));
}

TEST_P(HttpConnectionTest, TheServersOwnTimeOut) {
  HttpLimits limits = kLoopbackLimits;
  limits.timeout = 3s;
  const auto server = Start(limits);
  EXPECT_EQ(Exchange(*server, "GET /metrics HTTP/1.1\r\nHost: x\r\n"), "");
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kTimeout), 1U);
}

TEST_P(HttpConnectionTest, BeyondTheLimitOfConnections) {
  HttpLimits limits = kLoopbackLimits;
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
  EXPECT_THAT(TakeLog(), Contains(StartsWith("closed a connection of 127.0.0.1 to make room")));
  WaitFor([&] { return server->requests() == 4; }, "four are under way");
  WaitFor([&] { return server->connections() == 4; }, "four are open");
  for (const auto& client : clients) client->Reset();
  ExpectNothingLeft(*server);
}

TEST_P(HttpConnectionTest, APipelinedSecondRequest) {
  const auto server = Start();
  for (const std::string& second :
       {ManyParameters("&", 8'000), std::string("GET / HTTP/9.9\r\nHost: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n"}) {
    EXPECT_THAT(Exchange(*server, kRequest + second), StartsWith("HTTP/1.1 200"));
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << second.substr(0, 40);
    // And where the first has its answer already.
    const auto client = Connect(*server);
    client->Send(kRequest);
    EXPECT_THAT(ReadHealthy(*client), StartsWith("HTTP/1.1 200"));
    client->Send(second);
    EXPECT_THAT(client->ReadToEnd(), Not(HasSubstr(" 200 ")));
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << second.substr(0, 40);
  }
}

TEST_P(HttpConnectionTest, ABadSecondRequestOfAnOlderOrNewerVersion) {
  const auto server = Start();
  for (const char* first : {"GET /-/healthy HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                            "GET /-/healthy HTTP/1.5\r\nHost: x\r\n\r\n"}) {
    const auto client = Connect(*server);
    client->Send(first);
    EXPECT_THAT(ReadHealthy(*client), StartsWith("HTTP/1.1 200")) << first;
    client->Send("GARBAGE GARBAGE\r\n\r\n");
    client->ReadToEnd();
    ExpectNothingLeft(*server);
    EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << first;
  }
}

TEST_P(HttpConnectionTest, WhoTakesNoReply) {
  const auto server = Start();
  const auto client = Connect(*server);
  for (int i = 0; i < 2'000; ++i) client->Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  client->ReadUntil("HTTP/1.1 200");
  client->Reset();
  ExpectNothingLeft(*server);
}

TEST_P(HttpConnectionTest, ARequestIsRefusedForOneReason) {
  WebAccess access;
  if (IsTls()) access.tls = TlsPolicy()->access.tls;
  access.users = {{"alice", "$2y$04$oq/ylvM7ZtDdvEXzFwsfBeVG7vDFsYN6yWwmNv1LieSRO4gZEav5C"}};
  guard_.Enforce(WebPolicy::Create(access).value());
  const auto server = Start();
  EXPECT_THAT(Exchange(*server, kRequest + kRequest), StartsWith("HTTP/1.1 401"));
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kLogin), 1U);
  EXPECT_THAT(Exchange(*server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789"),
              StartsWith("HTTP/1.1 401"));
  ExpectNothingLeft(*server);
  EXPECT_EQ(Refused(WebRefusal::kLogin), 1U);
}

class HttpConnectionStreamTest : public HttpConnectionTest {
 protected:
  // A search that finds nothing until it is completed.
  HttpConnectionStreamTest() {
    routes_.sockets = [this](const SocketQuery&) -> Result<std::shared_ptr<BodyStream>> {
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

TEST_P(HttpConnectionStreamTest, LeftWhileItIsSuspended) {
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
  EXPECT_EQ(Refused(WebRefusal::kMalformed), 0U);
}

TEST_P(HttpConnectionStreamTest, TheServerEndsWithRequestsOfEveryKind) {
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
  WaitFor([&] { return guard_.refusals().at(IndexOf(WebRefusal::kMalformed)) == 1; },
          "the one with many parameters is refused");
  Complete();
  server.reset();
  EXPECT_EQ(clients[1]->ReadToEnd(), "");
  EXPECT_EQ(Refused(WebRefusal::kMalformed), 1U) << "what a stop cuts short is not refused";
}

const auto kEverySecurity = testing::Values(Security::kPlain, Security::kTls12, Security::kTls13);
INSTANTIATE_TEST_SUITE_P(Over, HttpConnectionTest, kEverySecurity, NameOf);
INSTANTIATE_TEST_SUITE_P(Over, HttpConnectionStreamTest, kEverySecurity, NameOf);

}  // namespace
}  // namespace connwatch::http_connection_test
