#include "exporters/notify/alert_dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporters/notify/alert_message.h"
#include "tests/support/firing_alerts.h"

namespace connwatch::alert_dispatcher_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;
using enum DeliveryOutcome;

// Keeps what is posted; the tests say what becomes of it.
class RecordingTransport : public AlertTransport {
 public:
  struct Posted {
    std::uint64_t id;
    std::string url;
    std::string body;
  };

  void Post(std::uint64_t id, const AlertReceiver& receiver, std::string body) override {
    posted.push_back({id, receiver.url, std::move(body)});
  }
  std::vector<PostResult> Wait(std::chrono::milliseconds /*timeout*/) override { return {}; }
  void Wake() override {}

  std::vector<Posted> posted;
};

AlertReceiver Receiver(const std::string& url, const std::string& name = "host:1") {
  return {.url = url, .name = name};
}

AlertReceiver Webhook(const std::string& url, const std::string& body = "") {
  return {.kind = ReceiverKind::kWebhook, .url = url, .name = "host:1", .body = body};
}

struct AlertDispatcherTest : testing::Test {
  void Configure(std::vector<AlertReceiver> receivers) {
    dispatcher.Configure(
        {.receivers = std::move(receivers), .resend_interval = 60s, .origin = kTestOrigin}, now);
  }
  void Fire(const std::vector<std::string>& subjects) { dispatcher.Update(ListOf(subjects), now); }
  // Sends what is due; where to.
  std::vector<std::string> Send() {
    transport.posted.clear();
    dispatcher.Send(now);
    std::vector<std::string> urls;
    for (const auto& posted : transport.posted) urls.push_back(posted.url);
    return urls;
  }
  void Conclude(std::size_t index, DeliveryOutcome outcome, Error error = {}) {
    dispatcher.Conclude({{.id = transport.posted.at(index).id,
                          .outcome = outcome,
                          .is_answered = error.code == 0,
                          .error = std::move(error)}},
                        now);
  }
  // The only receiver answers, and its clock is `ahead` of this host's.
  void Answer(std::chrono::seconds ahead, DeliveryOutcome outcome = kDelivered) {
    dispatcher.Conclude({{.id = transport.posted.at(0).id,
                          .outcome = outcome,
                          .is_answered = true,
                          .error = {},
                          .date = now.wall + ahead}},
                        now);
  }
  // The time of day in the latest message, in seconds after TestInstant(0); nullopt if absent.
  std::optional<int> TimeIn(const std::string& name) {
    const std::string& body = transport.posted.at(0).body;
    const std::size_t at = body.find("\"" + name + "\":\"");
    if (at == std::string::npos) return std::nullopt;
    const std::string time = body.substr(body.find('T', at + name.size()) + 1, 8);
    constexpr int kStart = 22 * 3'600 + 13 * 60 + 20;
    return std::stoi(time) * 3'600 + std::stoi(time.substr(3)) * 60 + std::stoi(time.substr(6)) -
           kStart;
  }

  Instant now = TestInstant(0);
  RecordingTransport transport;
  AlertDispatcher dispatcher{transport};
};

TEST_F(AlertDispatcherTest, EveryReceiverIsTold) {
  Configure({Receiver("a"), Receiver("b")});
  Fire({"s"});
  EXPECT_THAT(Send(), ElementsAre("a", "b"));
  EXPECT_THAT(transport.posted[0].body, HasSubstr(R"("job":"connwatch","listener":"s")"));
  EXPECT_TRUE(dispatcher.IsPosting());
}

TEST_F(AlertDispatcherTest, OneThatHangsDelaysNoOther) {
  Configure({Receiver("hangs"), Receiver("b")});
  Fire({"s"});
  Send();
  Conclude(1, kDelivered);
  Fire({"s", "t"});
  EXPECT_THAT(Send(), ElementsAre("b"));
}

TEST_F(AlertDispatcherTest, PendingAlertsAreNotTold) {
  Configure({Receiver("a")});
  AlertList list = ListOf({"s"});
  list.alerts.front().state = AlertState::kPending;
  dispatcher.Update(list, now);
  EXPECT_THAT(Send(), IsEmpty());
}

