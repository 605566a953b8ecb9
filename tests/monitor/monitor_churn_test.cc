// What a Monitor keeps when everything that has a name gets new names all the time. 40,000 of each
// come and go here; tests/soak/churn_test.py does the same to a daemon.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "monitor/monitor.h"
#include "tests/support/records.h"
#include "tests/support/scripted_source.h"

namespace connwatch::monitor_churn_test {
namespace {

using std::chrono::seconds;

constexpr int kRounds = 40;
constexpr std::uint16_t kNamesInRound = 1'000;

class MonitorChurnTest : public testing::Test {
 protected:
  MonitorChurnTest() { config_.max_groups = kNamesInRound; }

  void Poll(Tier tier, std::vector<SocketRecord> records) {
    source_.Add({{std::move(records), DumpProgress::kDone, std::nullopt}});
    TierPoller& poller = monitor_.tiers()[IndexOf(tier)];
    poller.Begin(now_);
    while (!poller.HasEnded()) poller.Continue(now_);
    poller.Conclude(now_);
    monitor_.AfterPoll(poller, now_.monotonic);
  }

  std::shared_ptr<const Snapshot> Take() { return monitor_.TakeSnapshot({}, now_); }

  void Wait(seconds time) { now_.monotonic += time; }

  Config config_;
  ScriptedSource source_;
  Monitor monitor_{config_, source_, [](bool /*is_failure*/, const std::string& /*line*/) {}};
  Instant now_{.monotonic = MonotonicTime(seconds(1'000'000)), .wall = {}};
};

TEST_F(MonitorChurnTest, GroupsThatAreConfiguredNoMoreAreForgotten) {
  std::vector<SocketRecord> connections;
  for (std::uint16_t i = 1; i <= kNamesInRound; ++i) {
    connections.push_back(Established(i, i));
    connections.back().tcp_info.emplace();
  }
  std::size_t shown = 0;
  for (int round = 0; round < kRounds; ++round) {
    config_.groups.clear();
    for (std::uint16_t i = 1; i <= kNamesInRound; ++i) {
      const std::string name = "g" + std::to_string(round) + "-" + std::to_string(i);
      config_.groups.push_back({name, {.local_ports = {{i, i}}}});
    }
    ASSERT_TRUE(monitor_.Reconfigure(config_));
    Poll(Tier::kFull, connections);
    Wait(GroupBook::kIdleWhenCrowded);
    Poll(Tier::kFull, connections);
    shown = Take()->groups.size();
    ASSERT_LE(shown, 2U + GroupBook::kCrowdedTimes * kNamesInRound);
  }
  EXPECT_GE(shown, kNamesInRound);
  EXPECT_EQ(Take()->tracker.tracked, kNamesInRound);
}

TEST_F(MonitorChurnTest, ListenersThatAreGoneAreForgotten) {
  std::uint64_t cookie = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<SocketRecord> listening;
    for (int i = 0; i < int{kNamesInRound}; ++i) {
      listening.push_back(Listening(++cookie, static_cast<std::uint16_t>(i + 1)));
      listening.back().local.address = Ipv4({127, round, 0, 1});
      listening.back().drops = 1;
    }
    Poll(Tier::kListeners, std::move(listening));
    Poll(Tier::kHandshakes, {});
    Wait(seconds(1));
    const auto snapshot = Take();
    ASSERT_LE(snapshot->listeners->listeners.size(), config_.max_listeners);
    ASSERT_LE(snapshot->listeners->folded, kNamesInRound);
  }
}

TEST_F(MonitorChurnTest, ConnectionsThatEndedAreForgotten) {
  std::uint64_t cookie = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<SocketRecord> connections;
    for (std::uint16_t i = 1; i <= kNamesInRound; ++i) {
      connections.push_back(Established(++cookie, i));
      connections.back().tcp_info.emplace();
    }
    Poll(Tier::kFull, connections);
    for (SocketRecord& record : connections) {
      record.state = TcpState::kClose;
      monitor_.OnDestroyed(record, now_.monotonic);
    }
    Wait(seconds(10));
    ASSERT_LE(Take()->tracker.tracked, kNamesInRound);
    ASSERT_LE(Take()->groups.size(), 2U + config_.max_groups);
  }
}

}  // namespace
}  // namespace connwatch::monitor_churn_test
