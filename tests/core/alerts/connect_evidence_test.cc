// What an alert on connects keeps of the moment it fired.
#include "core/alerts/connect_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/alerts/alert_evidence.h"
#include "core/alerts/culprit_evidence.h"
#include "tests/support/records.h"
#include "tests/support/text_files.h"

namespace connwatch::connect_evidence_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr GroupId kDb{.place = 2};

Snapshot TestSnapshot() {
  Snapshot snapshot;
  snapshot.groups = {{kOtherGroup, "other", {true, true}}, {kDb, "db", {true, true}}};
  snapshot.pending_connects.emplace();
  return snapshot;
}

AlertEvidence Gathered(AlertSignal signal, const std::string& subject, const Snapshot& snapshot) {
  const SignalReading reading{.subject = subject};
  return GatherEvidence({signal, reading, std::nullopt, nullptr, MonotonicTime()}, snapshot);
}

PendingConnect Pending(int host, unsigned retransmissions, GroupId group) {
  PendingConnect connect;
  connect.remote = {Ipv4({192, 0, 2, host}), 443};
  connect.retransmissions = retransmissions;
  connect.group = group;
  return connect;
}

TEST(ConnectEvidence, OfPendingConnectsHasTheDestinationsOfTheGroup) {
  Snapshot snapshot = TestSnapshot();
  PendingConnects& pending = *snapshot.pending_connects;
  pending.by_group[kDb] = {.sockets = 20, .retransmitting = 17, .oldest_age = 4'500ms};
  for (int host = 1; host <= 6; ++host) {
    for (int i = 0; i < host; ++i) pending.oldest.push_back(Pending(host, 1, kDb));
  }
  for (int i = 0; i < 9; ++i) {
    pending.oldest.push_back(Pending(7, 0, kDb));          // may still be answered
    pending.oldest.push_back(Pending(8, 1, kOtherGroup));  // of another group
  }
  const AlertEvidence evidence = Gathered(AlertSignal::kSynSentRetransmitting, "db", snapshot);
  EXPECT_THAT(
      evidence.top_destinations,
      ElementsAre(Pair("192.0.2.6:443", 6), Pair("192.0.2.5:443", 5), Pair("192.0.2.4:443", 4),
                  Pair("192.0.2.3:443", 3), Pair("192.0.2.2:443", 2)));
  EXPECT_EQ(evidence.text,
            "17 of 20 pending connects had to repeat the SYN, the oldest is 4.5 s old");
  EXPECT_THAT(evidence.numbers,
              ElementsAre(Pair("syn_sent", 20), Pair("syn_sent_retransmitting", 17),
                          Pair("oldest_age_seconds", 4.5)));
}

TEST(ConnectEvidence, OfPendingConnectsNamesWhoseTheyAre) {
  Snapshot snapshot = TestSnapshot();
  PendingConnects& pending = *snapshot.pending_connects;
  pending.by_group[kDb] = {.sockets = 5, .retransmitting = 4, .oldest_age = 4'500ms};
  for (const char* unit : {"shop.service", "blog.service", "shop.service", "shop.service", ""}) {
    pending.oldest.push_back(Pending(1, 1, kDb));
    pending.oldest.back().unit = unit;
  }
  pending.oldest[1].retransmissions = 0;
  const auto unit = [&snapshot] {
    return UnitBehind(AlertSignal::kSynSentRetransmitting, "db", snapshot);
  };
  AlertEvidence evidence = Gathered(AlertSignal::kSynSentRetransmitting, "db", snapshot);
  EXPECT_THAT(evidence.top_units, ElementsAre(Pair("shop.service", 3)));
  EXPECT_THAT(evidence.text, testing::EndsWith("; most of them belong to shop.service"));
  EXPECT_EQ(unit(), "shop.service");
  evidence = Gathered(AlertSignal::kUntracedAttemptFails, "host", snapshot);
  EXPECT_THAT(evidence.top_units, ElementsAre(Pair("shop.service", 3), Pair("blog.service", 1)));
  EXPECT_EQ(UnitBehind(AlertSignal::kUntracedAttemptFails, "host", snapshot), "")
      << "those that failed may be others";
  pending.oldest[0].unit = "";
  EXPECT_EQ(unit(), "") << "two of four";
  EXPECT_EQ(UnitBehind(AlertSignal::kSynSentRetransmitting, "gone", snapshot), "");
}

TEST(ConnectEvidence, WithoutTracingTheHostsFailuresHaveWhatIsPending) {
  Snapshot snapshot = TestSnapshot();
  PendingConnects& pending = *snapshot.pending_connects;
  pending.by_group[kDb] = {.sockets = 3, .retransmitting = 1, .oldest_age = 1'500ms};
  pending.by_group[kOtherGroup] = {.sockets = 1, .retransmitting = 0, .oldest_age = 20ms};
  pending.oldest = {Pending(1, 1, kDb), Pending(2, 0, kDb), Pending(2, 0, kDb),
                    Pending(3, 0, kOtherGroup)};
  for (const AlertSignal signal :
       {AlertSignal::kUntracedAttemptFails, AlertSignal::kAttemptFails}) {
    const AlertEvidence evidence = Gathered(signal, "host", snapshot);
    EXPECT_EQ(evidence.text,
              "it is not known which connects failed, because handshakes are not traced; 1 of 4 "
              "pending connects had to repeat the SYN, the oldest is 1.5 s old");
    EXPECT_THAT(
        evidence.top_destinations,
        ElementsAre(Pair("192.0.2.2:443", 2), Pair("192.0.2.1:443", 1), Pair("192.0.2.3:443", 1)));
    EXPECT_THAT(evidence.numbers, SizeIs(3));
  }
}

TEST(ConnectEvidence, WithoutTracingAndPendingConnectsItSaysSo) {
  Snapshot snapshot = TestSnapshot();
  const auto text = [&snapshot] {
    return Gathered(AlertSignal::kUntracedAttemptFails, "host", snapshot).text;
  };
  EXPECT_THAT(text(), testing::EndsWith("are not traced; no connect is pending"));
  snapshot.pending_connects.reset();
  EXPECT_THAT(text(), testing::EndsWith("are not traced; no connect is pending"));
}

using Outcomes = std::vector<std::pair<HandshakeOutcome, std::uint64_t>>;

// Its group is "db".
Destination To(int host, const Outcomes& outcomes) {
  Destination destination;
  destination.remote = {Ipv4({192, 0, 2, host}), 443};
  destination.group = "db";
  for (const auto& [outcome, count] : outcomes) {
    destination.recent.outcomes.at(IndexOf(outcome)) = count;
  }
  return destination;
}

void AddLatency(Destination& destination, std::uint64_t count, std::chrono::nanoseconds each) {
  destination.recent.latency.AddBucket(10, count);
  destination.recent.latency.AddSum(each * count);
}

Snapshot Traced(std::vector<Destination> destinations) {
  Handshakes handshakes;
  handshakes.destinations = std::move(destinations);
  handshakes.recent_span = 437s;
  Snapshot snapshot = TestSnapshot();
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
  return snapshot;
}

std::vector<std::string> Addresses(const AlertEvidence& evidence) {
  std::vector<std::string> addresses;
  for (const Destination& destination : evidence.destinations) {
    addresses.push_back(destination.remote.address.ToString());
  }
  return addresses;
}

TEST(ConnectEvidence, OfAnOutcomeNamesTheDestinationsThatEndSo) {
  using enum HandshakeOutcome;
  std::vector<Destination> all = {
      To(1, {{kEstablished, 900}, {kRefused, 1}}),
      To(2, {{kEstablished, 35}, {kRefused, 50}, {kTimedOut, 10}, {kAbandoned, 5}}),
      To(3, {{kNoRoute, 7}, {kUnreachable, 2}, {kRefused, 0}})};
  all[1].unit = "backup.service";
  all[1].recent.syn_retransmissions = 12;
  AddLatency(all[0], 900, 1'200us);
  const Snapshot snapshot = Traced(all);
  AlertEvidence evidence = Gathered(AlertSignal::kConnectsRefusedRatio, "db", snapshot);
  EXPECT_THAT(Addresses(evidence), ElementsAre("192.0.2.2", "192.0.2.1"));
  EXPECT_EQ(evidence.text,
            "in the last 437 s: 192.0.2.2:443 from backup.service: 60 of 100 connects failed (50 "
            "refused, 10 timed out), 5 abandoned, SYNs sent again: 12; 192.0.2.1:443: 1 of 901 "
            "connects failed (1 refused), median 0.0012 s");
  EXPECT_THAT(evidence.top_destinations, IsEmpty());
  evidence = Gathered(AlertSignal::kConnectsTimedOutRatio, "db", snapshot);
  EXPECT_THAT(Addresses(evidence), ElementsAre("192.0.2.2"));
  evidence = Gathered(AlertSignal::kConnectsUnreachableRatio, "db", snapshot);
  EXPECT_THAT(Addresses(evidence), ElementsAre("192.0.2.3"));
  EXPECT_THAT(evidence.text, HasSubstr("9 of 9 connects failed (2 unreachable, 7 no route)"));
  evidence = Gathered(AlertSignal::kSynRetransmissionRatio, "db", snapshot);
  EXPECT_THAT(Addresses(evidence), ElementsAre("192.0.2.2"));
  evidence = Gathered(AlertSignal::kAttemptFails, "host", snapshot);
  EXPECT_THAT(Addresses(evidence), ElementsAre("192.0.2.2", "192.0.2.3", "192.0.2.1"));
}

TEST(ConnectEvidence, OfAnOutcomeNamesTheUnits) {
  std::vector<Destination> all;
  for (int host = 1; host <= 7; ++host) {
    all.push_back(To(host, {{HandshakeOutcome::kRefused, 10}, {HandshakeOutcome::kTimedOut, 1}}));
    all.back().unit = host <= 4 ? "shop.service" : "blog.service";
  }
  all[6].unit = "";
  const Snapshot snapshot = Traced(all);
  EXPECT_THAT(Gathered(AlertSignal::kConnectsRefusedRatio, "db", snapshot).top_units,
              ElementsAre(Pair("shop.service", 40), Pair("blog.service", 20)));
  EXPECT_EQ(UnitBehind(AlertSignal::kConnectsRefusedRatio, "db", snapshot), "shop.service");
  EXPECT_EQ(UnitBehind(AlertSignal::kAttemptFails, "host", snapshot), "shop.service");
  EXPECT_EQ(UnitBehind(AlertSignal::kConnectsUnreachableRatio, "db", snapshot), "");
  EXPECT_EQ(UnitBehind(AlertSignal::kConnectsRefusedRatio, "other", snapshot), "");
}

TEST(ConnectEvidence, NamesOnlyWhatTheSignalCounts) {
  std::vector<Destination> all;
  for (int host = 1; host <= 7; ++host) {
    all.push_back(To(host, {{HandshakeOutcome::kRefused, 10U + static_cast<unsigned>(host)}}));
  }
  all[6].netns = "web";
  all[5].group = "other";
  const Snapshot snapshot = Traced(all);
  const auto named = [&snapshot](const std::string& group) {
    return Addresses(Gathered(AlertSignal::kConnectsRefusedRatio, group, snapshot));
  };
  EXPECT_THAT(named("db"),
              ElementsAre("192.0.2.5", "192.0.2.4", "192.0.2.3", "192.0.2.2", "192.0.2.1"));
  EXPECT_THAT(named("other"), ElementsAre("192.0.2.6"));
  EXPECT_THAT(Addresses(Gathered(AlertSignal::kAttemptFails, "host", snapshot)),
              ElementsAre("192.0.2.6", "192.0.2.5", "192.0.2.4", "192.0.2.3", "192.0.2.2"));
  EXPECT_EQ(Gathered(AlertSignal::kConnectsTimedOutRatio, "db", snapshot).text,
            "no destination with the most connects, failures or latency explains it");
}

TEST(ConnectEvidence, OfLatencyHasBothMediansAndWhereMostTimeIsSpent) {
  std::vector<Destination> all = {To(1, {{HandshakeOutcome::kEstablished, 1}}),
                                  To(2, {{HandshakeOutcome::kEstablished, 1'000}}),
                                  To(3, {{HandshakeOutcome::kRefused, 9}})};
  AddLatency(all[0], 1, 300ms);  // far away, but hardly ever asked
  AddLatency(all[1], 1'000, 12ms);
  Snapshot snapshot = Traced(all);
  Handshakes handshakes = *snapshot.handshakes;
  handshakes.trends[{Direction::kOutbound, kDb}] = {.now = 12ms, .before = 4ms};
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
  const AlertEvidence evidence = Gathered(AlertSignal::kHandshakeLatencyGrowth, "db", snapshot);
  EXPECT_EQ(evidence.text,
            "the median of the latest minute or two is 0.012 s, that of the hour before is 0.004 "
            "s; in the last 437 s: 192.0.2.2:443: 0 of 1000 connects failed, median 0.012 s; "
            "192.0.2.1:443: 0 of 1 connects failed, median 0.3 s");
  EXPECT_THAT(evidence.numbers,
              ElementsAre(Pair("median_now_seconds", 0.012), Pair("median_before_seconds", 0.004)));
  const std::string api = ReadSourceFile("docs/api.md");
  for (const auto& [name, value] : evidence.numbers) {
    EXPECT_THAT(api, HasSubstr("`" + name + "`"));
  }
}

}  // namespace
}  // namespace connwatch::connect_evidence_test
