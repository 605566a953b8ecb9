#include "exporters/http/http_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/gunzip.h"
#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using testing::HasSubstr;

std::shared_ptr<const PublishedReport> Published(Snapshot snapshot) {
  return std::make_shared<const PublishedReport>(std::move(snapshot), kTestBuild);
}

HttpReply Reply(const HttpRequest& request, Snapshot snapshot = FullSnapshot()) {
  return Answer(request, Published(std::move(snapshot)), TestInstant(60).wall);
}

HttpReply Get(std::string_view path, Snapshot snapshot = FullSnapshot(),
              std::string_view accept_encoding = "") {
  return Reply({.method = "GET", .path = path, .accept_encoding = accept_encoding},
               std::move(snapshot));
}

HttpReply Ask(std::string_view path, std::string_view query) {
  return Reply({.method = "GET", .path = path, .query = query});
}

TEST(HttpReplyTest, MetricsInTheTextFormat) {
  const HttpReply reply = Get("/metrics");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.content_encoding, "");
  EXPECT_THAT(*reply.body, HasSubstr("\nconnwatch_tcp_sockets{"));
}

TEST(HttpReplyTest, MetricsGzippedHoldTheSamePage) {
  const HttpReply plain = Get("/metrics");
  const HttpReply gzipped = Get("/metrics", FullSnapshot(), "gzip");
  EXPECT_EQ(gzipped.content_encoding, "gzip");
  EXPECT_EQ(Gunzip(*gzipped.body), *plain.body);
}

TEST(HttpReplyTest, OpenMetricsWhereTheClientPrefersIt) {
  HttpRequest request = {.method = "GET",
                         .path = "/metrics",
                         .accept = "application/openmetrics-text;version=1.0.0,*/*;q=0.1"};
  const HttpReply reply = Reply(request);
  EXPECT_EQ(reply.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(reply.body->ends_with("\n# EOF\n"));
  request.accept_encoding = "gzip";
  EXPECT_EQ(Gunzip(*Reply(request).body), *reply.body);
}

TEST(HttpReplyTest, TheStatusPageHasAPolicyAndOthersNeedNone) {
  const HttpReply reply = Get("/");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  ASSERT_EQ(reply.headers.size(), 1U);
  EXPECT_EQ(reply.headers[0].name, "Content-Security-Policy");
  EXPECT_THAT(reply.headers[0].value, HasSubstr("default-src 'none'"));
  EXPECT_TRUE(Get("/metrics").headers.empty());
}

TEST(HttpReplyTest, EveryAnswerOfTheApiIsJsonFromTheStart) {
  for (const char* path : {"alerts", "groups", "handshakes", "history", "listeners", "states"}) {
    const std::string whole = std::string("/api/v1/") + path;
    EXPECT_EQ(Get(whole).status, 200U) << path;
    EXPECT_EQ(Get(whole).content_type, "application/json");
    const HttpReply not_yet = Get(whole, EmptySnapshot());
    EXPECT_EQ(not_yet.status, 503U) << path;
    EXPECT_THAT(*not_yet.body, HasSubstr("\"error\": \"waiting for the first"));
  }
  EXPECT_EQ(Get("/api/v1/status", EmptySnapshot()).status, 200U);
}

TEST(HttpReplyTest, ListsArePagedByTheQuery) {
  const HttpReply reply = Ask("/api/v1/listeners", "limit=1&offset=1");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_THAT(*reply.body, HasSubstr("[::1]:22"));
  EXPECT_THAT(*reply.body, testing::Not(HasSubstr("0.0.0.0:443")));
}

TEST(HttpReplyTest, ABadQueryIs400WithThePosition) {
  for (const auto& [path, query] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"/api/v1/listeners", "limit=0"},
           {"/api/v1/groups", "limit=1&offset=x"},
           {"/api/v1/alerts", "limit=1&limit=1"},
           {"/api/v1/states", "limit=1"},
           {"/api/v1/status", "a"},
           {"/api/v1/history", "%00"}}) {
    const HttpReply reply = Ask(path, query);
    EXPECT_EQ(reply.status, 400U) << path;
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_THAT(*reply.body, HasSubstr("\"position\": "));
  }
}

TEST(HttpReplyTest, ElsewhereAQueryIsIgnored) {
  for (const char* path : {"/", "/metrics", "/-/healthy", "/-/ready"}) {
    EXPECT_EQ(Ask(path, "x=%zz&y").status, 200U) << path;
  }
}

TEST(HttpReplyTest, LongAnswersAreCompressedIfAsked) {
  for (const char* path : {"/", "/api/v1/listeners"}) {
    const HttpReply plain = Get(path);
    const HttpReply gzipped = Get(path, FullSnapshot(), "gzip");
    EXPECT_EQ(plain.content_encoding, "");
    EXPECT_EQ(gzipped.content_encoding, "gzip");
    EXPECT_EQ(Gunzip(*gzipped.body), *plain.body);
  }
  EXPECT_EQ(Get("/-/healthy", FullSnapshot(), "gzip").content_encoding, "");
}

TEST(HttpReplyTest, TheBodyOutlivesTheSlot) {
  auto published = Published(FullSnapshot());
  HttpReply reply = Answer({.method = "GET", .path = "/metrics"}, published, TestInstant(60).wall);
  const std::weak_ptr<const PublishedReport> observer = published;
  published.reset();
  EXPECT_FALSE(observer.expired());
  reply.body.reset();
  EXPECT_TRUE(observer.expired());
}

TEST(HttpReplyTest, ReadyOnlyAfterTheFirstFullPoll) {
  EXPECT_EQ(Get("/-/ready").status, 200U);
  const HttpReply not_yet = Get("/-/ready", EmptySnapshot());
  EXPECT_EQ(not_yet.status, 503U);
  EXPECT_THAT(*not_yet.body, HasSubstr("waiting for the first full poll"));
}

TEST(HttpReplyTest, NotReadySaysWhatFailed) {
  Snapshot snapshot = EmptySnapshot();
  snapshot.polls.front().RecordFailure(TestInstant(1), {}, Error{1, "no inet_diag"});
  EXPECT_THAT(*Get("/-/ready", snapshot).body, HasSubstr("no inet_diag"));
}

TEST(HttpReplyTest, HandshakesAreJsonOrNotYetKnown) {
  const HttpReply reply = Get("/api/v1/handshakes");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_THAT(*reply.body, HasSubstr("\"pending_total\": 6"));
  const HttpReply not_yet = Get("/api/v1/handshakes", EmptySnapshot());
  EXPECT_EQ(not_yet.status, 503U);
  EXPECT_THAT(*not_yet.body, HasSubstr("\"error\""));
}

TEST(HttpReplyTest, HealthyAsLongAsItAnswers) {
  EXPECT_EQ(Get("/-/healthy", EmptySnapshot()).status, 200U);
}

TEST(HttpReplyTest, UnknownPathsAre404WithText) {
  for (const char* path : {"/metricsx", "/metrics/", "", "//", "/-/", "/-/reload"}) {
    const HttpReply reply = Get(path);
    EXPECT_EQ(reply.status, 404U) << path;
    EXPECT_FALSE(reply.body->empty());
  }
}

TEST(HttpReplyTest, OtherMethodsAre405WithAllow) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    const HttpReply reply = Reply({.method = method, .path = "/metrics"});
    EXPECT_EQ(reply.status, 405U) << method;
    EXPECT_EQ(reply.allow, "GET, HEAD");
    EXPECT_FALSE(reply.body->empty());
  }
}

}  // namespace
}  // namespace connwatch
