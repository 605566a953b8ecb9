#include "exporters/routes/reload_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace connwatch::reload_reply_test {
namespace {

using testing::HasSubstr;

Result<void> Succeed() { return {}; }
Result<void> Fail() { return Error{0, "f:1:1: poll: is wrong"}; }

TEST(ReloadReplyTest, OnlyWhereItIsEnabled) {
  const HttpReply reply = AnswerReload({});
  EXPECT_EQ(reply.status, 403U);
  EXPECT_THAT(*reply.body, HasSubstr("--web.enable-lifecycle"));
}

TEST(ReloadReplyTest, SaysThatItIsDone) { EXPECT_EQ(AnswerReload(Succeed).status, 200U); }

TEST(ReloadReplyTest, TellsTheMistake) {
  const HttpReply reply = AnswerReload(Fail);
  EXPECT_EQ(reply.status, 500U);
  EXPECT_THAT(*reply.body, HasSubstr("f:1:1: poll: is wrong"));
}

TEST(ReloadReplyTest, SaysWhenToComeAgain) {
  const HttpReply reply = AnswerReload([]() -> Result<void> {
    return Error{EBUSY, "too many reloads"};
  });
  EXPECT_EQ(reply.status, 429U);
  ASSERT_EQ(reply.headers.size(), 1U);
  EXPECT_EQ(reply.headers[0], (HttpHeader{"Retry-After", "1"}));
  EXPECT_THAT(*reply.body, HasSubstr("too many reloads"));
}

}  // namespace
}  // namespace connwatch::reload_reply_test
