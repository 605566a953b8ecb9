#include "daemon/alert_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/config.h"
#include "daemon/process/logging.h"
#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

// FullSnapshot() has 12 SYN-RECV sockets on 0.0.0.0:443, and none on [::1]:22.
AlertRule QueueAbove(double above) {
  return {.name = "Queue",
          .signal = AlertSignal::kListenerSynQueue,
          .threshold = AlertThreshold{ThresholdSide::kAbove, above}};
}

class AlertJudgeTest : public testing::Test {
 protected:
  AlertJudgeTest() {
    // gtest has replaced standard error, if at all, after the log was set up.
    ConfigureLogging({.level = LogLevel::kInfo, .format = LogFormat::kText});
  }

  std::shared_ptr<const AlertList> Judge(std::uint64_t syn_queue) {
    Snapshot snapshot = FullSnapshot();
    snapshot.listeners->listeners.front().status.syn_queue.length = syn_queue;
    snapshot.polls = {PollHealth(Tier::kHandshakes, std::chrono::milliseconds(1'000))};
    ++second_;
    for (int i = 0; i < second_; ++i)
      snapshot.polls.front().RecordSuccess(TestInstant(second_), {});
    return judge_.Judge(snapshot, TestInstant(second_));
  }

  AlertJudge judge_{{QueueAbove(10)}};
  int second_ = 0;
};

TEST_F(AlertJudgeTest, HandsOutWhatFires) {
  const auto quiet = Judge(3);
  EXPECT_TRUE(quiet->alerts.empty());
  ASSERT_EQ(quiet->rules.size(), 1U);
  EXPECT_EQ(quiet->rules.front().rule->name, "Queue");
  const auto firing = Judge(12);
  ASSERT_EQ(firing->alerts.size(), 1U);
  EXPECT_EQ(firing->alerts.front().state, AlertState::kFiring);
  EXPECT_EQ(firing->alerts.front().subject, "0.0.0.0:443");
  EXPECT_TRUE(quiet->alerts.empty()) << "what was handed out stays as it was";
}

TEST_F(AlertJudgeTest, CountsTransitionsByRule) {
  Judge(12);
  const auto resolved = Judge(3);
  ASSERT_EQ(resolved->transitions.size(), 1U);
  EXPECT_EQ(resolved->transitions.front().at(IndexOf(AlertState::kFiring)), 1U);
  EXPECT_EQ(resolved->transitions.front().at(IndexOf(AlertState::kResolved)), 1U);
}

TEST_F(AlertJudgeTest, ALineForEachTransitionAndNoneBetween) {
  testing::internal::CaptureStderr();
  Judge(3);
  Judge(12);
  Judge(13);
  Judge(3);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log,
              HasSubstr("alert=Queue subject=0.0.0.0:443 state=firing severity=warning value=12 "
                        "threshold=10 cause=syn_flood; "));
  EXPECT_THAT(log, HasSubstr("; top sources: 198.51.100.0/24 (8)\n"));
  EXPECT_THAT(log, HasSubstr("state=resolved"));
  EXPECT_THAT(log, Not(HasSubstr("value=13")));
}

TEST_F(AlertJudgeTest, ARuleThatGoesEndsItsAlerts) {
  Judge(12);
  judge_.Reconfigure({}, TestInstant(second_));
  const auto none = Judge(12);
  EXPECT_TRUE(none->alerts.empty());
  EXPECT_TRUE(none->rules.empty());
}

}  // namespace
}  // namespace connwatch
