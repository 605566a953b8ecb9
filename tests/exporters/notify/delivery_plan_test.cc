#include "exporters/notify/delivery_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/firing_alerts.h"

namespace connwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;
using enum DeliveryOutcome;

// A plan, and a clock that the tests move.
struct DeliveryPlanTest : testing::Test {
  MonotonicTime At(int second) { return TestInstant(second).monotonic; }
  void Update(const std::vector<std::string>& subjects, int second) {
    plan.Update(Firing(subjects), TestInstant(second));
  }
  // The batch, resolved ones marked by a minus.
  std::vector<std::string> Take(int second) {
    std::vector<std::string> batch;
    for (const AlertReport& report : plan.Take(At(second))) {
      batch.push_back((report.resolved_at ? "-" : "") + report.alert->subject);
    }
    return batch;
  }
  void End(DeliveryOutcome outcome, int second) { plan.End(outcome, At(second)); }

  DeliveryPlan plan{60s};
};

TEST_F(DeliveryPlanTest, NothingFiresNothingIsDue) {
  Update({}, 0);
  EXPECT_THAT(Take(0), IsEmpty());
  EXPECT_EQ(plan.NextTake(), std::nullopt);
}

TEST_F(DeliveryPlanTest, AFiringAlertIsToldAtOnceAndEveryResendInterval) {
  Update({"a"}, 0);
  EXPECT_EQ(plan.NextTake(), At(0));
  EXPECT_THAT(Take(0), ElementsAre("a"));
  EXPECT_EQ(plan.NextTake(), std::nullopt);  // under way
  EXPECT_THAT(Take(0), IsEmpty());
  End(kDelivered, 1);
  EXPECT_EQ(plan.NextTake(), At(61));
  Update({"a"}, 30);
  EXPECT_THAT(Take(60), IsEmpty());
  EXPECT_THAT(Take(61), ElementsAre("a"));
}

TEST_F(DeliveryPlanTest, ItIsToldWithItsLatestValues) {
  Update({"a"}, 0);
  FiringAlerts firing = Firing({"a"});
  auto later = std::make_shared<Alert>(*firing.begin()->second);
  later->value = 9;
  firing.begin()->second = later;
  plan.Update(firing, TestInstant(1));
  EXPECT_EQ(plan.Take(At(1)).front().alert->value, 9);
}

TEST_F(DeliveryPlanTest, AResolvedAlertIsToldOnce) {
  Update({"a", "b"}, 0);
  Take(0);
  End(kDelivered, 0);
  Update({"b"}, 10);
  Update({"b"}, 20);
  const std::vector<AlertReport> batch = plan.Take(At(20));
  ASSERT_THAT(batch, SizeIs(1));
  EXPECT_EQ(batch.front().resolved_at, TestInstant(10).wall);
  End(kDelivered, 20);
  EXPECT_THAT(Take(59), IsEmpty());
  EXPECT_THAT(Take(60), ElementsAre("b"));
}

TEST_F(DeliveryPlanTest, WhatChangesUnderWayIsToldAfterwards) {
  Update({"a", "b"}, 0);
  Take(0);
  Update({"b"}, 1);
  End(kDelivered, 2);
  EXPECT_THAT(Take(2), ElementsAre("-a"));
  Update({"a", "b"}, 3);  // and fires again before that has arrived
  End(kDelivered, 4);
  EXPECT_THAT(Take(4), ElementsAre("a"));
}

TEST_F(DeliveryPlanTest, AFailureIsTriedAgainWithGrowingPauses) {
  Update({"a"}, 0);
  int now = 0;
  for (const int pause : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
    EXPECT_THAT(Take(now), ElementsAre("a"));
    End(kFailed, now);
    EXPECT_EQ(plan.NextTake(), At(now + pause));
    EXPECT_THAT(Take(now + pause - 1), IsEmpty());
    now += pause;
  }
  EXPECT_THAT(Take(now), ElementsAre("a"));
  End(kDelivered, now);
  Update({"a", "b"}, now);
  EXPECT_THAT(Take(now), ElementsAre("b"));  // a success ends the pauses
  End(kFailed, now);
  EXPECT_EQ(plan.NextTake(), At(now + 1));
}

