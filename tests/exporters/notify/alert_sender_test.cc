// The thread, with the real transport and real servers.
#include "exporters/notify/alert_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "exporters/notify/curl_transport.h"
#include "tests/support/firing_alerts.h"
#include "tests/support/http_peer.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch::alert_sender_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr const char* kGood = "HTTP/1.1 200 Good\r\nContent-Length: 0\r\n\r\n";

Instant Now() {
  return {MonotonicTime(std::chrono::steady_clock::now().time_since_epoch()),
          std::chrono::system_clock::now()};
}

AlertReceiver ReceiverAt(const HttpPeer& peer) {
  return {.url = peer.url(), .name = peer.name(), .timeout = 20s};
}

// A loop that never began is never silent.
const Pulse kNoPulse;

std::unique_ptr<AlertSender> MakeSender(std::vector<AlertReceiver> receivers) {
  auto transport =
      CurlTransport::Create([](const std::string&) { return Result<std::string>(""); });
  auto sender = std::make_unique<AlertSender>(AlertSender::Parts{
      .transport = std::move(transport).value(), .now = Now, .pulse = kNoPulse, .log = {}});
  EXPECT_TRUE(sender->Configure({.receivers = std::move(receivers), .resend_interval = 60s}));
  return sender;
}

void Post(AlertSender& sender, const std::vector<std::string>& subjects) {
  sender.Post(std::make_shared<const AlertList>(ListOf(subjects)), Now());
}

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

TEST(AlertSenderTest, TellsWhatFiresAndWhatIsOver) {
  const HttpPeer peer(kGood);
  const auto sender = MakeSender({ReceiverAt(peer)});
  Post(*sender, {"s"});
  ASSERT_TRUE(WaitUntil([&] { return peer.requests().size() == 1; }));
  Post(*sender, {"s"});  // nothing new
  Post(*sender, {});
  ASSERT_TRUE(WaitUntil([&] { return peer.requests().size() == 2; }));
  for (const std::string& request : peer.requests())
    EXPECT_THAT(request, HasSubstr("\"listener\":\"s\""));
  EXPECT_TRUE(WaitUntil([&] {
    const auto stats = sender->stats();
    return stats.size() == 1 && stats[0].successes == 2 && stats[0].queue_length == 0;
  }));
}

TEST(AlertSenderTest, OneThatIsSilentDelaysNoOther) {
  const HttpPeer silent("");
  const HttpPeer peer(kGood);
  const auto sender = MakeSender({ReceiverAt(silent), ReceiverAt(peer)});
  for (std::size_t i = 0; i < 10; ++i) {
    Post(*sender, {std::to_string(i)});
    ASSERT_TRUE(WaitUntil([&] { return peer.requests().size() > i; }));
  }
  EXPECT_THAT(silent.requests(), SizeIs(1));
}

TEST(AlertSenderTest, WhatIsPostedBeforeTheEndIsToldBeforeIt) {
  const HttpPeer peer(kGood);
  auto sender = MakeSender({ReceiverAt(peer)});
  Post(*sender, {"s"});
  sender.reset();
  EXPECT_THAT(peer.requests(), SizeIs(1));
}

