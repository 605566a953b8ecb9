#include "core/host_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/reports.h"

namespace connwatch::host_limits_test {
namespace {

using testing::ElementsAre;

std::vector<std::string_view> NamesOf(const std::vector<HostLimit>& limits) {
  std::vector<std::string_view> names;
  names.reserve(limits.size());
  for (const HostLimit& limit : limits) names.push_back(limit.name);
  return names;
}

HostLimit Find(std::string_view name, const Snapshot& snapshot, const ProcessStats& process = {}) {
  const std::vector<HostLimit> limits = HostLimitsOf(snapshot, process);
  return *std::ranges::find(limits, name, &HostLimit::name);
}

TEST(HostLimitsTest, AreInAFixedOrder) {
  EXPECT_THAT(NamesOf(HostLimitsOf(FullSnapshot(), FullReport().process)),
              ElementsAre("ephemeral_ports", "time_wait", "orphans", "tcp_memory", "conntrack",
                          "descriptors"));
}

TEST(HostLimitsTest, AHostWithoutConnectionTrackingHasNoSuchLimit) {
  EXPECT_THAT(NamesOf(HostLimitsOf(EmptySnapshot(), {})),
              ElementsAre("ephemeral_ports", "time_wait", "orphans", "tcp_memory", "descriptors"));
  for (const HostLimit& limit : HostLimitsOf(EmptySnapshot(), {})) {
    EXPECT_FALSE(limit.used || limit.limit || limit.UsedRatio()) << limit.name;
  }
}

TEST(HostLimitsTest, PortsAreThoseOfTheBusiestDestination) {
  Snapshot snapshot = FullSnapshot();
  auto& places = snapshot.culprits.Of(Trouble::kDestinationPorts).places;
  places.insert(places.begin(), {.key = {.place = {Ipv6Loopback(), 80}}, .count = 600});
  const HostLimit ports = Find("ephemeral_ports", snapshot);
  EXPECT_EQ(ports.used, 26'820U);
  EXPECT_EQ(ports.limit, 28'232U);
  EXPECT_EQ(ports.subject, "towards 192.0.2.1:443 from 192.0.2.9");
  places.clear();
  EXPECT_EQ(Find("ephemeral_ports", snapshot).subject, "") << "none needs many";
}

TEST(HostLimitsTest, MemoryIsInBytesAndUpToThePressure) {
  const HostLimit memory = Find("tcp_memory", FullSnapshot());
  EXPECT_EQ(memory.used, 44U * 4'096U);
  EXPECT_EQ(memory.limit, 381'704U * 4'096U);
  EXPECT_EQ(Name(memory.unit), "bytes");
}

TEST(HostLimitsTest, AConntrackLimitOfZeroIsNone) {
  Snapshot snapshot = FullSnapshot();
  EXPECT_EQ(Find("conntrack", snapshot).UsedRatio(), 0.25);
  snapshot.kernel.conntrack.entries_limit = 0;
  EXPECT_EQ(Find("conntrack", snapshot).used, 65'536U);
  EXPECT_FALSE(Find("conntrack", snapshot).limit);
}

TEST(HostLimitsTest, DescriptorsAreThoseOfTheDaemon) {
  const HostLimit descriptors = Find("descriptors", FullSnapshot(), FullReport().process);
  EXPECT_EQ(descriptors.used, 12U);
  EXPECT_EQ(descriptors.limit, 1'024U);
}

}  // namespace
}  // namespace connwatch::host_limits_test
