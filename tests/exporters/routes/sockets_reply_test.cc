#include "exporters/routes/sockets_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace connwatch::sockets_reply_test {
namespace {

using testing::HasSubstr;

Result<std::shared_ptr<BodyStream>> Succeed(const SocketQuery& /*query*/) {
  return std::make_shared<BodyStream>();
}
Result<std::shared_ptr<BodyStream>> BeBusy(const SocketQuery& /*query*/) {
  return Error{EBUSY, "another search is under way"};
}
Result<std::shared_ptr<BodyStream>> Fail(const SocketQuery& /*query*/) {
  return Error{EAGAIN, "no thread"};
}

constexpr HttpClient kLoopback = {.address = "127.0.0.1"};

HttpReply Get(std::string_view query, const SocketSearchAction& action,
              const HttpClient& client = kLoopback) {
  return AnswerSockets(
      {.method = "GET", .path = "/api/v1/sockets", .query = query, .client = client}, action);
}

TEST(SocketsReplyTest, StreamsWhatIsFound) {
  const HttpReply reply = Get("state=listen", Succeed);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_TRUE(reply.stream);
}

TEST(SocketsReplyTest, OnlyWhereItIsEnabledAndPermitted) {
  EXPECT_THAT(*Get("", {}).body, HasSubstr("sockets_api: true"));
  EXPECT_EQ(Get("", {}).status, 403U);
  EXPECT_EQ(Get("", Succeed, {.address = "192.0.2.1"}).status, 403U);
}

TEST(SocketsReplyTest, AMistakeIsNotSearchedFor) {
  const HttpReply reply = Get("sport=x", Succeed);
  EXPECT_EQ(reply.status, 400U);
  EXPECT_THAT(*reply.body, HasSubstr("\"position\": 7"));
  EXPECT_FALSE(reply.stream);
}

TEST(SocketsReplyTest, SaysWhenToComeAgain) {
  const HttpReply busy = Get("", BeBusy);
  EXPECT_EQ(busy.status, 429U);
  ASSERT_EQ(busy.headers.size(), 1U);
  EXPECT_EQ(busy.headers[0], (HttpHeader{"Retry-After", "1"}));
  EXPECT_THAT(*busy.body, HasSubstr("another search is under way"));
  EXPECT_EQ(Get("", Fail).status, 503U);
}

TEST(MaySeeSocketsTest, WhoCouldSeeThemAnyway) {
  for (const char* address : {"unix", "127.0.0.1", "127.8.9.10", "::1"}) {
    EXPECT_TRUE(MaySeeSockets({.address = address})) << address;
  }
  for (const char* address : {"192.0.2.1", "2001:db8::1", "0.0.0.0", "unknown", ""}) {
    EXPECT_FALSE(MaySeeSockets({.address = address})) << address;
  }
}

TEST(MaySeeSocketsTest, NotWhoeverIsBehindAProxyOnThisHost) {
  EXPECT_FALSE(MaySeeSockets({.address = "::1", .is_forwarded = true}));
}

TEST(MaySeeSocketsTest, WhoeverHasLoggedIn) {
  EXPECT_TRUE(MaySeeSockets({.address = "192.0.2.1", .has_logged_in = true}));
  EXPECT_TRUE(MaySeeSockets({.address = "127.0.0.1", .has_logged_in = true, .is_forwarded = true}));
}

}  // namespace
}  // namespace connwatch::sockets_reply_test