TEST_F(AlertDispatcherTest, FailuresAreCountedAndExplained) {
  Configure({Receiver("a", "host:1"), Receiver("b", "host:2")});
  Fire({"s"});
  Send();
  Conclude(0, kFailed, {7, "refused"});
  Conclude(1, kDelivered);
  const auto stats = dispatcher.stats();
  ASSERT_THAT(stats, SizeIs(2));
  EXPECT_EQ(stats[0].receiver, "host:1");
  EXPECT_EQ(stats[0].failures, 1U);
  EXPECT_EQ(stats[0].queue_length, 1U);
  EXPECT_EQ(stats[0].failure->context, "refused");
  EXPECT_EQ(stats[1].successes, 1U);
  EXPECT_EQ(stats[1].queue_length, 0U);
  EXPECT_FALSE(stats[1].failure);
  EXPECT_EQ(dispatcher.NextSend(), TestInstant(1).monotonic);
  now = TestInstant(1);
  EXPECT_THAT(Send(), ElementsAre("a"));
  Conclude(0, kDelivered);
  EXPECT_FALSE(dispatcher.stats()[0].failure);
  EXPECT_FALSE(dispatcher.IsPosting());
}

TEST_F(AlertDispatcherTest, ReceiversOfOneNameAreCountedTogether) {
  Configure({Receiver("a"), Receiver("b")});
  Fire({"s"});
  Send();
  Conclude(0, kFailed, {7, "refused"});
  Conclude(1, kDelivered);
  const auto stats = dispatcher.stats();
  ASSERT_THAT(stats, SizeIs(1));
  EXPECT_EQ(stats[0].failures, 1U);
  EXPECT_EQ(stats[0].successes, 1U);
  EXPECT_TRUE(stats[0].failure);
}

TEST_F(AlertDispatcherTest, AReloadKeepsWhatAReceiverIsStillToBeTold) {
  Configure({Receiver("a"), Receiver("b")});
  Fire({"s"});
  Send();
  Conclude(0, kDelivered);
  Conclude(1, kDelivered);
  Fire({});
  AlertReceiver changed = Receiver("b");
  changed.timeout = 1s;
  Configure({changed, Receiver("c")});
  EXPECT_THAT(Send(), ElementsAre("b"));
  EXPECT_EQ(dispatcher.stats().front().successes, 1U);
}

TEST_F(AlertDispatcherTest, AReceiverThatIsNewIsToldWhatFires) {
  Configure({Receiver("a")});
  Fire({"s"});
  Send();
  const std::vector<PostResult> late = {
      {.id = transport.posted[0].id, .outcome = kDelivered, .error = {}}};
  Configure({Receiver("b")});
  EXPECT_THAT(Send(), ElementsAre("b"));
  dispatcher.Conclude(late, now);  // of a receiver that is none any more
  EXPECT_TRUE(dispatcher.IsPosting());
}

TEST_F(AlertDispatcherTest, NoEndIsToldBeforeTheReceiverHasAnswered) {
  Configure({Receiver("a")});
  Fire({"s"});
  Send();
  EXPECT_EQ(TimeIn("startsAt"), 0);
  EXPECT_EQ(TimeIn("endsAt"), std::nullopt);
  Conclude(0, kFailed, {28, "timed out"});
  now = TestInstant(10);
  Send();
  EXPECT_EQ(TimeIn("endsAt"), std::nullopt);
  Answer(0s);
  now = TestInstant(70);
  Send();
  EXPECT_EQ(TimeIn("endsAt"), 70 + 240);
}

TEST_F(AlertDispatcherTest, WithoutADateThisHostsClockCounts) {
  Configure({Receiver("a")});
  Fire({"s"});
  Send();
  Conclude(0, kDelivered);
  now = TestInstant(60);
  Send();
  EXPECT_EQ(TimeIn("endsAt"), 60 + 240);
  EXPECT_EQ(dispatcher.stats().front().clock_ahead, std::nullopt);
}

