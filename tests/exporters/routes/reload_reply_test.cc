#include "exporters/routes/reload_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace connwatch {
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

}  // namespace
}  // namespace connwatch
