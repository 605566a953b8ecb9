// With a matcher that counts, and the clock passed in.
#include "exporters/access/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "exporters/access/bcrypt.h"

namespace connwatch::authenticator_test {
namespace {

using namespace std::chrono_literals;

const MonotonicTime kStart{1'000s};

std::string HashAtCost(unsigned cost, char last) {
  std::string hash = UnmatchedBcrypt(cost);
  hash.back() = last;
  return hash;
}

class AuthenticatorTest : public testing::Test {
 protected:
  LoginVerdict Try(const std::string& user, const std::string& password, MonotonicTime now,
                   const std::string& client = "192.0.2.1") {
    return authenticator_.Check({user, password}, users_, client, now).verdict;
  }

  // The password is "right" for every hash: an unknown user must be refused all the same.
  int computed_ = 0;
  std::multiset<unsigned> costs_;
  Authenticator authenticator_{[this](const std::string& password, const std::string& hash) {
    ++computed_;
    costs_.insert(BcryptCost(hash));
    return password == "right";
  }};
  std::vector<BasicAuthUser> users_ = {{"alice", HashAtCost(10, '.')},
                                       {"bob", HashAtCost(10, 'O')}};
};

TEST_F(AuthenticatorTest, AcceptsTheRightPasswordOfAKnownUser) {
  EXPECT_EQ(Try("alice", "right", kStart), LoginVerdict::kAccepted);
  EXPECT_EQ(Try("alice", "wrong", kStart), LoginVerdict::kWrongPassword);
  EXPECT_EQ(Try("mallory", "right", kStart), LoginVerdict::kUnknownUser);
  EXPECT_EQ(Try("", "right", kStart), LoginVerdict::kUnknownUser);
}

std::vector<BasicAuthUser> UsersOfManyCosts() {
  return {{"dear", HashAtCost(12, '.')},
          {"cheap", HashAtCost(4, '.')},
          {"middle", HashAtCost(9, '.')},
          {"as cheap", HashAtCost(4, 'O')}};
}

TEST_F(AuthenticatorTest, EveryLogInThatIsRefusedComputesTheSame) {
  using namespace std::string_literals;
  users_ = UsersOfManyCosts();
  MonotonicTime now = kStart;
  for (const std::string& user :
       {"dear"s, "cheap"s, "middle"s, "as cheap"s, "mallory"s, ""s, "dea"s, "dearer"s, "DEAR"s,
        "a:b"s, "dear\0"s, std::string(5'000, 'x')}) {
    costs_.clear();
    now += 1h;
    const LoginVerdict verdict = Try(user, "wrong", now);
    EXPECT_TRUE(verdict == LoginVerdict::kWrongPassword || verdict == LoginVerdict::kUnknownUser);
    EXPECT_THAT(costs_, testing::ElementsAre(4U, 9U, 12U)) << user;
  }
}

TEST_F(AuthenticatorTest, ARightPasswordComputesItsOwnHashOnly) {
  users_ = UsersOfManyCosts();
  EXPECT_EQ(Try("middle", "right", kStart), LoginVerdict::kAccepted);
  EXPECT_THAT(costs_, testing::ElementsAre(9U));
}

TEST_F(AuthenticatorTest, TheLimitDoesNotTellWhoExists) {
  users_ = UsersOfManyCosts();
  MonotonicTime now = kStart;
  for (const std::string tried : {"dear", "cheap", "mallory"}) {
    now += 1h;
    for (int i = 0; i < 5; ++i) EXPECT_NE(Try(tried, "wrong", now), LoginVerdict::kTooMany);
    computed_ = 0;
    for (const std::string next : {"dear", "cheap", "mallory"}) {
      const Login login = authenticator_.Check({next, "right"}, users_, "192.0.2.1", now);
      EXPECT_EQ(login.verdict, LoginVerdict::kTooMany);
      // 2^4 + 2^9 + 2^12 computations are 4.5 times the 2^10 for which 10 s are the wait.
      EXPECT_EQ(login.retry_after, 46s);
    }
    EXPECT_EQ(computed_, 0);
  }
}

TEST_F(AuthenticatorTest, ASuccessIsRememberedAndComputedOnce) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Try("alice", "right", kStart + i * 1min), LoginVerdict::kAccepted);
  }
  EXPECT_EQ(computed_, 1);
}

TEST_F(AuthenticatorTest, ASuccessIsForgottenWhenItIsNotUsed) {
  Try("alice", "right", kStart);
  Try("alice", "right", kStart + Authenticator::kRemembered + 1s);
  EXPECT_EQ(computed_, 2);
}

TEST_F(AuthenticatorTest, ANewHashForgetsTheSuccess) {
  Try("alice", "right", kStart);
  users_[0].bcrypt_hash = HashAtCost(10, 'e');
  Try("alice", "right", kStart);
  EXPECT_EQ(computed_, 2);
}

TEST_F(AuthenticatorTest, ARemovedUserIsRefusedAtOnce) {
  Try("alice", "right", kStart);
  users_.erase(users_.begin());
  EXPECT_EQ(Try("alice", "right", kStart), LoginVerdict::kUnknownUser);
}

TEST_F(AuthenticatorTest, AnotherUserWithTheSamePartsIsAnother) {
  users_.push_back({"ali", users_[0].bcrypt_hash});
  Try("alice", "right", kStart);
  Try("ali", "right", kStart);
  EXPECT_EQ(computed_, 2);
}

TEST_F(AuthenticatorTest, OnlySoManySuccessesAreRemembered) {
  users_.clear();
  for (std::size_t i = 0; i <= Authenticator::kMaxRemembered; ++i) {
    users_.push_back({"user" + std::to_string(i), HashAtCost(4, '.')});
  }
  const auto at = [](std::size_t i) { return kStart + i * 1ms; };
  for (std::size_t i = 0; i < users_.size(); ++i) Try(users_[i].name, "right", at(i));
  computed_ = 0;
  Try(users_.back().name, "right", at(200));
  EXPECT_EQ(computed_, 0);
  Try(users_.front().name, "right", at(200));
  EXPECT_EQ(computed_, 1) << "the oldest made room";
}

TEST_F(AuthenticatorTest, AFailureIsNeverRemembered) {
  Try("alice", "wrong", kStart);
  EXPECT_EQ(Try("alice", "right", kStart), LoginVerdict::kAccepted);
  Try("alice", "wrong", kStart);
  EXPECT_EQ(computed_, 3);
}

TEST_F(AuthenticatorTest, TheFailuresOfOneClientAreLimited) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Try("alice", "wrong", kStart), LoginVerdict::kWrongPassword) << i;
  }
  const Login login = authenticator_.Check({"alice", "right"}, users_, "192.0.2.1", kStart);
  EXPECT_EQ(login.verdict, LoginVerdict::kTooMany);
  EXPECT_EQ(login.retry_after, 10s);
  EXPECT_EQ(computed_, 5);
  EXPECT_EQ(Try("alice", "right", kStart, "192.0.2.2"), LoginVerdict::kAccepted);
  EXPECT_EQ(Try("alice", "wrong", kStart + 10s), LoginVerdict::kWrongPassword);
  EXPECT_EQ(Try("alice", "wrong", kStart + 10s), LoginVerdict::kTooMany);
}

