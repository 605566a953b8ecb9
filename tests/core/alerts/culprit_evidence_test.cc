// Whom an alert on ports, TIME-WAIT, CLOSE-WAIT or retransmissions names.
#include "core/alerts/culprit_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/alerts/alert_evidence.h"
#include "tests/support/records.h"

namespace connwatch::culprit_evidence_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr GroupId kWeb{.place = 2};
constexpr GroupId kDb{.place = 3};
constexpr GroupKey kWebIn{Direction::kInbound, kWeb};
constexpr GroupKey kDbOut{Direction::kOutbound, kDb};
constexpr GroupKey kPorts{Direction::kOutbound, kOtherGroup};

const IpAddress kSource = Ipv4({192, 0, 2, 1});

Endpoint Db(int host) { return {Ipv4({198, 51, 100, host}), 5432}; }
Endpoint Network(int third) { return {Ipv4({203, 0, third, 0}), 0}; }

Snapshot TestSnapshot() {
  Snapshot snapshot;
  snapshot.groups = {{kOtherGroup, "other", {true, true}},
                     {kWeb, "web", {true, false}},
                     {kDb, "db", {false, true}}};
  snapshot.sockets.emplace();
  snapshot.kernel.sockets.emplace();
  snapshot.kernel.limits.emplace();
  snapshot.kernel.limits->ephemeral_ports_available = 28'232;
  return snapshot;
}

Culprit OfUnit(GroupKey group, const std::string& unit, std::uint64_t count,
               std::uint64_t uncertain = 0) {
  static std::uint64_t cgroup_id = 0;
  return {.key = {.group = group, .cgroup_id = ++cgroup_id},
          .count = count,
          .uncertain = uncertain,
          .unit = unit};
}

AlertEvidence Gathered(AlertSignal signal, const std::string& subject, const Snapshot& snapshot) {
  const SignalReading reading{.subject = subject};
  return GatherEvidence({signal, reading, std::nullopt, nullptr, MonotonicTime()}, snapshot);
}

TEST(CulpritEvidence, OfCloseWaitNamesTheUnitThatDoesNotCloseAndItsPeers) {
  Snapshot snapshot = TestSnapshot();
  snapshot.culprits.Of(Trouble::kCloseWait) = {
      {{.key = {.group = kWebIn, .place = Network(7)}, .count = 40},
       {.key = {.group = kWebIn, .place = Network(8)}, .count = 200},
       {.key = {.group = kWebIn, .place = Network(9)}, .count = 3, .uncertain = 7},
       {.key = {.group = kDbOut, .place = Db(1)}, .count = 900}},
      {OfUnit(kWebIn, "shop.service", 150), OfUnit(kWebIn, "shop.service", 30),
       OfUnit(kWebIn, "blog.service", 60), OfUnit(kWebIn, "", 10),
       OfUnit(kDbOut, "backup.service", 900)}};
  const AlertEvidence evidence = Gathered(AlertSignal::kCloseWaitSockets, "web", snapshot);
  EXPECT_EQ(evidence.text,
            "250 sockets are in CLOSE-WAIT; 200 of them belong to connections from 203.0.8.0/24; "
            "most of them belong to shop.service");
  EXPECT_THAT(evidence.numbers, ElementsAre(Pair("sockets", 250)));
  EXPECT_THAT(evidence.top_sources,
              ElementsAre(Pair("203.0.8.0/24", 200), Pair("203.0.7.0/24", 40)));
  EXPECT_THAT(evidence.top_destinations, IsEmpty());
  EXPECT_THAT(evidence.top_units, ElementsAre(Pair("shop.service", 180), Pair("blog.service", 60)));
  EXPECT_EQ(UnitBehind(AlertSignal::kCloseWaitSockets, "web", snapshot), "shop.service");
  EXPECT_EQ(UnitBehind(AlertSignal::kCloseWaitSockets, "db", snapshot), "backup.service");
  EXPECT_EQ(UnitBehind(AlertSignal::kCloseWaitSockets, "gone", snapshot), "");
}

