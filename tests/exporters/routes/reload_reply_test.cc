#include "exporters/routes/reload_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace connwatch {
namespace {

using testing::HasSubstr;

Result<void> Succeed() { return {}; }
Result<void> Fail() { return Error{0, "f:1:1: poll: is wrong"}; }

TEST(ReloadReplyTest, OnlyWhereItIsEnabled) {
  const HttpReply reply = AnswerReload("POST", {});
  EXPECT_EQ(reply.status, 403U);
  EXPECT_THAT(*reply.body, HasSubstr("--web.enable-lifecycle"));
}

TEST(ReloadReplyTest, OnlyByPostAndPut) {
  EXPECT_EQ(AnswerReload("POST", Succeed).status, 200U);
  EXPECT_EQ(AnswerReload("PUT", Succeed).status, 200U);
  for (const char* method : {"GET", "HEAD", "DELETE", "post", ""}) {
    const HttpReply reply = AnswerReload(method, Succeed);
    EXPECT_EQ(reply.status, 405U) << method;
    EXPECT_EQ(reply.allow, "POST, PUT");
  }
}

TEST(ReloadReplyTest, TellsTheMistake) {
  const HttpReply reply = AnswerReload("POST", Fail);
  EXPECT_EQ(reply.status, 500U);
  EXPECT_THAT(*reply.body, HasSubstr("f:1:1: poll: is wrong"));
}

}  // namespace
}  // namespace connwatch
