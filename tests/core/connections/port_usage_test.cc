#include "core/connections/port_usage.h"

#include <gtest/gtest.h>

#include "tests/support/records.h"

namespace connwatch::port_usage_test {
namespace {

TEST(PortUsageTest, NothingInUse) { EXPECT_EQ(PortUsage().busiest(), 0U); }

TEST(PortUsageTest, SourceDestinationAndPortAreToldApart) {
  PortUsage usage;
  const IpAddress one = Ipv4({192, 0, 2, 1});
  const IpAddress two = Ipv4({192, 0, 2, 2});
  for (const IpAddress& source : {one, two}) {
    for (const IpAddress& destination : {one, two, Ipv6Loopback()}) {
      usage.Add(source, {destination, 443});
      usage.Add(source, {destination, 444});
    }
  }
  EXPECT_EQ(usage.busiest(), 1U);
  usage.Add(one, {two, 443});
  EXPECT_EQ(usage.busiest(), 2U);
}

// A host with as many destinations as it has sockets must not look short of ports.
TEST(PortUsageTest, ManyDestinationsHardlyBlurTheBusiest) {
  PortUsage usage;
  const IpAddress source = Ipv4({192, 0, 2, 1});
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    const auto byte = [i](unsigned shift) { return static_cast<int>(i >> shift & 0xffU); };
    usage.Add(source, {Ipv4({10, byte(16), byte(8), byte(0)}), 443});
    if (i % 40 == 0) usage.Add(source, {Ipv4({198, 51, 100, 7}), 443});
  }
  EXPECT_GE(usage.busiest(), 25'000U);
  EXPECT_LE(usage.busiest(), 25'000U + 60U);
}

}  // namespace
}  // namespace connwatch::port_usage_test