TEST(CulpritEvidence, WhoeverMayHaveLessThanHalfIsNotBehindIt) {
  Snapshot snapshot = TestSnapshot();
  auto& owners = snapshot.culprits.Of(Trouble::kCloseWait).owners;
  const auto behind = [&] { return UnitBehind(AlertSignal::kCloseWaitSockets, "web", snapshot); };
  EXPECT_EQ(behind(), "");
  owners = {OfUnit(kWebIn, "a.service", 50), OfUnit(kWebIn, "b.service", 50)};
  EXPECT_EQ(behind(), "");
  owners[0].count = 51;
  EXPECT_EQ(behind(), "a.service");
  owners.push_back(OfUnit(kWebIn, "", 3));
  EXPECT_EQ(behind(), "") << "somebody unknown";
  owners.back() = OfUnit(kWebIn, "a.service", 0, 3);
  EXPECT_EQ(behind(), "") << "the last ones may be of others";
}

TEST(CulpritEvidence, OfRetransmissionsNamesPeersOfBothDirections) {
  Snapshot snapshot = TestSnapshot();
  snapshot.culprits.retransmissions_span = std::chrono::seconds(70);
  snapshot.culprits.Of(Trouble::kRetransmissions) = {
      {{.key = {.group = {Direction::kOutbound, kWeb}, .place = Db(1)}, .count = 30},
       {.key = {.group = kWebIn, .place = Network(7)}, .count = 20}},
      {OfUnit({Direction::kOutbound, kWeb}, "a.service", 25), OfUnit(kWebIn, "b.service", 20),
       OfUnit(kWebIn, "", 5)}};
  const AlertEvidence evidence = Gathered(AlertSignal::kRetransmitRatio, "web", snapshot);
  EXPECT_EQ(evidence.text,
            "50 segments were sent again in the last 70 s; 30 of them belong to connections to "
            "198.51.100.1:5432; the unit with most of them is a.service");
  EXPECT_THAT(evidence.top_destinations, ElementsAre(Pair("198.51.100.1:5432", 30)));
  EXPECT_THAT(evidence.top_sources, ElementsAre(Pair("203.0.7.0/24", 20)));
  EXPECT_THAT(evidence.top_units, ElementsAre(Pair("a.service", 25), Pair("b.service", 20)));
  EXPECT_EQ(UnitBehind(AlertSignal::kRetransmitRatio, "web", snapshot), "");
}

TEST(CulpritEvidence, OfTimeWaitNamesGroupsAndWhereTheConnectionsWent) {
  Snapshot snapshot = TestSnapshot();
  snapshot.kernel.sockets->time_wait = 27'000;
  snapshot.kernel.limits->time_wait_limit = 32'768;
  for (int i = 0; i < 9; ++i) {
    snapshot.sockets->groups[i < 3 ? kWebIn : kDbOut].states.at(IndexOf(TcpState::kTimeWait)) += 1;
  }
  snapshot.culprits.Of(Trouble::kTimeWait).places = {
      {.key = {.group = kWebIn, .place = {kSource, 443}}, .count = 3},
      {.key = {.group = kDbOut, .place = Db(1)}, .count = 6}};
  AlertEvidence evidence = Gathered(AlertSignal::kTimeWaitUtilization, "host", snapshot);
  EXPECT_EQ(evidence.text,
            "the latest full poll met 9 sockets in TIME-WAIT; 6 of them belong to connections to "
            "198.51.100.1:5432");
  EXPECT_THAT(evidence.numbers,
              ElementsAre(Pair("time_wait", 27'000), Pair("time_wait_limit", 32'768)));
  EXPECT_THAT(evidence.top_groups, ElementsAre(Pair("db", 6), Pair("web", 3)));
  EXPECT_THAT(evidence.top_destinations,
              ElementsAre(Pair("198.51.100.1:5432", 6), Pair("192.0.2.1:443", 3)));
  EXPECT_THAT(evidence.top_units, IsEmpty());
  EXPECT_EQ(UnitBehind(AlertSignal::kTimeWaitUtilization, "host", snapshot), "");
  snapshot.culprits.Of(Trouble::kTimeWait).places.pop_back();
  evidence = Gathered(AlertSignal::kTimeWaitUtilization, "host", snapshot);
  EXPECT_THAT(evidence.text, testing::EndsWith("to the local service 192.0.2.1:443"));
}

