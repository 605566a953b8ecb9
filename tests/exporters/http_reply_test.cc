#include "exporters/http_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/gunzip.h"
#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using testing::HasSubstr;

std::shared_ptr<const PublishedSnapshot> Published(Snapshot snapshot) {
  return std::make_shared<const PublishedSnapshot>(std::move(snapshot), kTestBuild);
}

HttpReply Get(std::string_view path, Snapshot snapshot = FullSnapshot(),
              std::string_view accept_encoding = "") {
  return Answer({"GET", path, accept_encoding}, Published(std::move(snapshot)),
                TestInstant(60).wall);
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

TEST(HttpReplyTest, TheBodyOutlivesTheSlot) {
  auto published = Published(FullSnapshot());
  HttpReply reply = Answer({"GET", "/metrics", ""}, published, TestInstant(60).wall);
  const std::weak_ptr<const PublishedSnapshot> observer = published;
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
    const HttpReply reply =
        Answer({method, "/metrics", ""}, Published(FullSnapshot()), TestInstant(60).wall);
    EXPECT_EQ(reply.status, 405U) << method;
    EXPECT_EQ(reply.allow, "GET, HEAD");
    EXPECT_FALSE(reply.body->empty());
  }
}

}  // namespace
}  // namespace connwatch
