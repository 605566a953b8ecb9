#include "exporters/notify/delivery_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/firing_alerts.h"

namespace connwatch::delivery_plan_test {
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
  // The batch, at most `room` alerts.
  std::vector<AlertReport> Reports(int second, std::size_t room = DeliveryPlan::kMaxAlerts) {
    std::vector<AlertReport> batch;
    plan.Take(At(second), [&](const AlertReport& report) {
      if (batch.size() == room) return false;
      batch.push_back(report);
      return true;
    });
    return batch;
  }
  // The same by subject, resolved ones marked by a minus.
  std::vector<std::string> Take(int second, std::size_t room = DeliveryPlan::kMaxAlerts) {
    std::vector<std::string> batch;
    for (const AlertReport& report : Reports(second, room)) {
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
  EXPECT_EQ(Reports(1).front().alert->value, 9);
}

TEST_F(DeliveryPlanTest, AResolvedAlertIsToldOnce) {
  Update({"a", "b"}, 0);
  Take(0);
  End(kDelivered, 0);
  Update({"b"}, 10);
  Update({"b"}, 20);
  const std::vector<AlertReport> batch = Reports(20);
  ASSERT_THAT(batch, SizeIs(1));
  EXPECT_EQ(batch.front().resolved_at->wall, TestInstant(10).wall);
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

TEST_F(DeliveryPlanTest, ABatchEndsWhereTheMessageIsFull) {
  Update({"a", "b", "c"}, 0);
  EXPECT_THAT(Take(0, 2), ElementsAre("a", "b"));
  EXPECT_THAT(Take(0), IsEmpty()) << "under way";
  End(kDelivered, 0);
  EXPECT_THAT(Take(0), ElementsAre("c"));
}

TEST_F(DeliveryPlanTest, TheMostSevereGoFirstThenNewsThenTheOldest) {
  FiringAlerts firing = FiringOf({{.subject = "told", .severity = AlertSeverity::kWarning}});
  plan.Update(firing, TestInstant(0));
  Take(0);
  End(kDelivered, 0);
  firing.merge(
      FiringOf({{.subject = "info", .severity = AlertSeverity::kInfo},
                {.subject = "younger", .severity = AlertSeverity::kWarning, .fired = 9},
                {.subject = "older", .severity = AlertSeverity::kWarning, .fired = 8},
                {.subject = "critical", .severity = AlertSeverity::kCritical, .fired = 9}}));
  plan.Update(firing, TestInstant(60));
  EXPECT_THAT(Take(60), ElementsAre("critical", "older", "younger", "told", "info"));
}

TEST_F(DeliveryPlanTest, TellAgainMakesAllDue) {
  Update({"a", "b"}, 0);
  Take(0);
  End(kDelivered, 0);
  Update({"b"}, 1);
  Take(1);
  End(kRejected, 1);
  EXPECT_THAT(Take(2), IsEmpty());
  plan.TellAgain(At(2));
  EXPECT_THAT(Take(2), ElementsAre("-a", "b"));
}

// More alerts than there is room for. `full` are as many as there is room for.
struct FullDeliveryPlanTest : DeliveryPlanTest {
  static std::vector<TestFiring> Many(AlertSeverity severity, std::size_t count, int fired) {
    std::vector<TestFiring> many;
    for (const std::string& subject : ManySubjects(count)) {
      many.push_back({.rule = std::string(Name(severity)),
                      .subject = subject,
                      .severity = severity,
                      .fired = fired});
    }
    return many;
  }
  void Add(const std::vector<TestFiring>& alerts) { firing.merge(FiringOf(alerts)); }
  void Look(int second) { plan.Update(firing, TestInstant(second)); }
  // Tells all that is due. Returns how many there were of each rule, "-" for resolved ones.
  std::map<std::string, std::size_t> TellAll(int second) {
    std::map<std::string, std::size_t> told;
    for (;;) {
      const std::vector<AlertReport> batch = Reports(second);
      if (batch.empty()) return told;
      for (const AlertReport& report : batch) {
        ++told[(report.resolved_at ? "-" : "") + report.alert->rule->name];
      }
      End(kDelivered, second);
    }
  }

  static constexpr std::size_t kMax = DeliveryPlan::kMaxAlerts;
  FiringAlerts firing;
};

TEST_F(FullDeliveryPlanTest, WhatThereIsNoRoomForIsCountedOnce) {
  Add(Many(AlertSeverity::kInfo, kMax, 0));
  Add({{.rule = "later", .subject = "a", .severity = AlertSeverity::kInfo, .fired = 1},
       {.rule = "later", .subject = "b", .severity = AlertSeverity::kInfo, .fired = 1},
       {.rule = "later", .subject = "c", .severity = AlertSeverity::kInfo, .fired = 1}});
  Look(1);
  Look(2);
  EXPECT_EQ(plan.CountQueued(), kMax);
  EXPECT_EQ(plan.dropped(), 3U);
  EXPECT_EQ(plan.left_out().alerts, 3U);
  EXPECT_THAT(plan.left_out().by_rule, ElementsAre(testing::Pair("later", 3U)));
  firing.erase(firing.begin(), std::next(firing.begin(), 10));
  Look(3);
  EXPECT_EQ(plan.left_out().alerts, 0U);
  EXPECT_EQ(plan.dropped(), 3U + 3U) << "the ends of what the receiver never knew gave way";
}

TEST_F(FullDeliveryPlanTest, SeverityDecidesWhicheverCameFirst) {
  Add(Many(AlertSeverity::kInfo, kMax, 0));
  Look(0);
  TellAll(0);
  Add(Many(AlertSeverity::kCritical, 2, 10));
  Add(Many(AlertSeverity::kWarning, 1, 10));
  Look(10);
  EXPECT_THAT(TellAll(10),
              ElementsAre(testing::Pair("critical", 2U), testing::Pair("warning", 1U)));
  EXPECT_EQ(plan.left_out().alerts, 3U);
  EXPECT_THAT(plan.left_out().by_rule, ElementsAre(testing::Pair("info", 3U)));
  Look(70);
  EXPECT_THAT(TellAll(70),
              ElementsAre(testing::Pair("critical", 2U), testing::Pair("info", kMax - 3),
                          testing::Pair("warning", 1U)));
}

TEST_F(FullDeliveryPlanTest, OfOneSeverityTheOlderOnesAreTold) {
  Add(Many(AlertSeverity::kWarning, kMax + 1, 20));
  firing.erase(firing.begin());
  Add({{.rule = "oldest", .subject = "~", .severity = AlertSeverity::kWarning, .fired = 5},
       {.rule = "newest", .subject = "0", .severity = AlertSeverity::kWarning, .fired = 21}});
  Look(21);
  EXPECT_EQ(plan.left_out().alerts, 2U);
  EXPECT_EQ(plan.left_out().by_rule.at("newest"), 1U);
  EXPECT_EQ(TellAll(21).at("oldest"), 1U);
}

TEST_F(FullDeliveryPlanTest, WhoIsLeftOutStaysLeftOut) {
  Add(Many(AlertSeverity::kWarning, 2 * kMax, 0));
  Look(0);
  TellAll(0);
  for (int second = 1; second < 5; ++second) {
    Look(second);
    ASSERT_THAT(TellAll(second), IsEmpty()) << "nothing has changed";
  }
  EXPECT_EQ(plan.dropped(), kMax);
}

TEST_F(FullDeliveryPlanTest, TheReceiverHearsTheEndOfWhatItKnows) {
  Add(Many(AlertSeverity::kInfo, kMax, 0));
  Look(0);
  TellAll(0);
  firing.clear();
  Add(Many(AlertSeverity::kInfo, kMax - 5, 0));
  std::vector<TestFiring> young = Many(AlertSeverity::kInfo, 20, 10);
  for (TestFiring& alert : young) alert.rule = "young";
  Add(young);
  Look(10);
  EXPECT_EQ(plan.left_out().alerts, 20U) << "no place is free before the ends are told";
  EXPECT_THAT(TellAll(10), ElementsAre(testing::Pair("-info", 5U)));
  Look(11);
  EXPECT_THAT(TellAll(11), ElementsAre(testing::Pair("young", 5U)));
  EXPECT_EQ(plan.left_out().alerts, 15U);
}

TEST_F(FullDeliveryPlanTest, SevereNewsGoBeforeTheEndOfLesserOnes) {
  Add(Many(AlertSeverity::kInfo, kMax, 0));
  Look(0);
  TellAll(0);
  firing.clear();
  Add(Many(AlertSeverity::kCritical, kMax, 10));
  Look(10);
  EXPECT_THAT(TellAll(10), ElementsAre(testing::Pair("critical", kMax)));
  EXPECT_EQ(plan.dropped(), kMax);
}

// Of a receiver that is told once of each change.
struct ToldOnceTest : DeliveryPlanTest {
  ToldOnceTest() { plan = DeliveryPlan(60s, Telling::kOnce); }
};

TEST_F(ToldOnceTest, AnAlertIsToldWhenItFiresAndWhenItIsResolved) {
  Update({"a"}, 0);
  EXPECT_THAT(Take(0), ElementsAre("a"));
  End(kDelivered, 0);
  EXPECT_EQ(plan.NextTake(), std::nullopt);
  EXPECT_EQ(plan.CountQueued(), 0U);
  Update({"a"}, 3'600);
  EXPECT_THAT(Take(3'600), IsEmpty());
  Update({}, 4'000);
  EXPECT_THAT(Take(4'000), ElementsAre("-a"));
  End(kDelivered, 4'000);
  EXPECT_EQ(plan.NextTake(), std::nullopt);
  Update({"a"}, 4'001);
  EXPECT_THAT(Take(4'001), ElementsAre("a"));
}

TEST_F(ToldOnceTest, ItIsTriedUntilItIsAccepted) {
  Update({"a"}, 0);
  Take(0);
  End(kFailed, 0);
  EXPECT_THAT(Take(1), ElementsAre("a"));
  End(kRejected, 1);
  EXPECT_THAT(Take(60), IsEmpty());
  EXPECT_THAT(Take(61), ElementsAre("a"));
  End(kDelivered, 61);
  EXPECT_EQ(plan.NextTake(), std::nullopt);
}

TEST_F(ToldOnceTest, WhatWasResolvedBeforeItWasToldIsToldOnceAsResolved) {
  Update({"a"}, 0);
  Take(0);
  End(kFailed, 0);
  Update({}, 1);
  EXPECT_THAT(Take(1), ElementsAre("-a"));
  End(kDelivered, 1);
  EXPECT_EQ(plan.NextTake(), std::nullopt);
}

TEST_F(ToldOnceTest, AnEndThatIsRefusedIsDroppedInTheEnd) {
  Update({"a"}, 0);
  Take(0);
  End(kDelivered, 0);
  Update({}, 10);
  for (const int second : {10, 70, 909}) {
    EXPECT_THAT(Take(second), ElementsAre("-a"));
    End(kRejected, second);
  }
  EXPECT_THAT(Take(969), IsEmpty());
  EXPECT_EQ(plan.dropped(), 1U);
}

TEST_F(ToldOnceTest, AnEndIsNeverTooOld) {
  Update({"a"}, 0);
  Take(0);
  End(kDelivered, 0);
  Update({}, 10);
  Update({}, 100'000);
  EXPECT_THAT(Take(100'000), ElementsAre("-a"));
  EXPECT_EQ(plan.dropped(), 0U);
}

}  // namespace
}  // namespace connwatch::delivery_plan_test
