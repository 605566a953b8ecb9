#include "monitor/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "monitor/clock.h"
#include "monitor/report_assembly.h"
#include "tests/support/records.h"
#include "tests/support/scripted_source.h"

namespace connwatch::monitor_test {
namespace {

using std::chrono::milliseconds;
using testing::Each;
using testing::IsEmpty;

class MonitorTest : public testing::Test {
 protected:
  void Poll(Tier tier, DumpScript script) {
    source_.Add(std::move(script));
    TierPoller& poller = monitor_.tiers()[IndexOf(tier)];
    poller.Begin(Now());
    while (!poller.HasEnded()) poller.Continue(Now());
    poller.Conclude(Now());
    monitor_.AfterPoll(poller, Now().monotonic);
  }

  std::shared_ptr<const Snapshot> Take() { return monitor_.TakeSnapshot({}, Now()); }

  Config config_;
  ScriptedSource source_;
  Monitor monitor_{config_, source_, [](bool /*is_failure*/, const std::string& /*line*/) {}};
};

DumpScript DumpOf(std::vector<SocketRecord> records) {
  return {{std::move(records), DumpProgress::kDone, std::nullopt}};
}

TEST_F(MonitorTest, BeforeItsPollATierIsUnknown) {
  const auto snapshot = Take();
  EXPECT_FALSE(snapshot->sockets);
  EXPECT_FALSE(snapshot->listeners);
  EXPECT_FALSE(snapshot->pending_connects);
  EXPECT_FALSE(snapshot->sockstat_discrepancy);
  EXPECT_TRUE(snapshot->kernel.counters) << "read at the start";
  ASSERT_EQ(snapshot->polls.size(), kTierCount);
  for (const TierSpec& tier : kTiers) {
    EXPECT_EQ(snapshot->polls.at(IndexOf(tier.id)).tier(), tier.id);
    EXPECT_EQ(snapshot->polls.at(IndexOf(tier.id)).interval(), tier.default_interval);
  }
}

TEST_F(MonitorTest, EachTierBringsItsPart) {
  Poll(Tier::kListeners, DumpOf({Listening(1, 443)}));
  EXPECT_EQ(Take()->listeners->listeners.size(), 1U);
  EXPECT_FALSE(Take()->pending_connects);
  Poll(Tier::kHandshakes, DumpOf({}));
  EXPECT_TRUE(Take()->pending_connects);
  EXPECT_FALSE(Take()->sockets);
  Poll(Tier::kFull, DumpOf({Established(2)}));
  EXPECT_EQ(Take()->sockets->states.Total(), 1U);
  EXPECT_TRUE(Take()->sockstat_discrepancy);
  EXPECT_FALSE(Take()->group_rates) << "there is nothing to compare with";
  Poll(Tier::kFull, DumpOf({Established(2)}));
  EXPECT_TRUE(Take()->group_rates);
}

TEST_F(MonitorTest, AFailedPollLeavesWhatTheLastGoodOneFound) {
  Poll(Tier::kFull, DumpOf({Established(2), Established(3)}));
  Poll(Tier::kFull,
       {{{Established(4)}, DumpProgress::kMore, Error::FromErrno(ENOBUFS, "receive")}});
  const auto snapshot = Take();
  EXPECT_EQ(snapshot->sockets->states.Total(), 2U);
  EXPECT_TRUE(snapshot->polls.at(IndexOf(Tier::kFull)).current_failure());
}

TEST_F(MonitorTest, ASnapshotStaysAsItWasTaken) {
  Poll(Tier::kFull, DumpOf({Established(2)}));
  const auto before = Take();
  Poll(Tier::kFull, DumpOf({Established(2), Established(3)}));
  EXPECT_EQ(before->sockets->states.Total(), 1U);
  EXPECT_EQ(Take()->sockets->states.Total(), 2U);
}

TEST_F(MonitorTest, PollsThatCostTooMuchAreStretchedAndCheapOnesGoBack) {
  TierPoller& full = monitor_.tiers()[IndexOf(Tier::kFull)];
  EXPECT_THAT(monitor_.FitToBudget(), IsEmpty());
  Poll(Tier::kFull, DumpOf({Established(2)}));
  full.AddCpu(std::chrono::seconds(2));  // of 10 s, with 2 % permitted
  ASSERT_EQ(monitor_.FitToBudget().size(), 1U);
  EXPECT_GT(full.health().interval(), std::chrono::seconds(60));
  config_.cpu_budget = 1;
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  EXPECT_EQ(full.health().interval(), milliseconds(10'000)) << "as the configuration asks";
  EXPECT_THAT(monitor_.FitToBudget(), IsEmpty());
}

TEST_F(MonitorTest, ANewConfigurationChangesIntervalsAndGroups) {
  config_.poll.intervals.fill(milliseconds(700));
  config_.groups = {{.name = "edge", .match = {}}};
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  for (const TierPoller& tier : monitor_.tiers()) {
    EXPECT_EQ(tier.health().interval(), milliseconds(700));
  }
  Poll(Tier::kFull, DumpOf({Established(2)}));
  const auto snapshot = Take();
  ASSERT_EQ(snapshot->groups.size(), 2U);
  EXPECT_EQ(snapshot->groups.back().name, "edge");
}

TEST_F(MonitorTest, WhatAConfigurationDoesNotChangeStaysAsItIs) {
  TierPoller& full = monitor_.tiers()[IndexOf(Tier::kFull)];
  Poll(Tier::kFull, DumpOf({Established(2)}));
  full.AddCpu(std::chrono::seconds(2));  // of 10 s, with 2 % permitted
  ASSERT_EQ(monitor_.FitToBudget().size(), 1U);
  const milliseconds stretched = full.health().interval();
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  config_.diagnosis.min_syn_queue += 1;
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  EXPECT_EQ(full.health().interval(), stretched);
}

TEST(ReportAssemblyTest, AddsWhatThisProcessIs) {
  const auto snapshot = std::make_shared<const Snapshot>();
  const Report report = AssembleReport({.snapshot = snapshot, .config = {}});
  EXPECT_EQ(report.snapshot, snapshot);
  EXPECT_EQ(report.alerts, nullptr);
  EXPECT_EQ(report.history, nullptr);
  EXPECT_GT(report.process.resident_bytes, 0U);
  EXPECT_EQ(report.build.version, ThisBuild().version);
  EXPECT_FALSE(report.build.revision.empty());
  EXPECT_FALSE(report.host.name.empty());
}

}  // namespace
}  // namespace connwatch::monitor_test