TEST_F(DeliveryPlanTest, NewAlertsWaitForThePause) {
  Update({"a"}, 0);
  Take(0);
  End(kFailed, 0);
  Update({"a", "b"}, 0);
  EXPECT_THAT(Take(0), IsEmpty());
  EXPECT_THAT(Take(1), ElementsAre("a", "b"));
}

TEST_F(DeliveryPlanTest, ARejectedAlertIsToldAgainAfterTheResendInterval) {
  Update({"a", "b"}, 0);
  Take(0);
  End(kDelivered, 0);
  Update({"b"}, 60);
  EXPECT_THAT(Take(60), ElementsAre("-a", "b"));
  End(kRejected, 60);
  EXPECT_EQ(plan.CountQueued(), 2U);
  EXPECT_EQ(plan.NextTake(), At(120));
  EXPECT_THAT(Take(120), ElementsAre("-a", "b"));
}

TEST_F(DeliveryPlanTest, AResolvedAlertThatNobodyTakesIsDropped) {
  Update({"a"}, 0);
  Update({}, 100);
  EXPECT_THAT(Take(100), ElementsAre("-a"));
  End(kFailed, 100);
  Update({}, 100 + 15 * 60 - 1);
  EXPECT_EQ(plan.CountQueued(), 1U);
  Update({}, 100 + 15 * 60);
  EXPECT_EQ(plan.CountQueued(), 0U);
  EXPECT_EQ(plan.dropped(), 1U);
  EXPECT_EQ(plan.NextTake(), std::nullopt);
}

TEST_F(DeliveryPlanTest, ItIsDroppedEvenWhileItIsUnderWay) {
  Update({"a"}, 0);
  Update({}, 1);
  Take(1);
  Update({}, 1 + 15 * 60);
  End(kDelivered, 2 + 15 * 60);
  EXPECT_EQ(plan.NextTake(), std::nullopt);
}

// Ten minutes without the receiver, with a look at the alerts every second.
TEST_F(DeliveryPlanTest, NothingPilesUpWhileTheReceiverIsAway) {
  int tries = 0;
  for (int second = 0; second < 600; ++second) {
    const bool flaps = second % 7 == 0;
    Update(flaps ? std::vector<std::string>{"a"} : std::vector<std::string>{"a", "b"}, second);
    ASSERT_LE(plan.CountQueued(), 2U);
    if (plan.NextTake().value() > At(second)) continue;
    ASSERT_THAT(Take(second), SizeIs(testing::Le(2U)));
    End(kFailed, second);
    ++tries;
  }
  EXPECT_EQ(tries, 15);  // at 0, 1, 3, 7, 15, 31, 63 and then every minute
  EXPECT_EQ(plan.dropped(), 0U);
  Update({"a", "b"}, 600);
  EXPECT_THAT(Take(660), ElementsAre("a", "b"));  // it is back
  End(kDelivered, 660);
  EXPECT_EQ(plan.CountQueued(), 0U);
  EXPECT_EQ(plan.NextTake(), At(720));
}

std::vector<std::string> ManySubjects(std::size_t count) {
  std::vector<std::string> subjects;
  for (std::size_t i = 0; i < count; ++i) subjects.push_back(std::to_string(1'000'000 + i));
  return subjects;
}

TEST_F(DeliveryPlanTest, ManyAlertsGoInBatches) {
  Update(ManySubjects(DeliveryPlan::kMaxBatch + 1), 0);
  EXPECT_THAT(Take(0), SizeIs(DeliveryPlan::kMaxBatch));
  End(kDelivered, 0);
  EXPECT_EQ(plan.NextTake(), At(0));
  EXPECT_THAT(Take(0), SizeIs(1));
}

TEST_F(DeliveryPlanTest, WhatThereIsNoRoomForIsCountedOnce) {
  const auto subjects = ManySubjects(DeliveryPlan::kMaxAlerts + 3);
  Update(subjects, 0);
  Update(subjects, 1);
  EXPECT_EQ(plan.CountQueued(), DeliveryPlan::kMaxAlerts);
  EXPECT_EQ(plan.dropped(), 3U);
}

}  // namespace
}  // namespace connwatch
