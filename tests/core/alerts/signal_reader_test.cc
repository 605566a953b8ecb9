#include "core/alerts/signal_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/support/snapshots.h"

namespace connwatch::signal_reader_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// The readings as (subject, value); NaN where there is none.
std::map<std::string, double> Values(AlertSignal signal, const Snapshot& snapshot) {
  PollAges ages;
  ages.Observe(snapshot.polls, snapshot.paused, TestInstant(30).monotonic);
  std::map<std::string, double> values;
  for (const SignalReading& reading : Read(signal, snapshot, ages)) {
    values[reading.subject] = reading.value.value_or(std::numeric_limits<double>::quiet_NaN());
  }
  return values;
}

double OfHost(AlertSignal signal, const Snapshot& snapshot) {
  return Values(signal, snapshot).at("host");
}

testing::Matcher<double> IsAbsent() { return testing::IsNan(); }

TEST(SignalReaderTest, ReadsTheListeners) {
  const Snapshot snapshot = OwnNamespaceSnapshot();
  EXPECT_THAT(Values(AlertSignal::kListenerSynQueue, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 12), Pair("[::1%eth0]:22", 0)));
  EXPECT_THAT(Values(AlertSignal::kListenerSynQueueUtilization, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 12.0 / 256), Pair("[::1%eth0]:22", 0)));
  // The fullest of the two sockets has all three connections, and holds one more than its limit.
  EXPECT_THAT(Values(AlertSignal::kListenerAcceptQueueUtilization, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 3.0 / 128), Pair("[::1%eth0]:22", 0)));
  EXPECT_THAT(Values(AlertSignal::kListenerAcceptQueuePeakUtilization, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 0.0625), Pair("[::1%eth0]:22", 0)));
  EXPECT_THAT(Values(AlertSignal::kListenerDrops, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 6), Pair("[::1%eth0]:22", 0)));
  // Few connections are no imbalance, and one socket cannot have any.
  EXPECT_THAT(Values(AlertSignal::kListenerAcceptQueueImbalance, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 1), Pair("[::1%eth0]:22", IsAbsent())));
}

TEST(SignalReaderTest, ReadsTheListenersOfOtherNamespaces) {
  Snapshot snapshot = FullSnapshot();
  EXPECT_THAT(Values(AlertSignal::kListenerSynQueue, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 12), Pair("[::1%eth0]:22", 0),
                          Pair("shop/cart-7c9/0.0.0.0:6379", 0), Pair("web/0.0.0.0:443", 30),
                          Pair("web/0.0.0.0:8080", 0)));
  EXPECT_THAT(Values(AlertSignal::kListenerDrops, snapshot),
              ElementsAre(Pair("0.0.0.0:443", 6), Pair("[::1%eth0]:22", 0),
                          Pair("shop/cart-7c9/0.0.0.0:6379", 0), Pair("web/0.0.0.0:443", 5),
                          Pair("web/0.0.0.0:8080", 0)));
  for (const SignalReading& reading : Read(AlertSignal::kListenerDrops, snapshot, PollAges())) {
    const std::size_t slash = reading.subject.rfind('/');
    EXPECT_EQ(reading.netns == nullptr ? "" : reading.netns->identity.name,
              slash == std::string::npos ? "" : reading.subject.substr(0, slash));
  }
  snapshot.listeners.reset();
  EXPECT_THAT(Values(AlertSignal::kListenerSynQueue, snapshot),
              ElementsAre(Pair("shop/cart-7c9/0.0.0.0:6379", 0), Pair("web/0.0.0.0:443", 30),
                          Pair("web/0.0.0.0:8080", 0)));
}

// Namespaces count nothing for the host: its signals mean what they meant.
TEST(SignalReaderTest, OtherNamespacesChangeNoSignalOfTheHostOrAGroup) {
  for (const AlertSignalSpec& spec : AlertSignals()) {
    if (spec.subject == SubjectKind::kListener) continue;
    const auto of_own = Values(spec.id, OwnNamespaceSnapshot());
    std::vector<testing::Matcher<std::pair<const std::string, double>>> same;
    same.reserve(of_own.size());
    for (const auto& [subject, value] : of_own) {
      same.push_back(Pair(subject, testing::NanSensitiveDoubleEq(value)));
    }
    EXPECT_THAT(Values(spec.id, FullSnapshot()), testing::ElementsAreArray(same)) << spec.name;
  }
}