TEST_F(AuthenticatorTest, FailuresInAllAreLimited) {
  for (int i = 0; i < 1'000; ++i) Try("alice", "wrong", kStart, "client " + std::to_string(i));
  EXPECT_EQ(computed_, 10);
  computed_ = 0;
  for (int i = 0; i < 10'000; ++i) {
    Try("alice", "wrong", kStart + i * 1ms, "client " + std::to_string(i));
  }
  EXPECT_LE(computed_, 10) << "one per second";
}

TEST_F(AuthenticatorTest, ARememberedLoginPassesDuringAnAttack) {
  EXPECT_EQ(Try("alice", "right", kStart), LoginVerdict::kAccepted);
  for (int i = 0; i < 100; ++i) Try("alice", "wrong", kStart, "client " + std::to_string(i % 50));
  EXPECT_EQ(Try("alice", "right", kStart), LoginVerdict::kAccepted);
}

TEST_F(AuthenticatorTest, AFailureAtAHigherCostWaitsLonger) {
  users_ = {{"alice", HashAtCost(13, '.')}};
  for (int i = 0; i < 5; ++i) Try("alice", "wrong", kStart);
  EXPECT_EQ(authenticator_.Check({"alice", "wrong"}, users_, "192.0.2.1", kStart).retry_after, 80s);
}

}  // namespace
}  // namespace connwatch::authenticator_test
