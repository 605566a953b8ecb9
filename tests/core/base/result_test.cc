#include "core/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace connwatch::result_test {
namespace {

TEST(ResultTest, ContextReadsOutermostFirst) {
  const Error error = Error::FromErrno(EADDRINUSE, "bind").Within("listen on :80");
  EXPECT_EQ(error.context, "listen on :80: bind: Address already in use");
  EXPECT_EQ(error.code, EADDRINUSE);
}

TEST(ResultTest, HoldsAValueOrAnError) {
  const Result<int> good = 5;
  const Result<int> bad = Error{EIO, "no"};
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 5);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().context, "no");
  EXPECT_THROW(static_cast<void>(bad.value()), std::bad_variant_access);
}

TEST(ResultTest, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 5);
}

}  // namespace
}  // namespace connwatch::result_test
