// Requests at the limits and beyond, and what is answered, byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "core/web/web_limits.h"
#include "tests/exporters/server/http_connection_fixture.h"

namespace connwatch::http_limits_test {
namespace {

using testing::StartsWith;

const std::string kEnd = "Connection: close\r\n\r\n";

std::size_t Count(std::string_view text, std::string_view piece) {
  std::size_t count = 0;
  for (std::size_t at = text.find(piece); at != std::string_view::npos;
       at = text.find(piece, at + piece.size())) {
    ++count;
  }
  return count;
}

std::string Repeated(std::string_view piece, std::size_t count) {
  std::string text;
  while (count-- > 0) text += piece;
  return text;
}

std::string RequestWith(const std::string& headers, const std::string& target = "/-/healthy") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + kEnd;
}

// A request whose request line and headers have that many bytes. `fields` of them are headers.
std::string RequestOfSize(std::size_t bytes, std::size_t fields) {
  const std::string fillers = Repeated("A: b\r\n", fields - 3);  // Host, X and Connection
  const std::size_t rest = RequestWith(fillers + "X: \r\n").size();
  return RequestWith(fillers + "X: " + std::string(bytes - rest, 'x') + "\r\n");
}

class HttpLimitsTest : public HttpConnectionTest {};

TEST_P(HttpLimitsTest, TheLargestRequestIsAnsweredWithTheLargestHeaders) {
  constexpr std::size_t kHeaderBytes = 1'024;
  WebAccess access;
  for (std::size_t i = 0; i < kMaxReplyHeaderBytes / kHeaderBytes; ++i) {
    const std::string name = "X-Header-" + std::to_string(i);
    access.headers.push_back({name, std::string(kHeaderBytes - name.size() - 4, 'x')});
  }
  if (IsTls()) access.tls = TlsPolicy()->access.tls;
  guard_.Enforce(WebPolicy::Create(access).value());
  const auto server = Start();
  for (const std::size_t fields : {std::size_t{3}, kMaxRequestFields}) {
    const std::string request = RequestOfSize(kMaxRequestHeadBytes, fields);
    ASSERT_EQ(request.size(), kMaxRequestHeadBytes);
    const std::string reply = Exchange(*server, request);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 200")) << fields;
    EXPECT_EQ(Count(reply, "\r\nX-Header-"), access.headers.size());
  }
}

TEST_P(HttpLimitsTest, ALargerRequestIs431) {
  const auto server = Start();
  const std::string parameters = Repeated("a=b&", kMaxRequestFields - 1) + "a=b";
  for (const std::string& request :
       {RequestOfSize(kMaxRequestHeadBytes + 1, 3), RequestOfSize(2 * kMaxRequestHeadBytes, 3),
        RequestOfSize(4'000, kMaxRequestFields + 1), RequestWith("", "/?" + parameters),
        RequestWith("", "/" + std::string(kMaxRequestHeadBytes, 'x'))}) {
    const std::string reply = Exchange(*server, request);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 431")) << request.substr(0, 40);
    EXPECT_THAT(reply, testing::HasSubstr("\r\nConnection: close\r\n"));
  }
  EXPECT_EQ(Refused(WebRefusal::kMalformed), 5U);
  ExpectNothingLeft(*server);
}

TEST_P(HttpLimitsTest, NoReplyHasAHeaderTwice) {
  const auto server = Start();
  const std::map<std::string, std::string> requests = {
      {RequestWith(""), "200"},
      {RequestWith("Cookie: " + Repeated("a=b; ", 1'000) + "\r\n"), "200"},
      {RequestWith("Cookie: \"\r\nCookie: a\r\n"), "200"},
      {RequestWith("Cookie: " + Repeated("a=b; ", 2'500) + "\r\n"), "431"},
      {RequestWith("Content-Length: 0\r\n"), "200"},
      {RequestWith("Content-Length: 5\r\n"), "413"},
      {RequestWith("Content-Length: 0x10\r\n"), "400"},
      {RequestWith("Content-Length: -1\r\n"), "400"},
      {RequestWith("Content-Length: \r\n"), "400"},
      {RequestWith("Content-Length: 1e3\r\n"), "400"},
      {RequestWith("Content-Length: " + std::string(30, '9') + "\r\n"), "413"},
      {RequestWith("no colon\r\n"), "400"},
      {RequestWith(Repeated("a: b\r\n", 1'200)), "431"},
      {RequestWith("X: " + std::string(100'000, 'x') + "\r\n"), "431"},
      {RequestWith("", "/" + std::string(100'000, 'x')), "414"},
      {"GET / HTTP/9.9\r\nHost: x\r\n" + kEnd, "505"}};
  for (const auto& [request, status] : requests) {
    const std::string reply = Exchange(*server, request);
    const std::string head = reply.substr(0, reply.find("\r\n\r\n"));
    EXPECT_THAT(head, StartsWith("HTTP/1.1 " + status)) << request.substr(0, 80);
    for (const char* once : {"HTTP/1.1 ", "\r\nDate: ", "\r\nContent-Length: "}) {
      EXPECT_EQ(Count(reply, once), 1U) << once << " in the reply to " << request.substr(0, 80);
    }
  }
}

TEST_P(HttpLimitsTest, ALongCookieDoesNotEndTheConnection) {
  const auto server = Start();
  const auto client = Connect(*server);
  for (int i = 0; i < 3; ++i) {
    client->Send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nCookie: " + Repeated("a=b; ", 500) +
                 "\r\n\r\n");
    EXPECT_THAT(ReadHealthy(*client), StartsWith("HTTP/1.1 200"));
  }
}

INSTANTIATE_TEST_SUITE_P(Security, HttpLimitsTest,
                         testing::Values(LoopbackClient::Security::kPlain,
                                         LoopbackClient::Security::kTls13),
                         NameOf);

}  // namespace
}  // namespace connwatch::http_limits_test