TEST(SignalReaderTest, ReadsTheGroups) {
  const Snapshot snapshot = FullSnapshot();
  EXPECT_THAT(Values(AlertSignal::kSynSentRetransmitting, snapshot),
              ElementsAre(Pair("443", 2), Pair("other", 0)));
  EXPECT_THAT(Values(AlertSignal::kRetransmitRatio, snapshot),
              ElementsAre(Pair("443", 9), Pair("other", 0)));
  EXPECT_THAT(Values(AlertSignal::kCloseWaitSockets, snapshot),
              ElementsAre(Pair("443", 0), Pair("other", 0)));
  EXPECT_THAT(Values(AlertSignal::kRttSeconds, snapshot),
              ElementsAre(Pair("443", 0.0204), Pair("other", 0)));
  EXPECT_THAT(Values(AlertSignal::kReceiveQueueBytes, snapshot),
              ElementsAre(Pair("443", 700), Pair("other", 0)));
  EXPECT_THAT(Values(AlertSignal::kSendQueueBytes, snapshot),
              ElementsAre(Pair("443", 80), Pair("other", 0)));
  // The three inbound ones of "443" do not count.
  EXPECT_THAT(Values(AlertSignal::kRetransmittingSockets, snapshot),
              ElementsAre(Pair("443", 0), Pair("other", 5)));
}

TEST(SignalReaderTest, BothDirectionsOfAGroupAreOneSubject) {
  Snapshot snapshot = FullSnapshot();
  snapshot.traffic[{Direction::kOutbound, kInbound443.group}].usage = {
      .segments_sent = 100, .segments_retransmitted = 30};
  PollAges ages;
  const auto readings = Read(AlertSignal::kRetransmitRatio, snapshot, ages);
  EXPECT_DOUBLE_EQ(readings.at(1).value.value(), 39);
  EXPECT_DOUBLE_EQ(readings.at(1).per, 1'000);
}

TEST(SignalReaderTest, ReadsTheHost) {
  Snapshot snapshot = FullSnapshot();
  snapshot.kernel.sockets->time_wait = 32'768;
  const auto counter = [&](KernelCounterId id) {
    return static_cast<double>((*snapshot.kernel.counters)[id].value());
  };
  EXPECT_EQ(OfHost(AlertSignal::kSynCookiesSent, snapshot),
            counter(KernelCounterId::kSyncookiesSent));
  EXPECT_EQ(OfHost(AlertSignal::kAttemptFails, snapshot), counter(KernelCounterId::kAttemptFails));
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kEphemeralPortsUtilization, snapshot), 26'820.0 / 28'232);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kSourcePortsUtilization, snapshot), 27'000.0 / 28'232);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kTimeWaitUtilization, snapshot), 0.5);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kTcpMemoryUtilization, snapshot), 44.0 / 381'704);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kOrphanUtilization, snapshot), 3.0 / 65'537);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kConntrackUtilization, snapshot), 0.25);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kConntrackInsertFailed, snapshot), 6);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kTotalsExact, snapshot), 0);
  snapshot.totals_gaps = {};
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kTotalsExact, snapshot), 1);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kDestroyEventsAbsent, snapshot), 65.5);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kDestroyEventOverruns, snapshot), 1);
  EXPECT_DOUBLE_EQ(OfHost(AlertSignal::kMonitorAgeSeconds, snapshot), 0);
}

// Connects of the group "db", which only connects, and of "other".
Snapshot TracedSnapshot() {
  constexpr GroupId kDb{.place = 7};
  Handshakes handshakes;
  HandshakeCounts& counts = handshakes.totals[{Direction::kOutbound, kDb}];
  for (const HandshakeOutcome outcome : kHandshakeOutcomes) {
    counts.outcomes.at(IndexOf(outcome)) = 1ULL << IndexOf(outcome);  // 1, 2, 4, ...
  }
  counts.syn_retransmissions = 1'000;
  // Accepted handshakes are no connects.
  handshakes.totals[{Direction::kInbound, kDb}].outcomes.front() = 1'000'000;
  handshakes.totals[{Direction::kInbound, kInbound443.group}].outcomes.front() = 1'000'000;
  Snapshot snapshot = FullSnapshot();
  snapshot.groups.push_back({kDb, "db", {false, true}});
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
  return snapshot;
}

