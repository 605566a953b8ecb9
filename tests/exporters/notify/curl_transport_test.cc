// The transport against real servers on loopback. What needs TLS is in
// tests/e2e/alertmanager_test.py.
#include "exporters/notify/curl_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "exporters/notify/http_date.h"
#include "tests/support/http_peer.h"

namespace connwatch::curl_transport_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;
using enum DeliveryOutcome;

Result<std::string> ReadNothing(const std::string& /*path*/) {
  return Error{2, "cannot be opened"};
}
Result<std::string> ReadPassword(const std::string& path) {
  return path == "/password" ? Result<std::string>("s3cret\nno more\n") : ReadNothing(path);
}

AlertReceiver ReceiverAt(const std::string& url) {
  return {.url = url, .name = "127.0.0.1:1", .timeout = 20s};
}

// Posts and waits for the end.
PostResult Post(const AlertReceiver& receiver, CurlTransport::ReadFile read_file = ReadNothing) {
  auto transport = CurlTransport::Create(std::move(read_file)).value();
  transport->Post(7, receiver, R"([{"a":1}])");
  while (true) {
    const auto ended = transport->Wait(60s);
    if (ended.empty()) continue;
    EXPECT_THAT(ended, SizeIs(1));
    EXPECT_EQ(ended.front().id, 7U);
    return ended.front();
  }
}

DeliveryOutcome OutcomeOf(const std::string& answer) {
  const HttpPeer peer(answer);
  return Post(ReceiverAt(peer.url())).outcome;
}

std::string Answer(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Length: 0\r\n\r\n";
}

TEST(CurlTransportTest, PostsTheBodyAsJson) {
  const HttpPeer peer(Answer(200));
  EXPECT_EQ(Post(ReceiverAt(peer.url() + "?a=b")).outcome, kDelivered);
  ASSERT_THAT(peer.requests(), SizeIs(1));
  EXPECT_THAT(
      peer.requests().front(),
      AllOf(StartsWith("POST /api/v2/alerts?a=b HTTP/1.1\r\nHost: " + peer.name() + "\r\n"),
            HasSubstr("\r\nContent-Type: application/json\r\n"), EndsWith("\r\n\r\n[{\"a\":1}]"),
            Not(HasSubstr("Authorization")), Not(HasSubstr("Expect"))));
}

TEST(CurlTransportTest, JudgesByTheStatus) {
  for (const int status : {200, 202, 204})
    EXPECT_EQ(OutcomeOf(Answer(status)), kDelivered) << status;
  for (const int status : {400, 401, 404, 422})
    EXPECT_EQ(OutcomeOf(Answer(status)), kRejected) << status;
  for (const int status : {429, 500, 502, 503})
    EXPECT_EQ(OutcomeOf(Answer(status)), kFailed) << status;
}

TEST(CurlTransportTest, DoesNotFollowRedirects) {
  const HttpPeer target(Answer(200));
  const HttpPeer peer("HTTP/1.1 307 Elsewhere\r\nLocation: " + target.url() +
                      "\r\nContent-Length: 0\r\n\r\n");
  const PostResult result = Post(ReceiverAt(peer.url()));
  EXPECT_EQ(result.outcome, kRejected);
  EXPECT_EQ(result.error.code, 307);
  EXPECT_EQ(result.error.context, "answered with status 307");
  EXPECT_THAT(target.requests(), IsEmpty());
}

TEST(CurlTransportTest, AnswersThatAreNoHttpAreFailures) {
  EXPECT_EQ(OutcomeOf("SSH-2.0-OpenSSH_9.2\r\n"), kFailed);
  EXPECT_EQ(OutcomeOf(std::string("\x15\x03\x01\0\x02\x02\x16", 7)), kFailed);
  EXPECT_EQ(OutcomeOf("HTTP/1.1 200 Good\r\nContent-Length: 100\r\n\r\ncut"), kFailed);
}

TEST(CurlTransportTest, ReadsNoMoreOfAnAnswerThanItMust) {
  constexpr std::size_t kBytes = std::size_t{1} << 20U;
  const std::string head = "HTTP/1.1 200 Good\r\nContent-Length: " + std::to_string(kBytes);
  EXPECT_EQ(OutcomeOf(head + "\r\n\r\n" + std::string(kBytes, 'x')), kDelivered);
}

TEST(CurlTransportTest, RefusedIsAFailure) {
  std::string url;
  {
    const HttpPeer gone(Answer(200));
    url = gone.url();
  }
  const PostResult result = Post(ReceiverAt(url));
  EXPECT_EQ(result.outcome, kFailed);
  EXPECT_THAT(result.error.context, HasSubstr("connect"));
}

