#include "core/groups/connection_classifier.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/records.h"

namespace connwatch {
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

TEST(ConnectionClassifierTest, APortIsListenedOnForAWhileAfterItWas) {
  ConnectionClassifier classifier = Classifier({});
  const SocketRecord record = Established(1, 443);
  EXPECT_EQ(classifier.DirectionOf(record), Direction::kOutbound);
  classifier.SetListening(443, kStart);
  EXPECT_EQ(classifier.DirectionOf(record), Direction::kInbound);
  const MonotonicTime end = kStart + ConnectionClassifier::kListenedMemory;
  classifier.SetListening(80, end - milliseconds(1));
  EXPECT_EQ(classifier.DirectionOf(record), Direction::kInbound);
  classifier.SetListening(80, end);
  EXPECT_EQ(classifier.DirectionOf(record), Direction::kOutbound);
}

TEST(ConnectionClassifierTest, LoopbackIsExcludedIfBothEndsAreAndItIsWanted) {
  const IpAddress loopback = Ipv4({127, 0, 0, 1});
  const IpAddress other = Ipv4({192, 0, 2, 1});
  ConnectionClassifier excluding = Classifier({}, true);
  EXPECT_FALSE(excluding.Classify(Between(loopback, loopback)));
  EXPECT_FALSE(excluding.Classify(Between(Ipv6Loopback(), Ipv6Loopback())));
  EXPECT_TRUE(excluding.Classify(Between(loopback, other)));
  EXPECT_TRUE(excluding.Classify(Between(other, loopback)));
  EXPECT_TRUE(Classifier({}).Classify(Between(loopback, loopback)));
}

TEST(ConnectionClassifierTest, AUnitThatIsNotKnownYetIsAskedForAgain) {
  const auto is_final = [](ConnectionClassifier classifier, std::optional<std::uint64_t> cgroup) {
    SocketRecord record = Established(1);
    record.cgroup_id = cgroup;
    return classifier.Classify(record)->is_final;
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
  EXPECT_EQ(classifier.NameOf(classifier.Classify(record)->key.group), "50000");
  ASSERT_TRUE(classifier.Reconfigure({.group_by = GroupBy::kUnit}));
  EXPECT_EQ(classifier.NameOf(classifier.Classify(record)->key.group), "nginx.service");
}

TEST(ConnectionClassifierTest, AGroupIsShownWithTheDirectionsItWasMetIn) {
  using Directions = std::array<bool, kDirectionCount>;  // inbound, outbound
  constexpr Directions kBoth = {true, true};
  ConnectionClassifier classifier =
      Classifier({.rules = {ByLocalPort("edge", 443), ByLocalPort("proxy", 80),
                            ByLocalPort("agent", 40'000), ByLocalPort("idle", 1)}});
  classifier.SetListening(443, kStart);
  classifier.Classify(Established(1, 443));
  classifier.Classify(Established(2, 40'000));
  classifier.Classify(Established(3, 80));
  classifier.SetListening(80, kStart);
  classifier.Classify(Established(4, 80));
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
  classifier.Classify(Established(1, 443));
  const std::vector<ShownGroup> shown = classifier.ShownGroups();
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].directions, (std::array<bool, kDirectionCount>{true, true}));
}

}  // namespace
}  // namespace connwatch