TEST(SignalReaderTest, ReadsTheOutcomesOfConnects) {
  const Snapshot snapshot = TracedSnapshot();
  const auto only_connecting = [](double value) {
    return ElementsAre(Pair("db", value), Pair("other", 0));  // and not "443", which only accepts
  };
  EXPECT_THAT(Values(AlertSignal::kConnectsRefusedRatio, snapshot), only_connecting(2));
  EXPECT_THAT(Values(AlertSignal::kConnectsTimedOutRatio, snapshot), only_connecting(4));
  EXPECT_THAT(Values(AlertSignal::kConnectsUnreachableRatio, snapshot), only_connecting(8));
  for (const AlertSignal signal :
       {AlertSignal::kConnectsRefusedRatio, AlertSignal::kConnectsTimedOutRatio,
        AlertSignal::kConnectsUnreachableRatio}) {
    EXPECT_EQ(Read(signal, snapshot, PollAges()).back().per, 511) << Name(signal);
  }
}

TEST(SignalReaderTest, SynsAreThoseOfConnectsThatSentOne) {
  const Snapshot snapshot = TracedSnapshot();
  EXPECT_THAT(Values(AlertSignal::kSynRetransmissionRatio, snapshot),
              ElementsAre(Pair("db", 1'000), Pair("other", 0)));
  // All outcomes but no_route and no_port, and the repeated SYNs.
  EXPECT_EQ(Read(AlertSignal::kSynRetransmissionRatio, snapshot, PollAges()).back().per,
            511 - 16 - 32 + 1'000);
}

TEST(SignalReaderTest, LatencyGrowsByAFactor) {
  using Seconds = std::chrono::duration<double>;
  struct Case {
    double before, now, factor;
  };
  for (const auto& [before, now, factor] : std::vector<Case>{
           {0.010, 0.025, 2.5},
           {0.0001, 0.0022, 22},
           {0.0001, 0.0020, 1},  // by less than 2 ms, which is loopback and a busy host
           {0.010, 0.0115, 1},
           {0.010, 0.010, 1},
           {0.010, 0.002, 0.2}}) {
    Snapshot snapshot = TracedSnapshot();
    Handshakes handshakes = *snapshot.handshakes;
    handshakes.trends[{Direction::kOutbound, kOtherGroup}] = {Seconds(now), Seconds(before)};
    snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
    EXPECT_THAT(Values(AlertSignal::kHandshakeLatencyGrowth, snapshot),
                ElementsAre(Pair("db", IsAbsent()), Pair("other", testing::DoubleEq(factor))))
        << before << " " << now;
  }
}

TEST(SignalReaderTest, WithoutTracingConnectsHaveNoReadings) {
  Snapshot snapshot = TracedSnapshot();
  EXPECT_THAT(Values(AlertSignal::kUntracedAttemptFails, snapshot), IsEmpty());
  const double fails = OfHost(AlertSignal::kAttemptFails, snapshot);
  snapshot.handshakes = nullptr;
  EXPECT_EQ(OfHost(AlertSignal::kUntracedAttemptFails, snapshot), fails);
  EXPECT_EQ(OfHost(AlertSignal::kAttemptFails, snapshot), fails) << "whether traced or not";
  for (const AlertSignal signal :
       {AlertSignal::kConnectsRefusedRatio, AlertSignal::kConnectsTimedOutRatio,
        AlertSignal::kConnectsUnreachableRatio, AlertSignal::kHandshakeLatencyGrowth,
        AlertSignal::kSynRetransmissionRatio}) {
    EXPECT_THAT(Values(signal, snapshot), IsEmpty()) << Name(signal);
  }
}

TEST(SignalReaderTest, WhatIsNotKnownIsAbsentAndNotZero) {
  Snapshot snapshot = FullSnapshot();
  (*snapshot.kernel.counters)[KernelCounterId::kAttemptFails].reset();
  snapshot.kernel.sockets.reset();
  snapshot.kernel.limits->ephemeral_ports_available.reset();
  EXPECT_THAT(OfHost(AlertSignal::kAttemptFails, snapshot), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kTimeWaitUtilization, snapshot), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kEphemeralPortsUtilization, snapshot), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kSourcePortsUtilization, snapshot), IsAbsent());
  snapshot = FullSnapshot();
  snapshot.sockets->ports_used_peak_source.reset();
  EXPECT_THAT(OfHost(AlertSignal::kSourcePortsUtilization, snapshot), IsAbsent());
}

TEST(SignalReaderTest, AShareNeedsBothItsNumbers) {
  Snapshot full = FullSnapshot();
  full.kernel.sockets->time_wait = 5;
  Snapshot without_limits = full;
  without_limits.kernel.limits.reset();
  EXPECT_THAT(OfHost(AlertSignal::kTimeWaitUtilization, without_limits), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kTcpMemoryUtilization, without_limits), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kOrphanUtilization, without_limits), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kEphemeralPortsUtilization, without_limits), IsAbsent());
  Snapshot without_counts = full;
  without_counts.kernel.sockets.reset();
  without_counts.sockets.reset();
  EXPECT_THAT(OfHost(AlertSignal::kTimeWaitUtilization, without_counts), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kTcpMemoryUtilization, without_counts), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kOrphanUtilization, without_counts), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kEphemeralPortsUtilization, without_counts), IsAbsent());
}

