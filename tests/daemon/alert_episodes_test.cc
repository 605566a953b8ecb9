#include "daemon/alert_episodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/snapshot_parts.h"

namespace connwatch::alert_episodes_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kQuietSeconds = static_cast<int>(std::chrono::seconds(AlertEpisodes::kQuiet).count());

class AlertEpisodesTest : public testing::Test {
 protected:
  // Whether it is worth a line that the alert is `to` now.
  bool Tell(int second, AlertState to, const std::string& subject = "host",
            const std::string& rule = "A") {
    return !episodes_.Tell({Transition(second, to, subject, rule)}).empty();
  }

  static AlertTransition Transition(int second, AlertState to, const std::string& subject,
                                    const std::string& name = "A") {
    auto rule = std::make_shared<AlertRule>();
    rule->name = name;
    AlertTransition transition{.to = to, .at = TestInstant(second)};
    transition.alert.rule = std::move(rule);
    transition.alert.subject = subject;
    return transition;
  }

  // As many alerts as can be remembered are `to` at once: "0", "1" and so on.
  void TellAll(int second, AlertState to) {
    std::vector<AlertTransition> transitions;
    for (std::size_t i = 0; i < AlertEpisodes::kMaxRemembered; ++i) {
      transitions.push_back(Transition(second, to, std::to_string(i)));
    }
    EXPECT_EQ(episodes_.Tell(transitions).size(), transitions.size());
  }

  AlertEpisodes episodes_;
};

TEST_F(AlertEpisodesTest, AnAlertFromQuietToResolvedIsToldInFull) {
  EXPECT_TRUE(Tell(0, AlertState::kPending));
  EXPECT_TRUE(Tell(10, AlertState::kFiring));
  EXPECT_TRUE(Tell(60, AlertState::kResolved));
}

TEST_F(AlertEpisodesTest, AnAlertThatIsPendingAgainAndAgainIsToldOnce) {
  EXPECT_TRUE(Tell(0, AlertState::kPending));
  EXPECT_TRUE(Tell(1, AlertState::kInactive));
  int second = 2;
  for (; second < 10 * kQuietSeconds; second += 60) {
    EXPECT_FALSE(Tell(second, AlertState::kPending));
    EXPECT_FALSE(Tell(second + 30, AlertState::kInactive));
  }
  EXPECT_FALSE(Tell(second, AlertState::kPending));
  EXPECT_TRUE(Tell(second + 1, AlertState::kFiring)) << "what happens is told, whatever was before";
  EXPECT_TRUE(Tell(second + 2, AlertState::kResolved));
  EXPECT_FALSE(Tell(second + 3, AlertState::kPending)) << "the same episode";
  EXPECT_FALSE(Tell(second + 4, AlertState::kInactive)) << "its beginning was not told";
}

TEST_F(AlertEpisodesTest, AnEpisodeEndsWhenAllWasQuietForTenMinutes) {
  Tell(0, AlertState::kPending);
  Tell(5, AlertState::kInactive);
  EXPECT_FALSE(Tell(5 + kQuietSeconds - 1, AlertState::kPending));
  Tell(1'000, AlertState::kInactive);
  EXPECT_TRUE(Tell(1'000 + kQuietSeconds, AlertState::kPending));
  EXPECT_TRUE(Tell(1'001 + kQuietSeconds, AlertState::kInactive));
}

TEST_F(AlertEpisodesTest, AnAlertThatIsPendingForLongIsToldToEnd) {
  EXPECT_TRUE(Tell(0, AlertState::kPending));
  EXPECT_TRUE(Tell(1, AlertState::kPending, "another"));
  EXPECT_TRUE(Tell(5 * kQuietSeconds, AlertState::kInactive)) << "of a rule with a long for";
}

TEST_F(AlertEpisodesTest, EachRuleAndSubjectHasEpisodesOfItsOwn) {
  EXPECT_TRUE(Tell(0, AlertState::kPending, "a", "A"));
  EXPECT_TRUE(Tell(0, AlertState::kPending, "b", "A"));
  EXPECT_TRUE(Tell(0, AlertState::kPending, "a", "B"));
  EXPECT_FALSE(Tell(1, AlertState::kPending, "a", "A"));
}

TEST_F(AlertEpisodesTest, KeepsTheOrder) {
  Tell(0, AlertState::kPending, "known");
  const std::vector<AlertTransition> transitions = {Transition(1, AlertState::kFiring, "x"),
                                                    Transition(1, AlertState::kPending, "known"),
                                                    Transition(1, AlertState::kPending, "y")};
  EXPECT_THAT(episodes_.Tell(transitions), ElementsAre(&transitions[0], &transitions[2]));
  EXPECT_THAT(episodes_.Tell({}), IsEmpty());
}

TEST_F(AlertEpisodesTest, BeyondTheLimitEverythingIsTold) {
  TellAll(0, AlertState::kPending);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Tell(1, AlertState::kPending, "one more"));
    EXPECT_TRUE(Tell(2, AlertState::kInactive, "one more"));
  }
  EXPECT_FALSE(Tell(3, AlertState::kPending, "7")) << "those that are remembered stay so";
}

TEST_F(AlertEpisodesTest, WhatIsQuietIsForgotten) {
  TellAll(0, AlertState::kPending);
  TellAll(1, AlertState::kInactive);
  EXPECT_TRUE(Tell(1 + kQuietSeconds, AlertState::kPending, "one more"));
  EXPECT_FALSE(Tell(2 + kQuietSeconds, AlertState::kPending, "one more")) << "there is room again";
}

}  // namespace
}  // namespace connwatch::alert_episodes_test
