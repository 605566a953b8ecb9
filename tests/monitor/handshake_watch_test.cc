#include "monitor/handshake_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "monitor/clock.h"
#include "monitor/monitor.h"
#include "tests/support/handshake_batches.h"
#include "tests/support/namespace_world.h"
#include "tests/support/scripted_source.h"

namespace connwatch::handshake_watch_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Tells what it is told.
struct ScriptedHandshakes final : HandshakeSource {
  Result<void> Read(const std::function<void(const HandshakeBatch&)>& take) override {
    if (failure) return *failure;
    for (TestBatch& batch : next) take(*batch);
    next.clear();
    return {};
  }
  void Ask(const HandshakeDetail& asked) override { detail = asked; }
  TracingStatus status() const override { return {.is_in_use = true}; }

  std::vector<TestBatch> next;
  std::optional<Error> failure;
  HandshakeDetail detail;
};

struct ScriptedNamespaces final : NamespaceSource {
  Result<std::vector<NamespaceFacts>> ReadNamespaces() override { return std::vector{Facts(7)}; }
};

class HandshakeWatchTest : public testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Read(Monitor& monitor) {
    monitor.ReadHandshakes(now_.monotonic);
    return monitor.TakeSnapshot({}, now_);
  }
  std::uint64_t Ok(const Snapshot& snapshot, Direction direction, std::string_view group) const {
    for (const ShownGroup& shown : snapshot.groups) {
      if (shown.name != group) continue;
      return snapshot.handshakes->totals[{direction, shown.id}].Of(HandshakeOutcome::kEstablished);
    }
    return 0;
  }

  Instant now_ = Now();
  Config config_;
  ScriptedSource source_;
  ScriptedNamespaces namespaces_;
  ScriptedHandshakes handshakes_;
  std::vector<std::string> log_;
  const KernelReader::Log note_ = [this](bool is_failure, const std::string& line) {
    log_.push_back((is_failure ? "- " : "+ ") + line);
  };
  Monitor monitor_{config_, source_, note_, &namespaces_, &handshakes_};
};

TEST_F(HandshakeWatchTest, WithoutTracingThereIsNothing) {
  Monitor monitor(config_, source_, note_);
  EXPECT_FALSE(Read(monitor)->handshakes);
}

TEST_F(HandshakeWatchTest, CountsByGroupAndDestination) {
  handshakes_.next = {TestBatch(3), TestBatch(2).Inbound(80)};
  const auto snapshot = Read(monitor_);
  EXPECT_EQ(Ok(*snapshot, Direction::kOutbound, "443"), 3U);
  EXPECT_EQ(Ok(*snapshot, Direction::kInbound, "80"), 2U);
  ASSERT_EQ(snapshot->handshakes->destinations.size(), 1U);
  EXPECT_EQ(snapshot->handshakes->destinations.front().group, "443");
}

TEST_F(HandshakeWatchTest, WhatOthersDoIsNotTheHosts) {
  source_.AddWithoutRepeats({{{}, DumpProgress::kDone, std::nullopt}});
  TierPoller& poller = monitor_.tiers()[IndexOf(Tier::kHandshakes)];
  poller.Begin(now_);  // lists the namespaces
  while (!poller.HasEnded()) poller.Continue(now_);
  poller.Conclude(now_);
  handshakes_.next = {TestBatch(3).From(7)};
  monitor_.ReadHandshakes(now_.monotonic);
  monitor_.AfterPoll(poller, now_.monotonic);
  const auto snapshot = monitor_.TakeSnapshot({}, now_);
  EXPECT_EQ(Ok(*snapshot, Direction::kOutbound, "443"), 0U);
  ASSERT_EQ(snapshot->namespaces->shown.size(), 1U);
  const NetworkNamespace& other = snapshot->namespaces->shown.front();
  EXPECT_EQ(other.counts.handshakes.at(IndexOf(Direction::kOutbound)).Total(), 3U);
  ASSERT_EQ(snapshot->handshakes->destinations.size(), 1U);
  EXPECT_EQ(snapshot->handshakes->destinations.front().netns, other.identity.name);
}

TEST_F(HandshakeWatchTest, WhereOthersAreNotSeenTheyAreLeftOut) {
  Monitor monitor(config_, source_, note_, nullptr, &handshakes_);
  handshakes_.next = {TestBatch(3).From(7)};
  EXPECT_THAT(Read(monitor)->handshakes->destinations, IsEmpty());
}

TEST_F(HandshakeWatchTest, AFailureIsToldOnceAndNothingIsLost) {
  handshakes_.next = {TestBatch(3)};
  handshakes_.failure = Error{EBUSY, "busy"};
  Read(monitor_);
  Read(monitor_);
  handshakes_.failure.reset();
  EXPECT_EQ(Ok(*Read(monitor_), Direction::kOutbound, "443"), 3U);
  EXPECT_THAT(log_, ElementsAre("- handshakes: busy", "+ handshakes: readable again"));
}

TEST_F(HandshakeWatchTest, EndsGoToTheirNamespace) {
  SocketRecord end = Established(3);
  end.net_cookie = 7;
  monitor_.OnDestroyed(end, now_.monotonic);  // nothing of the host's own is touched
  EXPECT_EQ(monitor_.TakeSnapshot({}, now_)->tracker.tracked, 0U);
}

TEST_F(HandshakeWatchTest, AsksForWhatTheRulesLookAt) {
  EXPECT_EQ(handshakes_.detail, HandshakeDetail());
  const auto prefix = IpPrefix::Parse("192.0.2.0/24");
  ASSERT_TRUE(prefix);
  config_.groups = {
      {.name = "a", .match = {.remote_addresses = {*prefix}}},
      {.name = "b", .match = {.direction = Direction::kOutbound, .local_ports = {{.first = 1}}}}};
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  EXPECT_EQ(handshakes_.detail,
            (HandshakeDetail{.inbound_remote_address = true, .outbound_local_port = true}));
  config_.groups = {{.name = "a",
                     .match = {.direction = Direction::kInbound,
                               .remote_ports = {{.first = 1}},
                               .local_addresses = {*prefix}}}};
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  EXPECT_EQ(handshakes_.detail,
            (HandshakeDetail{.inbound_remote_port = true, .local_address = true}));
}

}  // namespace
}  // namespace connwatch::handshake_watch_test