TEST(CulpritEvidence, OfPortsNamesSourceDestinationAndUnits) {
  Snapshot snapshot = TestSnapshot();
  snapshot.sockets->ports_used_peak_destination = 27'000;
  const auto owner = [](int host, const std::string& unit, std::uint64_t count) {
    Culprit culprit = OfUnit(kPorts, unit, count);
    culprit.key.source = kSource;
    culprit.key.place = Db(host);
    return culprit;
  };
  snapshot.culprits.Of(Trouble::kDestinationPorts) = {
      {{.key = {.group = kPorts, .source = kSource, .place = Db(2)}, .count = 5'000},
       {.key = {.group = kPorts, .source = kSource, .place = Db(1)}, .count = 26'999}},
      {owner(1, "shop.service", 600), owner(1, "blog.service", 300), owner(1, "", 100),
       owner(2, "other.service", 5'000)}};
  snapshot.culprits.Of(Trouble::kTimeWait).places = {
      {.key = {.group = kDbOut, .place = Db(1)}, .count = 25'000},
      {.key = {.group = kDbOut, .place = Db(2)}, .count = 17}};
  const AlertEvidence evidence =
      Gathered(AlertSignal::kEphemeralPortsUtilization, "host", snapshot);
  EXPECT_EQ(evidence.text,
            "27000 of 28232 ports are in use from 192.0.2.1 to 198.51.100.1:5432; 25000 sockets "
            "there are in TIME-WAIT; most of them belong to shop.service");
  EXPECT_THAT(evidence.numbers,
              ElementsAre(Pair("ports_used", 27'000), Pair("ports_available", 28'232),
                          Pair("time_wait", 25'000)));
  EXPECT_THAT(evidence.top_destinations, ElementsAre(Pair("198.51.100.1:5432", 27'000)));
  EXPECT_THAT(evidence.top_units,
              ElementsAre(Pair("shop.service", 600), Pair("blog.service", 300)));
  EXPECT_EQ(UnitBehind(AlertSignal::kEphemeralPortsUtilization, "host", snapshot), "shop.service");
}

TEST(CulpritEvidence, OfTheSourcesPortsNamesTheAddress) {
  Snapshot snapshot = TestSnapshot();
  snapshot.sockets->ports_used_peak_source = 27'000;
  Culprit owner = OfUnit(kPorts, "proxy.service", 20'000);
  owner.key.source = kSource;
  snapshot.culprits.Of(Trouble::kSourcePorts) = {
      {{.key = {.group = kPorts, .source = kSource}, .count = 26'000}}, {owner}};
  const AlertEvidence evidence = Gathered(AlertSignal::kSourcePortsUtilization, "host", snapshot);
  EXPECT_EQ(evidence.text,
            "27000 of 28232 ports are in use from 192.0.2.1 to all destinations; most of them "
            "belong to proxy.service");
  EXPECT_THAT(evidence.top_destinations, IsEmpty());
  EXPECT_EQ(UnitBehind(AlertSignal::kSourcePortsUtilization, "host", snapshot), "proxy.service");
}

TEST(CulpritEvidence, WithoutCulpritsThereIsNone) {
  const Snapshot snapshot = TestSnapshot();
  for (const AlertSignalSpec& signal : AlertSignals()) {
    EXPECT_EQ(UnitBehind(signal.id, "host", snapshot), "") << signal.name;
    EXPECT_THAT(Gathered(signal.id, "web", snapshot).top_units, IsEmpty()) << signal.name;
  }
  EXPECT_EQ(Gathered(AlertSignal::kEphemeralPortsUtilization, "host", snapshot).text, "");
  EXPECT_EQ(Gathered(AlertSignal::kCloseWaitSockets, "web", snapshot).text, "");
  EXPECT_EQ(UnitBehind(AlertSignal::kMonitorAgeSeconds, "host", {}), "");
}

TEST(CulpritEvidence, AtMostFiveAreNamed) {
  Snapshot snapshot = TestSnapshot();
  auto& lists = snapshot.culprits.Of(Trouble::kCloseWait);
  for (int i = 1; i <= 9; ++i) {
    lists.places.push_back({.key = {.group = kDbOut, .place = Db(i)}, .count = 10});
    lists.owners.push_back(OfUnit(kDbOut, std::to_string(i) + ".service", 10));
  }
  const AlertEvidence evidence = Gathered(AlertSignal::kCloseWaitSockets, "db", snapshot);
  EXPECT_THAT(evidence.top_destinations, SizeIs(5));
  EXPECT_THAT(evidence.top_units, SizeIs(5));
}

}  // namespace
}  // namespace connwatch::culprit_evidence_test
