#include "daemon/alert_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "config/config.h"
#include "daemon/process/logging.h"
#include "tests/support/snapshots.h"

namespace connwatch::alert_judge_test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Rules for listeners would also find those of other namespaces.
Snapshot OwnNamespaceOnly() {
  Snapshot snapshot = FullSnapshot();
  snapshot.namespaces.reset();
  return snapshot;
}

// FullSnapshot() has 12 SYN-RECV sockets on 0.0.0.0:443, and none on [::1]:22.
AlertRule QueueAbove(double above) {
  return {.name = "Queue",
          .signal = AlertSignal::kListenerSynQueue,
          .threshold = AlertThreshold{ThresholdSide::kAbove, above}};
}

class AlertJudgeTest : public testing::Test {
 protected:
  AlertJudgeTest() {
    EXPECT_TRUE(StartLog({.level = LogLevel::kInfo, .format = LogFormat::kText}));
  }
  void TearDown() override { EndLog(); }

  // What was logged since CaptureStderr.
  static std::string CapturedLog() {
    EndLog();  // every line is written now
    return testing::internal::GetCapturedStderr();
  }

  std::shared_ptr<const AlertList> Judge(std::uint64_t syn_queue) {
    Snapshot snapshot = OwnNamespaceOnly();
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
  const std::string log = CapturedLog();
  EXPECT_THAT(log, HasSubstr("alert=Queue subject=0.0.0.0:443 state=firing "
                             "severity=warning value=12 "
                             "threshold=10 cause=syn_flood unit=nginx.service; "));
  EXPECT_THAT(log, HasSubstr("; top sources: 198.51.100.0/24 (8)\n"));
  EXPECT_THAT(log, HasSubstr("state=resolved"));
  EXPECT_THAT(log, Not(HasSubstr("value=13")));
}

TEST_F(AlertJudgeTest, AValueThatComesAndGoesAtItsThresholdMakesTwoLines) {
  AlertRule rule = QueueAbove(10);
  rule.hold = std::chrono::minutes(1);
  judge_.Reconfigure({rule}, TestInstant(0));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) Judge(i % 2 == 0 ? 12 : 3);
  const std::string log = CapturedLog();
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
  EXPECT_THAT(log, HasSubstr("state=pending"));
  EXPECT_THAT(log, HasSubstr("state=inactive"));
  const auto list = Judge(12);
  EXPECT_GT(list->transitions.front().at(IndexOf(AlertState::kPending)), 10U) << "all count";
}

// A thousand listeners, whose queues are `queue`.
Snapshot Many(std::uint64_t queue, int polls) {
  constexpr std::uint16_t kListeners = 1'000;
  Snapshot snapshot = OwnNamespaceOnly();
  Listener listener = snapshot.listeners->listeners.front();
  listener.status.syn_queue.length = queue;
  snapshot.listeners->listeners.assign(kListeners, listener);
  for (std::uint16_t i = 0; i < kListeners; ++i) {
    snapshot.listeners->listeners[i].key.endpoint.port = i;
  }
  snapshot.polls = {PollHealth(Tier::kHandshakes, std::chrono::milliseconds(1'000))};
  for (int i = 0; i < polls; ++i) snapshot.polls.front().RecordSuccess(TestInstant(polls), {});
  return snapshot;
}

TEST_F(AlertJudgeTest, ManyTransitionsAtOnceMakeFewLinesTheMostSevereFirst) {
  AlertRule mild = QueueAbove(10);
  mild.severity = AlertSeverity::kInfo;
  AlertRule severe = QueueAbove(10);
  severe.name = "Severe";
  severe.severity = AlertSeverity::kCritical;
  severe.match = {{"0.0.0.0:7", false}};
  AlertJudge judge({mild, severe});
  testing::internal::CaptureStderr();
  judge.Judge(Many(0, 1), TestInstant(1));
  const auto list = judge.Judge(Many(12, 2), TestInstant(2));
  const std::string log = CapturedLog();
  EXPECT_EQ(std::ranges::count(log, '\n'), static_cast<std::ptrdiff_t>(AlertJudge::kMaxLines) + 1);
  EXPECT_THAT(log, HasSubstr("alert=Severe subject=0.0.0.0:7 state=firing severity=critical"));
  EXPECT_THAT(log, HasSubstr("alert=Queue state=firing severity=info subjects=401: too many at "
                             "once for a line each\n"));
  EXPECT_EQ(list->transitions.front().at(IndexOf(AlertState::kFiring)), 500U);
  EXPECT_EQ(list->alerts.front().rule->name, "Severe") << "the most urgent first";
  EXPECT_EQ(list->alerts.size(), 501U);
}

TEST_F(AlertJudgeTest, AlertsAreInTheOrderOfUrgency) {
  const auto rule = [](const char* name, AlertSeverity severity, std::chrono::seconds hold) {
    AlertRule made = QueueAbove(10);
    made.name = name;
    made.severity = severity;
    made.hold = hold;
    return made;
  };
  using namespace std::chrono_literals;
  AlertJudge judge(
      {rule("Pending", AlertSeverity::kCritical, 1h), rule("Late", AlertSeverity::kCritical, 2s),
       rule("Mild", AlertSeverity::kInfo, 0s), rule("Early", AlertSeverity::kCritical, 0s)});
  std::shared_ptr<const AlertList> list;
  for (int second = 1; second < 6; ++second) {
    Snapshot snapshot = OwnNamespaceOnly();
    snapshot.polls = {PollHealth(Tier::kHandshakes, 1s)};
    for (int i = 0; i < second; ++i) snapshot.polls.front().RecordSuccess(TestInstant(second), {});
    list = judge.Judge(snapshot, TestInstant(second));
  }
  std::vector<std::string> names;
  for (const Alert& alert : list->alerts) names.push_back(alert.rule->name);
  EXPECT_THAT(names, testing::ElementsAre("Early", "Late", "Mild", "Pending"));
}

TEST_F(AlertJudgeTest, ARuleThatGoesEndsItsAlerts) {
  Judge(12);
  judge_.Reconfigure({}, TestInstant(second_));
  const auto none = Judge(12);
  EXPECT_TRUE(none->alerts.empty());
  EXPECT_TRUE(none->rules.empty());
}

TEST_F(AlertJudgeTest, TheCountsOfARuleThatGoesAreForgotten) {
  Judge(12);
  judge_.Reconfigure({QueueAbove(10)}, TestInstant(second_));
  EXPECT_EQ(Judge(12)->transitions.front().at(IndexOf(AlertState::kFiring)), 1U) << "it stays";
  judge_.Reconfigure({}, TestInstant(second_));
  judge_.Reconfigure({QueueAbove(10)}, TestInstant(second_));
  EXPECT_EQ(Judge(3)->transitions.front().at(IndexOf(AlertState::kFiring)), 0U);
}

}  // namespace
}  // namespace connwatch::alert_judge_test