TEST(AlertSenderTest, EndsWhileAReceiverIsSilent) {
  const HttpPeer silent("");
  auto sender = MakeSender({ReceiverAt(silent)});
  Post(*sender, {"s"});
  ASSERT_TRUE(WaitUntil([&] { return silent.requests().size() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  sender.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);  // of a timeout of 20 s
}

TEST(AlertSenderTest, ReceiversComeAndGo) {
  const HttpPeer one(kGood);
  const HttpPeer other(kGood);
  const auto sender = MakeSender({});
  EXPECT_THAT(sender->stats(), IsEmpty());
  Post(*sender, {"s"});  // to nobody
  ASSERT_TRUE(sender->Configure({.receivers = {ReceiverAt(one)}, .resend_interval = 60s}));
  Post(*sender, {"s"});
  ASSERT_TRUE(WaitUntil([&] { return one.requests().size() == 1; }));
  ASSERT_TRUE(sender->Configure({.receivers = {ReceiverAt(other)}, .resend_interval = 60s}));
  ASSERT_TRUE(WaitUntil([&] { return other.requests().size() == 1; }));
  ASSERT_TRUE(sender->Configure({.receivers = {}, .resend_interval = 60s}));
  EXPECT_TRUE(WaitUntil([&] { return sender->stats().empty(); }));
}

TEST(AlertSenderTest, ManyPostsWhileAThreadReadsTheStats) {
  const HttpPeer peer(kGood);
  const auto sender = MakeSender({ReceiverAt(peer)});
  for (int i = 0; i < 200; ++i) {
    Post(*sender, {std::to_string(i % 3)});
    sender->stats();
  }
  EXPECT_TRUE(WaitUntil([&] {
    const auto stats = sender->stats();
    return !stats.empty() && stats[0].queue_length == 0 && stats[0].successes > 0;
  }));
}

// Takes every request at once, and counts the turns of the sender's thread.
class CountingTransport final : public AlertTransport {
 public:
  explicit CountingTransport(std::atomic<int>& turns, std::atomic<int>& posts)
      : turns_(turns), posts_(posts) {}

  void Post(std::uint64_t id, const AlertReceiver& /*receiver*/, std::string /*body*/) override {
    ++posts_;
    ended_.push_back({.id = id, .outcome = DeliveryOutcome::kDelivered, .error = {}});
  }
  std::vector<PostResult> Wait(std::chrono::milliseconds /*timeout*/) override {
    ++turns_;
    std::this_thread::sleep_for(1ms);
    return std::exchange(ended_, {});
  }
  void Wake() override {}

 private:
  std::atomic<int>& turns_;
  std::atomic<int>& posts_;
  std::vector<PostResult> ended_;
};

TEST(AlertSenderTest, WhileTheLoopHangsNothingIsSent) {
  std::atomic<int> turns = 0;
  std::atomic<int> posts = 0;
  std::atomic<int> seconds = 100;
  const auto now = [&seconds] { return TestInstant(seconds); };
  Mutex mutex;
  std::vector<std::string> lines;
  const auto log = [&](bool is_failure, const std::string& line) {
    const MutexLock lock(mutex);
    lines.push_back((is_failure ? "failure: " : "good: ") + line);
  };
  const auto lines_so_far = [&] {
    const MutexLock lock(mutex);
    return lines;
  };
  Pulse pulse;
  pulse.Beat(now().monotonic);
  AlertSender sender({.transport = std::make_unique<CountingTransport>(turns, posts),
                      .now = now,
                      .pulse = pulse,
                      .log = log});
  const AlertReceiver receiver = {.url = "http://a/", .name = "a", .timeout = 20s};
  ASSERT_TRUE(sender.Configure({.receivers = {receiver}, .resend_interval = 2s}));
  const auto post = [&] { sender.Post(std::make_shared<const AlertList>(ListOf({"s"})), now()); };
  const auto a_few_turns = [&turns] {
    return WaitUntil([&turns, enough = turns + 5] { return turns >= enough; });
  };
  post();
  ASSERT_TRUE(WaitUntil([&] { return posts == 1; }));
  ASSERT_TRUE(a_few_turns()) << "the request has ended before the time goes on";
  seconds += 5;
  ASSERT_TRUE(WaitUntil([&] { return posts == 2; })) << "the loop is late, but runs";
  ASSERT_TRUE(a_few_turns());

  seconds += 20;
  ASSERT_TRUE(WaitUntil([&] { return lines_so_far().size() == 1; }));
  ASSERT_TRUE(a_few_turns());
  EXPECT_EQ(posts, 2);
  EXPECT_EQ(lines_so_far().back(),
            "failure: no alerts are sent: the daemon's loop has not run for 25 s");

  pulse.Beat(now().monotonic);
  ASSERT_TRUE(a_few_turns());
  EXPECT_EQ(posts, 2) << "the loop runs again, but what it posted is old";

  post();
  ASSERT_TRUE(WaitUntil([&] { return posts == 3; }));
  EXPECT_EQ(lines_so_far().back(), "good: alerts are sent again");
}

}  // namespace
}  // namespace connwatch::alert_sender_test
