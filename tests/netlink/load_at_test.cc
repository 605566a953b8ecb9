#include "netlink/load_at.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace connwatch::load_at_test {
namespace {

constexpr std::array<std::byte, 5> kBytes = {std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0},
                                             std::byte{2}};

TEST(LoadAtTest, ReadsUpToTheLastByteAndNoFurther) {
  EXPECT_EQ(LoadAt<std::uint32_t>(kBytes, 0), 1U);
  EXPECT_EQ(LoadAt<std::uint8_t>(kBytes, 4), 2U);
  EXPECT_TRUE(LoadAt<std::uint32_t>(kBytes, 1));
  EXPECT_FALSE(LoadAt<std::uint32_t>(kBytes, 2));
  EXPECT_FALSE(LoadAt<std::uint8_t>(kBytes, 5));
}

TEST(LoadAtTest, AnOffsetThatWouldOverflowIsOutside) {
  EXPECT_FALSE(LoadAt<std::uint32_t>(kBytes, std::numeric_limits<std::size_t>::max()));
  EXPECT_FALSE(LoadAt<std::uint32_t>(kBytes, std::numeric_limits<std::size_t>::max() - 3));
}

}  // namespace
}  // namespace connwatch::load_at_test
