// The default rules against what hosts go through: what must be raised, and what must not.
#include "core/alerts/alert_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/listeners/diagnose.h"
#include "tests/support/alert_world.h"

namespace connwatch {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

class AlertDefaultsTest : public testing::Test {
 protected:
  AlertDefaultsTest() {
    status().accept_queue = OneQueue(0, 4'096);
    world_.snapshot.kernel.sockets->time_wait = 100;
    world_.snapshot.kernel.limits->time_wait_limit = 262'144;
    world_.snapshot.kernel.limits->ephemeral_ports_available = 28'232;
    Seconds(30);
    EXPECT_THAT(fired_, IsEmpty());
  }

  ListenerStatus& status() { return world_.ListenerOn(443); }
  std::uint64_t& Counter(KernelCounterId id) { return *(*world_.snapshot.kernel.counters)[id]; }

  // The SYN queue of this second, of many sources: judged as the listener tracker does.
  void SetSynQueue(std::uint64_t length, std::uint64_t retransmitting, std::uint64_t settled = 0) {
    ListenerStatus& seen = status();
    seen.signs.syn_queue_growth_per_second =
        static_cast<double>(length) - static_cast<double>(seen.syn_queue.length);
    seen.signs.settled = settled;
    seen.signs.source_prefixes = std::min<std::uint64_t>(length, 250);
    seen.signs.top_source_ratio = 0.01;
    seen.syn_queue = {.length = length, .peak = length, .retransmitting = retransmitting};
  }

  void Second() {
    status().diagnosis = Diagnose(status(), {});
    world_.Tick();
    for (const AlertTransition& one : world_.transitions) {
      if (one.to == AlertState::kFiring) fired_.insert(one.alert.rule->name);
      if (one.to == AlertState::kResolved) fired_.erase(one.alert.rule->name);
    }
  }

  void Seconds(int count) {
    for (int i = 0; i < count; ++i) Second();
  }

  AlertWorld world_{DefaultAlertRules()};
  std::set<std::string> fired_;  // firing now
};

TEST_F(AlertDefaultsTest, AQuietHostRaisesNothing) {
  Seconds(600);
  EXPECT_THAT(fired_, IsEmpty());
  EXPECT_THAT(world_.engine.alerts(), IsEmpty());
}

TEST_F(AlertDefaultsTest, AFloodIsRaisedWithinForAndThreeSeconds) {
  for (std::uint64_t i = 1; i <= 13; ++i) {
    SetSynQueue(100 * i, i > 1 ? 100 * (i - 1) : 0);
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynRecvBacklogGrowth"));
  const Alert alert = world_.engine.alerts().front();
  EXPECT_EQ(alert.subject, "0.0.0.0:443");
  EXPECT_EQ(alert.cause, "syn_flood");
  // It ends, and so does the alert.
  for (int i = 0; i < 40; ++i) {
    SetSynQueue(0, 0);
    Second();
  }
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, AFloodOfTwoSecondsThatStaysBelowTheLimitIsRaised) {
  SetSynQueue(1'500, 0);
  Second();
  SetSynQueue(3'000, 800);
  Second();
  for (int i = 0; i < 11; ++i) {
    SetSynQueue(3'000, 2'900);
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynRecvBacklogGrowth"));
}

TEST_F(AlertDefaultsTest, AFloodBehindCookiesIsRaisedAlthoughTheQueueIsFlat) {
  status().accept_queue = OneQueue(0, 128);
  status().signs.host.syn_cookies_per_second = 900;
  for (int i = 0; i < 18; ++i) {
    SetSynQueue(129, 120);
    Counter(KernelCounterId::kSyncookiesSent) += 900;
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynCookiesActive"));
  EXPECT_THAT(fired_, Contains("SynQueueNearlyFull"));
  for (const Alert& alert : world_.engine.alerts()) {
    if (alert.rule->name != "SynCookiesActive") continue;
    EXPECT_THAT(alert.evidence->text, testing::StartsWith("0.0.0.0:443: SYN queue 129"));
  }
}

TEST_F(AlertDefaultsTest, AQueueAtItsLimitWithoutCookiesIsRaised) {
  status().accept_queue = OneQueue(0, 5);
  for (int i = 0; i < 18; ++i) {
    SetSynQueue(5, 0);
    status().drops += 20;
    Second();
  }
  EXPECT_THAT(fired_, Contains("SynQueueNearlyFull"));
  EXPECT_THAT(fired_, Contains("ListenerDropping"));
}

TEST_F(AlertDefaultsTest, AFullAcceptQueueIsRaisedAlthoughSynRecvIsNearZero) {
  status().accept_queue = OneQueue(129, 128);
  SetSynQueue(1, 1);
  Seconds(11);
  EXPECT_THAT(fired_, Contains("AcceptQueueNearlyFull"));
  EXPECT_EQ(world_.engine.alerts().front().cause, "accept_queue_full");
}

TEST_F(AlertDefaultsTest, ADeferringListenerRaisesNothing) {
  // Clients that connect and say nothing: 25 a second, and then the queue stands.
  for (std::uint64_t i = 1; i <= 60; ++i) {
    SetSynQueue(25 * i, 0, i > 3 ? 25 * (i - 3) : 0);
    Second();
    EXPECT_THAT(fired_, IsEmpty()) << i;
  }
  status().accept_queue = OneQueue(0, 1'500);
  for (int i = 0; i < 60; ++i) {
    SetSynQueue(1'500, 0, 1'400);
    Second();
  }
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, BurstsAndAWaveOfClientsRaiseNothing) {
  for (int i = 0; i < 120; ++i) {
    // 500 connects at once every 20 s, accepted within a second or two.
    const bool is_burst = i % 20 == 0;
    status().accept_queue = OneQueue(is_burst ? 500 : 0, 4'096, 500);
    SetSynQueue(is_burst ? 300 : 0, 0);
    Second();
  }
  EXPECT_THAT(fired_, IsEmpty());
  // 3,000 new connections a second from 100 ms away, from one second to the next.
  for (int i = 0; i < 120; ++i) {
    SetSynQueue(300, 5);
    Second();
    EXPECT_THAT(fired_, IsEmpty()) << i;
  }
}

TEST_F(AlertDefaultsTest, OneBurstBeyondTheBacklogRaisesNothing) {
  status().accept_queue = OneQueue(0, 128);
  status().drops += 372;
  Counter(KernelCounterId::kSyncookiesSent) += 372;
  Seconds(120);
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, ConnectsWithoutAnAnswerAreRaisedWithTheirDestinations) {
  PendingConnects& pending = *world_.snapshot.pending_connects;
  pending.by_group[kOtherGroup] = {.sockets = 12, .retransmitting = 11, .oldest_age = 7s};
  for (int i = 0; i < 12; ++i) {
    pending.oldest.push_back(
        {.remote = {Ipv4({192, 0, 2, i < 8 ? 1 : 2}), 443}, .retransmissions = i == 11 ? 0U : 2U});
  }
  Seconds(31);
  EXPECT_THAT(fired_, Contains("ConnectsPending"));
  EXPECT_THAT(
      world_.engine.alerts().front().evidence->top_destinations,
      testing::ElementsAre(testing::Pair("192.0.2.1:443", 8), testing::Pair("192.0.2.2:443", 3)));
}

TEST_F(AlertDefaultsTest, TotalsThatMissConnectionsAreRaised) {
  DestroyEventStats& events = world_.snapshot.destroy_events;
  // They are read for 5 s in 65: the alert stays.
  for (int second = 0; second < 195; ++second) {
    if (second % 65 < 60) events.absent += 1s;
    Second();
    EXPECT_THAT(fired_, Contains("DestroyEventsAbsent"));
  }
  EXPECT_THAT(world_.engine.alerts().front().value, testing::DoubleNear(55.0 / 60, 0.02));
  Seconds(61);
  EXPECT_THAT(fired_, IsEmpty());
  ++events.overruns;
  Second();
  EXPECT_THAT(fired_, testing::ElementsAre("DestroyEventsLost"));
  Seconds(61);
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(AlertDefaultsTest, AMonitorThatCannotReadIsRaisedAndNothingElseChanges) {
  status().accept_queue = OneQueue(129, 128);
  Seconds(11);
  EXPECT_THAT(fired_, Contains("AcceptQueueNearlyFull"));
  world_.is_failing = true;
  status().accept_queue = OneQueue(0, 128);
  Seconds(30);
  EXPECT_THAT(fired_, Not(Contains("MonitorStale")));
  Second();
  EXPECT_THAT(fired_, Contains("MonitorStale"));
  EXPECT_THAT(fired_, Contains("AcceptQueueNearlyFull"));
  for (const Alert& alert : world_.engine.alerts()) {
    if (alert.rule->name != "MonitorStale") continue;
    EXPECT_THAT(alert.evidence->text, testing::StartsWith("listeners polls: lost"));
  }
  world_.is_failing = false;
  Second();
  EXPECT_THAT(fired_, Not(Contains("MonitorStale")));
}

}  // namespace
}  // namespace connwatch
