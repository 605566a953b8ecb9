#include "exporters/notify/alert_dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/firing_alerts.h"

namespace connwatch {
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

struct AlertDispatcherTest : testing::Test {
  void Configure(std::vector<AlertReceiver> receivers) {
    dispatcher.Configure({.receivers = std::move(receivers), .resend_interval = 60s}, now);
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
    dispatcher.Conclude({{transport.posted.at(index).id, outcome, std::move(error)}}, now);
  }

  Instant now = TestInstant(0);
  RecordingTransport transport;
  AlertDispatcher dispatcher{transport, "web1"};
};

TEST_F(AlertDispatcherTest, EveryReceiverIsTold) {
  Configure({Receiver("a"), Receiver("b")});
  Fire({"s"});
  EXPECT_THAT(Send(), ElementsAre("a", "b"));
  EXPECT_THAT(transport.posted[0].body, HasSubstr(R"("subject":"s","instance":"web1")"));
  EXPECT_THAT(transport.posted[0].body, HasSubstr(R"("endsAt":"2023-11-14T22:17:20.000Z")"));
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
  const std::vector<PostResult> late = {{transport.posted[0].id, kDelivered, {}}};
  Configure({Receiver("b")});
  EXPECT_THAT(Send(), ElementsAre("b"));
  dispatcher.Conclude(late, now);  // of a receiver that is none any more
  EXPECT_TRUE(dispatcher.IsPosting());
}

TEST_F(AlertDispatcherTest, WithoutReceiversThereIsNothingToDo) {
  Configure({});
  Fire({"s"});
  EXPECT_THAT(Send(), IsEmpty());
  EXPECT_EQ(dispatcher.NextSend(), std::nullopt);
  EXPECT_THAT(dispatcher.stats(), IsEmpty());
}

}  // namespace
}  // namespace connwatch
