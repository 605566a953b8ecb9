#include "exporters/access/web_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace connwatch::web_guard_test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const MonotonicTime kStart{1'000s};
// By htpasswd -nbBC 4 "" secret
constexpr const char* kSecret = "$2y$04$oq/ylvM7ZtDdvEXzFwsfBeVG7vDFsYN6yWwmNv1LieSRO4gZEav5C";
constexpr std::string_view kAliceSecret = "Basic YWxpY2U6c2VjcmV0";
constexpr std::string_view kAliceWrong = "Basic YWxpY2U6d3JvbmdwYXNz";  // wrongpass
constexpr std::string_view kBobSecret = "Basic Ym9iOnNlY3JldA==";

std::shared_ptr<const WebPolicy> Policy(WebAccess access) {
  return WebPolicy::Create(std::move(access)).value();
}

std::string HeaderOf(const HttpReply& reply, std::string_view name) {
  for (const HttpHeader& header : reply.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

class WebGuardTest : public testing::Test {
 protected:
  unsigned Status(WebGuard& guard, std::string_view authorization, MonotonicTime now = kStart) {
    const auto refusal =
        guard.Refuse(*guard.policy(), {{"192.0.2.1", "192.0.2.1"}, authorization}, now);
    return refusal ? refusal->status : 200;
  }

  std::vector<std::string> lines_;
  WebGuard::RefusalLog log_ = [this](WebRefusal /*reason*/, const std::string& line) {
    lines_.push_back(line);
  };
};

TEST_F(WebGuardTest, WithoutUsersEverybodyMayAsk) {
  WebGuard guard(Policy({}), log_);
  EXPECT_EQ(Status(guard, ""), 200U);
  EXPECT_EQ(Status(guard, "Basic nonsense"), 200U);
}

TEST_F(WebGuardTest, WithUsersOnlyTheyMay) {
  WebGuard guard(Policy({.users = {{"alice", kSecret}}}), log_);
  EXPECT_EQ(Status(guard, kAliceSecret), 200U);
  EXPECT_TRUE(lines_.empty());
  for (const auto wrong :
       {kAliceWrong, kBobSecret, std::string_view(), std::string_view("Basic")}) {
    EXPECT_EQ(Status(guard, wrong), 401U);
  }
  EXPECT_THAT(lines_, SizeIs(4));
  EXPECT_THAT(lines_, Each(AllOf(HasSubstr("192.0.2.1"), Not(HasSubstr("wrongpass")),
                                 Not(HasSubstr("secret")))));
  EXPECT_THAT(lines_[0], HasSubstr("wrong password for user \"alice\""));
  EXPECT_THAT(lines_[1], HasSubstr("unknown user \"bob\""));
  const auto refusal = guard.Refuse(*guard.policy(), {{"a", "a"}, ""}, kStart);
  EXPECT_THAT(HeaderOf(*refusal, "WWW-Authenticate"), HasSubstr("Basic"));
}

TEST_F(WebGuardTest, TheReplyDoesNotTellWhoExists) {
  WebGuard guard(Policy({.users = {{"alice", kSecret}}}), log_);
  const auto reply = [&](std::string_view authorization) {
    return *guard.Refuse(*guard.policy(), {{"192.0.2.1", "192.0.2.1"}, authorization}, kStart);
  };
  const HttpReply known = reply(kAliceWrong);
  const HttpReply unknown = reply(kBobSecret);
  EXPECT_EQ(known.status, unknown.status);
  EXPECT_EQ(*known.body, *unknown.body);
  EXPECT_EQ(known.headers, unknown.headers);
}

TEST_F(WebGuardTest, AUserNameCannotForgeALogLine) {
  WebGuard guard(Policy({.users = {{"alice", kSecret}}}), log_);
  Status(guard, "Basic YQpiImM6eA==");  // a, newline, b, quote, c
  EXPECT_THAT(lines_.back(), HasSubstr("\"a?b?c\""));
}

TEST_F(WebGuardTest, TooManyFailuresAre429) {
  WebGuard guard(Policy({.users = {{"alice", kSecret}}}), log_);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Status(guard, kAliceWrong), 401U);
  const auto refusal =
      guard.Refuse(*guard.policy(), {{"192.0.2.1", "192.0.2.1"}, kAliceSecret}, kStart);
  EXPECT_EQ(refusal->status, 429U);
  EXPECT_EQ(HeaderOf(*refusal, "Retry-After"), "10");
}

TEST_F(WebGuardTest, TheRateLimitGoesFirst) {
  WebGuard guard(
      Policy({.users = {{"alice", kSecret}}, .rate_limit = {.interval = 1500ms, .burst = 2}}),
      log_);
  EXPECT_EQ(Status(guard, kAliceSecret), 200U);
  EXPECT_EQ(Status(guard, kAliceWrong), 401U);
  const auto refusal = guard.Refuse(*guard.policy(), {{"a", "a"}, kAliceSecret}, kStart);
  EXPECT_EQ(refusal->status, 429U);
  EXPECT_EQ(HeaderOf(*refusal, "Retry-After"), "2");
  EXPECT_EQ(Status(guard, kAliceSecret, kStart + 1500ms), 200U);
}

TEST_F(WebGuardTest, ANewPolicyIsInForceAtOnce) {
  WebGuard guard(
      Policy({.users = {{"alice", kSecret}}, .rate_limit = {.interval = 1h, .burst = 1}}), log_);
  EXPECT_EQ(Status(guard, kAliceSecret), 200U);
  EXPECT_EQ(Status(guard, kAliceSecret), 429U);
  guard.Enforce(Policy({.users = {{"bob", kSecret}}}));
  EXPECT_EQ(Status(guard, kAliceSecret), 401U);
  EXPECT_EQ(Status(guard, kBobSecret), 200U);
}

TEST_F(WebGuardTest, CountsWhomItTurnsAway) {
  WebGuard guard(
      Policy({.users = {{"alice", kSecret}}, .rate_limit = {.interval = 1h, .burst = 8}}), log_);
  for (int i = 0; i < 5; ++i) Status(guard, kAliceWrong);
  for (int i = 0; i < 2; ++i) Status(guard, kAliceSecret);
  Status(guard, "");
  Status(guard, "");
  guard.RecordRefusal(WebRefusal::kBody, "refused a request");
  const WebRefusalCounts refusals = guard.refusals();
  EXPECT_EQ(refusals.at(IndexOf(WebRefusal::kLogin)), 6U);
  EXPECT_EQ(refusals.at(IndexOf(WebRefusal::kLoginLimit)), 2U);
  EXPECT_EQ(refusals.at(IndexOf(WebRefusal::kRateLimit)), 1U);
  EXPECT_EQ(refusals.at(IndexOf(WebRefusal::kBody)), 1U);
  EXPECT_EQ(refusals.at(IndexOf(WebRefusal::kTls)), 0U);
  EXPECT_EQ(lines_.back(), "refused a request");
}

}  // namespace
}  // namespace connwatch::web_guard_test
