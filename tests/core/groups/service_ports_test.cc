#include "core/groups/service_ports.h"

#include <gtest/gtest.h>

namespace connwatch::service_ports_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr MonotonicTime kStart{std::chrono::hours(100)};
constexpr Direction kIn = Direction::kInbound;
constexpr Direction kOut = Direction::kOutbound;

TEST(ServicePortsTest, ThePortsOutsideTheRangeAreThoseOfServices) {
  ServicePorts ports;
  for (const Direction direction : kDirections) {
    EXPECT_TRUE(ports.IsService(direction, 443));
    EXPECT_TRUE(ports.IsService(direction, 61'000));
    EXPECT_FALSE(ports.IsService(direction, 32'768)) << "the kernel's default";
  }
  ports.UseEphemeralRange({1'024, 2'000});
  EXPECT_FALSE(ports.IsService(kIn, 2'000));
  EXPECT_TRUE(ports.IsService(kIn, 2'001));
}

TEST(ServicePortsTest, AListenerProvesAServiceForInboundConnectionsAfterAMinute) {
  ServicePorts ports;
  ports.SeeListener(50'051, kStart, kStart + seconds(59));
  EXPECT_FALSE(ports.IsService(kIn, 50'051));
  ports.SeeListener(50'051, kStart, kStart + seconds(60));
  EXPECT_TRUE(ports.IsService(kIn, 50'051));
  EXPECT_FALSE(ports.IsService(kOut, 50'051));
  ports.Forget(50'051);
  EXPECT_FALSE(ports.IsService(kIn, 50'051));
}

TEST(ServicePortsTest, TenConnectionsProveAServiceForOutboundOnes) {
  ServicePorts ports;
  for (unsigned i = 1; i < ServicePorts::kConnections; ++i) ports.CountConnection(50'051, kStart);
  EXPECT_FALSE(ports.IsService(kOut, 50'051));
  ports.CountConnection(50'052, kStart);
  EXPECT_FALSE(ports.IsService(kOut, 50'051)) << "another port";
  ports.CountConnection(50'051, kStart);
  EXPECT_TRUE(ports.IsService(kOut, 50'051));
  EXPECT_FALSE(ports.IsService(kIn, 50'051));
}

TEST(ServicePortsTest, ThreePollsProveAServiceForOutboundConnections) {
  ServicePorts ports;
  for (const std::uint64_t poll : {1U, 1U, 1U, 2U, 2U}) ports.CountPoll(50'051, poll, kStart);
  EXPECT_FALSE(ports.IsService(kOut, 50'051));
  ports.CountPoll(50'051, 3, kStart);
  EXPECT_TRUE(ports.IsService(kOut, 50'051));
}

TEST(ServicePortsTest, ConnectionsOfMoreThanAnHourAgoProveNothing) {
  ServicePorts ports;
  for (unsigned i = 1; i < ServicePorts::kConnections; ++i) ports.CountConnection(50'051, kStart);
  const MonotonicTime later = kStart + ServicePorts::kMemory + seconds(1);
  ports.CountConnection(50'051, later);
  EXPECT_FALSE(ports.IsService(kOut, 50'051));
  for (unsigned i = 1; i < ServicePorts::kConnections; ++i) {
    ports.CountConnection(50'051, later + minutes(5));
  }
  EXPECT_TRUE(ports.IsService(kOut, 50'051));
}

}  // namespace
}  // namespace connwatch::service_ports_test