TEST_F(AlertDispatcherTest, ALongResendIntervalBeginsOnceTheReceiverHasAnswered) {
  dispatcher.Configure(
      {.receivers = {Receiver("a")}, .resend_interval = 10min, .origin = kTestOrigin}, now);
  Fire({"s"});
  Send();
  Answer(0s);
  EXPECT_EQ(dispatcher.NextSend(), TestInstant(60).monotonic);
  now = TestInstant(60);
  Send();
  EXPECT_EQ(TimeIn("endsAt"), 60 + 4 * 600);
  Answer(0s);
  EXPECT_EQ(dispatcher.NextSend(), TestInstant(60 + 600).monotonic);
}

// Whatever the difference, a firing alert ends four intervals after the receiver's now.
TEST_F(AlertDispatcherTest, AlertsAreToldInTheReceiversTime) {
  for (const auto ahead : {-3'600s, -300s, -31s, 31s, 300s, 3'600s}) {
    const auto seconds = static_cast<int>(ahead.count());
    now = TestInstant(0);
    Configure({Receiver(std::to_string(seconds))});
    Fire({"s"});
    Send();
    Answer(ahead);
    EXPECT_NEAR(std::chrono::duration<double>(*dispatcher.stats().front().clock_ahead).count(),
                seconds, 1);
    EXPECT_THAT(Send(), SizeIs(1)) << "the first message had another time";
    EXPECT_NEAR(*TimeIn("startsAt"), seconds, 1);
    EXPECT_NEAR(*TimeIn("endsAt"), seconds + 240, 1);
    Answer(ahead);
    EXPECT_THAT(Send(), IsEmpty());
    now = TestInstant(30);
    Fire({});
    now = TestInstant(40);
    Send();
    EXPECT_NEAR(*TimeIn("endsAt"), seconds + 30, 1) << "resolved";
  }
}

TEST_F(AlertDispatcherTest, ThisHostsClockMayBeSetWhileAnAlertFires) {
  for (const auto step : {-3'600s, 3'600s}) {
    now = TestInstant(0);
    Configure({Receiver(std::to_string(step.count()))});
    Fire({"s"});
    Send();
    Answer(0s);
    now = TestInstant(60);
    now.wall += step;
    Fire({"s"});
    Send();
    EXPECT_NEAR(*TimeIn("startsAt"), 0, 1);
    EXPECT_NEAR(*TimeIn("endsAt"), 60 + 240, 1);
    Answer(-step);
    now.monotonic += 10s;
    now.wall += 10s;
    Fire({});
    Send();
    EXPECT_NEAR(*TimeIn("startsAt"), 0, 1);
    EXPECT_NEAR(*TimeIn("endsAt"), 70, 1);
  }
}

TEST_F(AlertDispatcherTest, TheReceiversClockMayBeSetToo) {
  Configure({Receiver("a")});
  Fire({"s"});
  Send();
  Answer(0s);
  now = TestInstant(60);
  Send();
  Answer(3'600s);
  EXPECT_THAT(Send(), ElementsAre("a"));
  EXPECT_NEAR(*TimeIn("endsAt"), 60 + 3'600 + 240, 1);
}

TEST_F(AlertDispatcherTest, AClockThatAlwaysChangesMakesNoStorm) {
  Configure({Receiver("a")});
  Fire({"s"});
  int requests = 0;
  for (int second = 0; second < 600; ++second) {
    now = TestInstant(second);
    while (!Send().empty()) {
      ASSERT_LT(++requests, 100);
      Answer(std::chrono::seconds(requests % 2 == 0 ? 1'000 : -1'000));
    }
  }
  EXPECT_LE(requests, 21);  // one for each interval, and one again for each minute
}

TEST_F(AlertDispatcherTest, BatchesAreLimitedInSize) {
  Configure({Receiver("a")});
  AlertList list = ListOf({"s", "t"});
  auto rule = std::make_shared<AlertRule>(*list.alerts.front().rule);
  rule->annotations["text"] = std::string(AlertMessage::kMaxBytes * 2 / 3, 'x');
  for (Alert& alert : list.alerts) alert.rule = rule;
  dispatcher.Update(list, now);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Send(), ElementsAre("a"));
    EXPECT_LE(transport.posted[0].body.size(), AlertMessage::kMaxBytes);
    Answer(0s);
  }
  EXPECT_THAT(Send(), IsEmpty());
}