TEST(SignalReaderTest, WithoutConnectionTrackingThereIsNothingOfIt) {
  Snapshot snapshot = FullSnapshot();
  snapshot.kernel.conntrack.entries_limit = 0;  // no limit
  EXPECT_THAT(OfHost(AlertSignal::kConntrackUtilization, snapshot), IsAbsent());
  snapshot.kernel.conntrack = {};
  EXPECT_THAT(OfHost(AlertSignal::kConntrackUtilization, snapshot), IsAbsent());
  EXPECT_THAT(OfHost(AlertSignal::kConntrackInsertFailed, snapshot), IsAbsent());
}

TEST(SignalReaderTest, BeforeTheFirstPollThereIsNothing) {
  const Snapshot snapshot = EmptySnapshot();
  // These do not come from polls.
  const std::set<AlertSignal> of_the_daemon = {
      AlertSignal::kMonitorAgeSeconds, AlertSignal::kTotalsExact, AlertSignal::kDestroyEventsAbsent,
      AlertSignal::kDestroyEventOverruns};
  for (const AlertSignalSpec& spec : AlertSignals()) {
    if (of_the_daemon.contains(spec.id)) continue;
    for (const auto& [subject, value] : Values(spec.id, snapshot)) {
      EXPECT_THAT(value, IsAbsent()) << spec.name << " of " << subject;
    }
  }
  EXPECT_THAT(Values(AlertSignal::kListenerSynQueue, snapshot), IsEmpty());
}

TEST(SignalReaderTest, ALimitOfZeroIsNoDivision) {
  Snapshot snapshot = FullSnapshot();
  ListenerStatus& status = snapshot.listeners->listeners.front().status;
  status.accept_queue = OneQueue(1, 0);
  // One connection is all that such a queue holds.
  EXPECT_EQ(Values(AlertSignal::kListenerAcceptQueueUtilization, snapshot).at("0.0.0.0:443"), 1);
  EXPECT_THAT(Values(AlertSignal::kListenerSynQueueUtilization, snapshot).at("0.0.0.0:443"),
              IsAbsent());
  status.accept_queue.limit = ListenerStatus::kMinSynQueueLimit;
  EXPECT_EQ(Values(AlertSignal::kListenerSynQueueUtilization, snapshot).at("0.0.0.0:443"), 3);
  snapshot.kernel.sockets->time_wait = 5;
  snapshot.kernel.limits->time_wait_limit = 0;
  EXPECT_THAT(OfHost(AlertSignal::kTimeWaitUtilization, snapshot), IsAbsent());
}

TEST(SignalReaderTest, OnlySynQueuesHaveAVerdict) {
  Snapshot snapshot = FullSnapshot();
  Diagnosis& diagnosis = snapshot.listeners->listeners.front().status.diagnosis;
  const auto verdict = [&snapshot](AlertSignal signal) {
    return Read(signal, snapshot, PollAges()).front().verdict;
  };
  EXPECT_EQ(verdict(AlertSignal::kListenerSynQueue), SynVerdict::kTrouble);
  EXPECT_EQ(verdict(AlertSignal::kListenerSynQueueUtilization), SynVerdict::kTrouble);
  EXPECT_EQ(verdict(AlertSignal::kListenerAcceptQueueUtilization), SynVerdict::kOpen);
  EXPECT_EQ(verdict(AlertSignal::kListenerDrops), SynVerdict::kOpen);
  diagnosis = {};
  EXPECT_EQ(verdict(AlertSignal::kListenerSynQueue), SynVerdict::kOpen);
  diagnosis.causes[IndexOf(DiagnosisCause::kDeferredAccept)] = true;
  EXPECT_EQ(verdict(AlertSignal::kListenerSynQueue), SynVerdict::kInnocent);
  EXPECT_EQ(verdict(AlertSignal::kListenerAcceptQueueUtilization), SynVerdict::kOpen);
}

}  // namespace
}  // namespace connwatch::signal_reader_test
