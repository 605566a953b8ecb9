#include "core/groups/connection_classifier.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/records.h"
#include "tests/support/traffic.h"

namespace connwatch::connection_classifier_test {
namespace {

using std::chrono::milliseconds;

constexpr MonotonicTime kStart{std::chrono::seconds(1'000)};
constexpr std::uint64_t kNginx = 7;

ConnectionClassifier Classifier(GroupBookOptions groups, bool exclude_loopback = false) {
  return {ClassifierOptions{std::move(groups), exclude_loopback},
          [](std::uint64_t cgroup_id) { return cgroup_id == kNginx ? "nginx.service" : ""; }};
}

GroupRule ByLocalPort(std::string name, std::uint16_t port) {
  return {std::move(name), {.local_ports = {{port, port}}}};
}

SocketRecord Between(const IpAddress& local, const IpAddress& remote) {
  SocketRecord record = Established(1);
  record.local.address = local;
  record.remote.address = remote;
  return record;
}

// A complete poll of the listeners meets listeners on these ports.
void Listen(ConnectionClassifier& classifier, const std::vector<std::uint16_t>& ports,
            MonotonicTime now = kStart) {
  for (const std::uint16_t port : ports) classifier.AddListener(Listening(1, port), now);
  classifier.CompleteListeners(now);
}

std::string_view GroupOf(ConnectionClassifier& classifier, const SocketRecord& record,
                         Direction direction = Direction::kInbound, Sighting sighting = {}) {
  return classifier.NameOf(classifier.Classify(record, direction, sighting)->key.group);
}

TEST(ConnectionClassifierTest, GuessesByListenersThenByThePortRange) {
  using Guess = DirectionGuess;
  ConnectionClassifier classifier = Classifier({});
  classifier.UseEphemeralRange({32'768, 60'999});
  const auto guess = [&](std::uint16_t local, std::uint16_t remote) {
    SocketRecord record = Established(1, local);
    record.remote.port = remote;
    return classifier.Guess(record);
  };
  EXPECT_EQ(guess(443, 50'000), (Guess{Direction::kInbound, GuessBasis::kPortRange}));
  EXPECT_EQ(guess(50'000, 443), (Guess{Direction::kOutbound, GuessBasis::kPortRange}));
  EXPECT_EQ(guess(50'000, 50'001), (Guess{Direction::kOutbound, GuessBasis::kNothing}));
  EXPECT_EQ(guess(800, 2'049), (Guess{Direction::kOutbound, GuessBasis::kNothing}));
  Listen(classifier, {50'000});
  EXPECT_EQ(guess(50'000, 443), (Guess{Direction::kInbound, GuessBasis::kListener}));
  Listen(classifier, {}, kStart + ListeningPorts::kMemory);
  EXPECT_EQ(guess(50'000, 443), (Guess{Direction::kInbound, GuessBasis::kListener}))
      << "a connection may outlive its listener";
  Listen(classifier, {}, kStart + ListeningPorts::kMemory + milliseconds(1));
  EXPECT_EQ(guess(50'000, 443), (Guess{Direction::kOutbound, GuessBasis::kPortRange}));
}

TEST(ConnectionClassifierTest, WhatTheKernelShowsBeatsEveryGuess) {
  ConnectionClassifier classifier = Classifier({});
  Listen(classifier, {443});
  const TestConnection outbound{.cookie = 1, .direction = Direction::kOutbound};
  SocketRecord record = outbound.Row();
  record.local.port = 443;
  EXPECT_EQ(classifier.DirectionOf(record), Direction::kOutbound);
  record.tcp_info.reset();
  EXPECT_EQ(classifier.DirectionOf(record), Direction::kInbound);
}

TEST(ConnectionClassifierTest, AListenerMakesAServiceOfAnEphemeralPortAfterAMinute) {
  ConnectionClassifier classifier = Classifier({});
  const SocketRecord record = Established(1, 50'051);
  Listen(classifier, {50'051});
  EXPECT_EQ(GroupOf(classifier, record), "ephemeral");
  EXPECT_FALSE(classifier.Classify(record, Direction::kInbound)->is_final);
  Listen(classifier, {50'051}, kStart + ServicePorts::kListened - milliseconds(1));
  EXPECT_EQ(GroupOf(classifier, record), "ephemeral");
  Listen(classifier, {50'051}, kStart + ServicePorts::kListened);
  EXPECT_EQ(GroupOf(classifier, record), "50051");
  EXPECT_TRUE(classifier.Classify(record, Direction::kInbound)->is_final);
  Listen(classifier, {}, kStart + ServicePorts::kListened + milliseconds(1));
  EXPECT_EQ(GroupOf(classifier, record), "50051") << "its connections outlive the listener";
  EXPECT_EQ(GroupOf(classifier, Established(2, 50'052)), "ephemeral");
}

TEST(ConnectionClassifierTest, AListenerThatComesAndGoesMakesNoService) {
  ConnectionClassifier classifier = Classifier({});
  for (MonotonicTime now = kStart; now < kStart + std::chrono::minutes(5);
       now += milliseconds(200)) {
    Listen(classifier, {50'051}, now);
    Listen(classifier, {}, now + milliseconds(100));
  }
  EXPECT_EQ(GroupOf(classifier, Established(1, 50'051)), "ephemeral");
}

TEST(ConnectionClassifierTest, ADestinationOfTenConnectionsOrInThreePollsIsAService) {
  ConnectionClassifier classifier = Classifier({});
  const auto group_of = [&](std::uint16_t remote_port, Sighting sighting) {
    SocketRecord record = Established(1, 40'000);
    record.remote.port = remote_port;
    return GroupOf(classifier, record, Direction::kOutbound, sighting);
  };
  for (unsigned i = 1; i < ServicePorts::kConnections; ++i) {
    EXPECT_EQ(group_of(50'051, {.is_new = true}), "ephemeral");
  }
  EXPECT_EQ(group_of(50'051, {}), "ephemeral");
  EXPECT_EQ(group_of(50'051, {.is_new = true}), "50051");
  for (unsigned poll = 1; poll < ServicePorts::kPolls; ++poll) {
    classifier.BeginFullPoll(kStart);
    EXPECT_EQ(group_of(50'052, {.is_polled = true}), "ephemeral");
    EXPECT_EQ(group_of(50'052, {.is_polled = true}), "ephemeral") << "twice in a poll is once";
  }
  classifier.BeginFullPoll(kStart);
  EXPECT_EQ(group_of(50'052, {.is_polled = true}), "50052");
  EXPECT_EQ(GroupOf(classifier, Established(1, 50'052)), "ephemeral") << "not inbound";
}

TEST(ConnectionClassifierTest, OutsideTheRangeEveryPortHasItsGroupAtOnce) {
  ConnectionClassifier classifier = Classifier({});
  EXPECT_EQ(GroupOf(classifier, Established(1, 8'080)), "8080");
  classifier.UseEphemeralRange({1'024, 65'535});
  EXPECT_EQ(GroupOf(classifier, Established(1, 8'081)), "ephemeral");
  EXPECT_EQ(GroupOf(classifier, Established(1, 443)), "443");
}

TEST(ConnectionClassifierTest, AGroupThatGivesUpItsPlaceMustProveItselfAgain) {
  ConnectionClassifier classifier = Classifier({.max_groups = 1});
  Listen(classifier, {50'051});
  Listen(classifier, {50'051}, kStart + ServicePorts::kListened);
  EXPECT_EQ(GroupOf(classifier, Established(1, 50'051)), "50051");
  Listen(classifier, {}, kStart + ServicePorts::kListened + GroupBook::kIdle);
  classifier.BeginFullPoll(kStart + ServicePorts::kListened + GroupBook::kIdle);
  EXPECT_EQ(GroupOf(classifier, Established(2, 80)), "other");
  EXPECT_EQ(classifier.folded_groups(), 1U);
  EXPECT_EQ(classifier.Rearrange().released.size(), 1U);
  EXPECT_EQ(GroupOf(classifier, Established(2, 80)), "80");
  EXPECT_EQ(GroupOf(classifier, Established(1, 50'051)), "ephemeral");
}

TEST(ConnectionClassifierTest, AnInboundConnectionBelongsToTheOwnerOfItsListener) {
  ConnectionClassifier classifier = Classifier({.group_by = GroupBy::kUnit});
  SocketRecord listener = Listening(1, 443);
  listener.cgroup_id = kNginx;
  classifier.AddListener(listener, kStart);
  classifier.CompleteListeners(kStart);
  const SocketRecord record = Established(2, 443);  // as destroy events tell: without a cgroup
  EXPECT_EQ(GroupOf(classifier, record), "nginx.service");
  EXPECT_EQ(GroupOf(classifier, record, Direction::kOutbound), "ephemeral");
  classifier.CompleteListeners(kStart + ListeningPorts::kMemory);
  EXPECT_EQ(GroupOf(classifier, record), "nginx.service") << "the listener was just closed";
  classifier.CompleteListeners(kStart + ListeningPorts::kMemory + milliseconds(1));
  EXPECT_EQ(GroupOf(classifier, record), "443");
}

TEST(ConnectionClassifierTest, LoopbackIsExcludedIfBothEndsAreAndItIsWanted) {
  const IpAddress loopback = Ipv4({127, 0, 0, 1});
  const IpAddress other = Ipv4({192, 0, 2, 1});
  constexpr Direction kIn = Direction::kInbound;
  ConnectionClassifier excluding = Classifier({}, true);
  EXPECT_FALSE(excluding.Classify(Between(loopback, loopback), kIn));
  EXPECT_FALSE(excluding.Classify(Between(Ipv6Loopback(), Ipv6Loopback()), kIn));
  EXPECT_TRUE(excluding.Classify(Between(loopback, other), kIn));
  EXPECT_TRUE(excluding.Classify(Between(other, loopback), kIn));
  EXPECT_TRUE(Classifier({}).Classify(Between(loopback, loopback), kIn));
}

TEST(ConnectionClassifierTest, AUnitThatIsNotKnownYetIsAskedForAgain) {
  const auto is_final = [](ConnectionClassifier classifier, std::optional<std::uint64_t> cgroup) {
    SocketRecord record = Established(1);
    record.cgroup_id = cgroup;
    return classifier.Classify(record, Direction::kInbound)->is_final;
  };
  const GroupBookOptions by_unit{.group_by = GroupBy::kUnit};
  EXPECT_TRUE(is_final(Classifier(by_unit), kNginx));
  EXPECT_FALSE(is_final(Classifier(by_unit), 8));
  EXPECT_TRUE(is_final(Classifier(by_unit), std::nullopt)) << "it has no owner";
  EXPECT_TRUE(is_final(Classifier({}), 8)) << "nobody asks for units";
  const GroupRule of_unit{"web", {.units = {{"nginx.service", false}}}};
  EXPECT_FALSE(is_final(Classifier({.rules = {of_unit}}), 8)) << "a rule does";
}

TEST(ConnectionClassifierTest, AReloadMayBeginToAskForUnits) {
  ConnectionClassifier classifier = Classifier({});
  SocketRecord record = Established(1);
  record.cgroup_id = kNginx;
  EXPECT_EQ(GroupOf(classifier, record), "443");
  ASSERT_TRUE(classifier.Reconfigure({.group_by = GroupBy::kUnit}));
  EXPECT_EQ(GroupOf(classifier, record), "nginx.service");
}

TEST(ConnectionClassifierTest, AGroupIsShownWithTheDirectionsItWasMetIn) {
  using Directions = std::array<bool, kDirectionCount>;  // inbound, outbound
  constexpr Directions kBoth = {true, true};
  ConnectionClassifier classifier =
      Classifier({.rules = {ByLocalPort("edge", 443), ByLocalPort("proxy", 80),
                            ByLocalPort("agent", 40'000), ByLocalPort("idle", 1)}});
  classifier.Classify(Established(1, 443), Direction::kInbound);
  classifier.Classify(Established(2, 40'000), Direction::kOutbound);
  classifier.Classify(Established(3, 80), Direction::kOutbound);
  classifier.Classify(Established(4, 80), Direction::kInbound);
  std::vector<std::pair<std::string, Directions>> shown;
  for (const ShownGroup& group : classifier.ShownGroups()) {
    shown.emplace_back(group.name, group.directions);
  }
  EXPECT_EQ(shown, (std::vector<std::pair<std::string, Directions>>{{"other", kBoth},
                                                                    {"edge", {true, false}},
                                                                    {"proxy", kBoth},
                                                                    {"agent", {false, true}},
                                                                    {"idle", kBoth}}));
}

TEST(ConnectionClassifierTest, OtherIsShownInBothDirections) {
  ConnectionClassifier classifier = Classifier({.max_groups = 0});
  classifier.Classify(Established(1, 443), Direction::kInbound);
  const std::vector<ShownGroup> shown = classifier.ShownGroups();
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].directions, (std::array<bool, kDirectionCount>{true, true}));
}

TEST(ConnectionClassifierTest, WithoutGroupsItStillKnowsTheDirection) {
  ConnectionClassifier classifier = Classifier({.group_by = GroupBy::kNone});
  classifier.AddListener(Listening(1, 50'000), MonotonicTime());
  const SocketRecord accepted = Established(2, 50'000);
  EXPECT_EQ(classifier.DirectionOf(accepted), Direction::kInbound);
  const auto classified = classifier.Classify(accepted, Direction::kInbound, {.is_new = true});
  ASSERT_TRUE(classified);
  EXPECT_EQ(classified->key, (GroupKey{Direction::kInbound, kOtherGroup}));
  EXPECT_TRUE(classified->is_final);
  EXPECT_EQ(classifier.folded_groups(), 0U);
}

}  // namespace
}  // namespace connwatch::connection_classifier_test
