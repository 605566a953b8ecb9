#include "core/connections/source_ports.h"

#include <gtest/gtest.h>

namespace connwatch::source_ports_test {
namespace {

class SourcePortsTest : public testing::Test {
 protected:
  static IpAddress Source(int number) {
    return IpAddress::Parse("192.0.2." + std::to_string(number)).value();
  }
  void Add(const IpAddress& address, int first, int last) {
    for (int port = first; port <= last; ++port) {
      ports_.Add({address, static_cast<std::uint16_t>(port)});
    }
  }

  SourcePorts ports_{PortsOf({40'000, 40'099}, {})};
};

TEST_F(SourcePortsTest, CountsTheDifferentPortsOfTheBusiestSource) {
  EXPECT_EQ(ports_.Busiest(), 0U);
  Add(Source(1), 40'000, 40'009);
  Add(Source(1), 40'000, 40'009);  // towards another destination
  Add(Source(2), 40'000, 40'011);
  EXPECT_EQ(ports_.Busiest(), 12U);
}

TEST_F(SourcePortsTest, OnlyPortsThatTheKernelMayChooseCount) {
  Add(Source(1), 39'990, 40'004);
  Add(Source(1), 40'099, 40'110);
  EXPECT_EQ(ports_.Busiest(), 6U);
}

TEST_F(SourcePortsTest, AWildcardListenerTakesItsPortFromEverySource) {
  Add(IpAddress::AnyIpv4(), 40'000, 40'001);
  EXPECT_EQ(ports_.Busiest(), 2U);
  Add(IpAddress::AnyIpv6(), 40'001, 40'002);
  EXPECT_EQ(ports_.Busiest(), 3U);
  Add(Source(1), 40'002, 40'005);
  EXPECT_EQ(ports_.Busiest(), 6U);
}

TEST_F(SourcePortsTest, IsBounded) {
  for (int source = 1; source <= static_cast<int>(SourcePorts::kMaxSources); ++source) {
    Add(Source(source), 40'000, 40'000);
  }
  Add(Source(200), 40'000, 40'050);
  EXPECT_EQ(ports_.Busiest(), 1U);
  for (int source = 1; source <= static_cast<int>(SourcePorts::kMaxSources); ++source) {
    Add(Source(source), 40'001, 40'000 + source);
    EXPECT_EQ(ports_.Busiest(), 1U + static_cast<std::uint64_t>(source)) << "all are found again";
  }
}

}  // namespace
}  // namespace connwatch::source_ports_test
