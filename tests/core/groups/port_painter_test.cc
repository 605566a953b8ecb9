#include "core/groups/port_painter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

namespace connwatch::port_painter_test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(PortPainterTest, HasNoTableBeforeTheFirstPort) {
  EXPECT_THAT(PortPainter().Take(), IsEmpty());
}

TEST(PortPainterTest, KeepsTheFirstRuleOfAPort) {
  PortPainter painter;
  painter.Paint({10, 20}, 0);
  painter.Paint({15, 25}, 1);
  painter.Paint({5, 30}, 2);
  const PortTable table = std::move(painter).Take();
  ASSERT_THAT(table, SizeIs(kPortCount));
  EXPECT_EQ(table[4], kNoRule);
  EXPECT_EQ(table[5], 2);
  EXPECT_EQ(table[10], 0);
  EXPECT_EQ(table[20], 0);
  EXPECT_EQ(table[21], 1);
  EXPECT_EQ(table[26], 2);
  EXPECT_EQ(table[31], kNoRule);
}

TEST(PortPainterTest, PaintsBothEndsOfThePorts) {
  PortPainter painter;
  painter.Paint({0, 0}, 3);
  painter.Paint({65'535, 65'535}, 4);
  painter.Paint({0, 65'535}, 5);
  painter.Paint({0, 65'535}, 6);
  const PortTable table = std::move(painter).Take();
  EXPECT_EQ(table.front(), 3);
  EXPECT_EQ(table.back(), 4);
  EXPECT_EQ(std::count(table.begin(), table.end(), 5), 65'534);
}

TEST(PortPainterTest, AgreesWithPaintingPortByPort) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> ports(0, 65'535);
  PortPainter painter;
  PortTable expected(kPortCount, kNoRule);
  for (RuleIndex rule = 0; rule < 500; ++rule) {
    const auto [first, last] = std::minmax({ports(random), ports(random) / 100});
    const PortRange range{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
    painter.Paint(range, rule);
    for (int port = first; port <= last; ++port) {
      auto& painted = expected[static_cast<std::size_t>(port)];
      painted = std::min(painted, rule);
    }
  }
  EXPECT_EQ(std::move(painter).Take(), expected);
}

}  // namespace
}  // namespace connwatch::port_painter_test
