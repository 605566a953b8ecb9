#include "core/base/port_set.h"

#include <gtest/gtest.h>

#include <array>

namespace connwatch::port_set_test {
namespace {

TEST(PortSetTest, BothEndsAreIncluded) {
  const PortSet ports = PortsOf({40'000, 40'099}, {});
  EXPECT_EQ(ports.count(), 100U);
  EXPECT_TRUE(ports.test(40'000) && ports.test(40'099));
  EXPECT_EQ(PortsOf({0, 65'535}, {}).count(), kPortCount);
}

TEST(PortSetTest, WhatIsLeftOutMayOverlapAndReachBeyond) {
  const std::array<PortRange, 4> without = {
      {{40'090, 50'000}, {40'005, 40'014}, {40'010, 40'019}, {8'080, 8'080}}};
  const PortSet ports = PortsOf({40'000, 40'099}, without);
  EXPECT_EQ(ports.count(), 100U - 10U - 15U);
  EXPECT_TRUE(ports.test(40'004) && !ports.test(40'005) && !ports.test(40'019));
  EXPECT_EQ(PortsOf({1, 65'535}, std::array<PortRange, 1>{{{0, 65'535}}}).count(), 0U);
}

}  // namespace
}  // namespace connwatch::port_set_test