TEST_F(AlertDispatcherTest, AWebhookIsToldOfEachAlertAndChangeOnce) {
  Configure({Webhook("a", R"(["{{status}} {{subject}}"])")});
  Fire({"s", "t"});
  std::vector<std::string> told;
  for (int second = 0; second < 600; second += 10) {
    now = TestInstant(second);
    if (second == 300) Fire({"t"});
    while (!Send().empty()) {
      told.push_back(transport.posted.front().body);
      Conclude(0, kDelivered);
    }
  }
  EXPECT_THAT(told, ElementsAre(R"(["firing s"])", R"(["firing t"])", R"(["resolved s"])"));
  EXPECT_EQ(dispatcher.NextSend(), std::nullopt);
}

TEST_F(AlertDispatcherTest, AWebhookIsToldInThisHostsTime) {
  Configure({Webhook("a")});
  Fire({"s"});
  Send();
  EXPECT_EQ(TimeIn("endsAt"), std::nullopt);
  Answer(3'600s);
  EXPECT_THAT(Send(), IsEmpty());
  EXPECT_EQ(dispatcher.stats().front().clock_ahead, std::nullopt);
  now = TestInstant(30);
  Fire({});
  Send();
  EXPECT_EQ(TimeIn("startsAt"), 0);
  EXPECT_EQ(TimeIn("endsAt"), 30);
}

TEST_F(AlertDispatcherTest, AWebhookThatRefusesIsTriedAgainAfterTheInterval) {
  Configure({Webhook("a")});
  Fire({"s"});
  Send();
  Conclude(0, kRejected, {400, "bad"});
  now = TestInstant(59);
  EXPECT_THAT(Send(), IsEmpty());
  now = TestInstant(60);
  EXPECT_THAT(Send(), ElementsAre("a"));
}

TEST_F(AlertDispatcherTest, AReceiverThatBecomesAWebhookIsANewOne) {
  Configure({Receiver("a")});
  Fire({"s"});
  Send();
  Conclude(0, kDelivered);
  Configure({Webhook("a")});
  EXPECT_THAT(Send(), ElementsAre("a"));
}

TEST_F(AlertDispatcherTest, AlertsEndWithTheLabelsThatTheyHad) {
  Configure({Receiver("a")});
  Fire({"s"});
  Send();
  Conclude(0, kDelivered);
  AlertOrigin moved = kTestOrigin;
  moved.labels["instance"] = "web2";
  dispatcher.Configure({.receivers = {Receiver("a")}, .resend_interval = 60s, .origin = moved},
                       now);
  Fire({"s"});
  Send();
  const std::string& body = transport.posted.front().body;
  const std::size_t before = body.find(R"("instance":"web1:10177")");
  const std::size_t after = body.find(R"("instance":"web2")");
  ASSERT_NE(before, std::string::npos);
  ASSERT_NE(after, std::string::npos);
  const auto has_end = [&body](std::size_t at) {
    return body.find("endsAt", at) < body.find("generatorURL", at);
  };
  EXPECT_TRUE(has_end(before));
  Conclude(0, kDelivered);
  Fire({});
  Send();
  EXPECT_THAT(transport.posted.front().body, HasSubstr(R"("instance":"web2")"));
}

TEST_F(AlertDispatcherTest, WhatIsLeftOutIsCounted) {
  Configure({Receiver("a")});
  std::vector<std::string> subjects;
  for (std::size_t i = 0; i < DeliveryPlan::kMaxAlerts + 3; ++i) {
    subjects.push_back(std::to_string(i));
  }
  Fire(subjects);
  EXPECT_EQ(dispatcher.stats().front().left_out, 3U);
  EXPECT_THAT(dispatcher.stats().front().left_out_by_rule, ElementsAre(testing::Pair("Rule", 3U)));
}

TEST_F(AlertDispatcherTest, WithoutReceiversThereIsNothingToDo) {
  Configure({});
  Fire({"s"});
  EXPECT_THAT(Send(), IsEmpty());
  EXPECT_EQ(dispatcher.NextSend(), std::nullopt);
  EXPECT_THAT(dispatcher.stats(), IsEmpty());
}

}  // namespace
}  // namespace connwatch::alert_dispatcher_test