TEST(CurlTransportTest, SilenceEndsWithTheTimeout) {
  const HttpPeer silent("");
  AlertReceiver receiver = ReceiverAt(silent.url());
  receiver.timeout = 100ms;
  const PostResult result = Post(receiver);
  EXPECT_EQ(result.outcome, kFailed);
  EXPECT_THAT(result.error.context, HasSubstr("timed out"));
}

TEST(CurlTransportTest, TellsTheDateOfAnAnswer) {
  constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto date_in = [](const std::string& head) {
    const HttpPeer peer(head + "Content-Length: 0\r\n\r\n");
    return Post(ReceiverAt(peer.url())).date;
  };
  const std::string date = std::string("Date: ") + kDate + "\r\n";
  const std::string two_dates = date + date;
  const std::string early = "HTTP/1.1 103 Early\r\n" + date + "\r\n";
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const auto expected = ParseHttpDate(kDate);
  EXPECT_EQ(date_in(ok + date), expected);
  EXPECT_EQ(date_in(ok + "dATE:\t " + kDate + "  \r\n"), expected);
  EXPECT_EQ(date_in("HTTP/1.1 503 Busy\r\n" + date), expected);
  EXPECT_EQ(
      date_in("HTTP/1.1 103 Early\r\nDate: Mon, 07 Nov 1994 08:49:37 GMT\r\n\r\n" + ok + date),
      expected);
  for (const std::string& head : {ok, ok + "X-Date: " + kDate + "\r\n", ok + "Date: now\r\n",
                                  ok + "Date:\r\n", ok + two_dates, early + ok}) {
    EXPECT_EQ(date_in(head), std::nullopt) << head;
  }
}

TEST(CurlTransportTest, ADateBehindTheBodyIsNone) {
  const HttpPeer peer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Date\r\n\r\n0\r\n"
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  const PostResult result = Post(ReceiverAt(peer.url()));
  EXPECT_EQ(result.outcome, kDelivered);
  EXPECT_EQ(result.date, std::nullopt);
}

TEST(CurlTransportTest, SaysWhetherTheReceiverAnswered) {
  const HttpPeer peer(Answer(503));
  EXPECT_TRUE(Post(ReceiverAt(peer.url())).is_answered);
  const HttpPeer other("SSH-2.0-something else\r\n");
  EXPECT_FALSE(Post(ReceiverAt(other.url())).is_answered);
}

TEST(CurlTransportTest, SendsTheCredentials) {
  const std::pair<BasicAuth, std::string> cases[] = {
      {{.username = "me", .password = "a:b", .password_file = ""}, "bWU6YTpi"},
      {{.username = "me", .password = "", .password_file = "/password"}, "bWU6czNjcmV0"}};
  for (const auto& [auth, encoded] : cases) {
    const HttpPeer peer(Answer(200));
    AlertReceiver receiver = ReceiverAt(peer.url());
    receiver.basic_auth = auth;
    EXPECT_EQ(Post(receiver, ReadPassword).outcome, kDelivered);
    EXPECT_THAT(peer.requests().front(), HasSubstr("\r\nAuthorization: Basic " + encoded + "\r\n"));
  }
}

TEST(CurlTransportTest, WithoutItsFilesNothingIsSent) {
  const HttpPeer peer(Answer(200));
  AlertReceiver receiver = ReceiverAt(peer.url());
  receiver.tls.ca_file = "/ca.pem";
  const PostResult result = Post(receiver);
  EXPECT_EQ(result.outcome, kFailed);
  EXPECT_EQ(result.error.context, "/ca.pem: cannot be opened");
  EXPECT_THAT(peer.requests(), IsEmpty());
}

TEST(CurlTransportTest, WakeEndsAWait) {
  auto transport = CurlTransport::Create(ReadNothing).value();
  transport->Wake();
  EXPECT_THAT(transport->Wait(60s), IsEmpty());
}

TEST(CurlTransportTest, BreaksOffWhatIsUnderWay) {
  const HttpPeer silent("");
  auto transport = CurlTransport::Create(ReadNothing).value();
  transport->Post(1, ReceiverAt(silent.url()), "[]");
  while (silent.requests().empty()) transport->Wait(10ms);
}

TEST(CurlTransportTest, ABoundedNumberOfRequestsIsUnderWay) {
  const HttpPeer silent("");
  auto transport = CurlTransport::Create(ReadNothing).value();
  for (std::uint64_t id = 0; id <= CurlTransport::kMaxRequests; ++id) {
    transport->Post(id, ReceiverAt(silent.url()), "[]");
  }
  const auto ended = transport->Wait(60s);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended.front().id, CurlTransport::kMaxRequests);
  EXPECT_EQ(ended.front().outcome, kFailed);
  EXPECT_THAT(ended.front().error.context, HasSubstr("too many requests"));
}

}  // namespace
}  // namespace connwatch::curl_transport_test
