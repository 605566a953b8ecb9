#include "exporters/http/gzip.h"

#include <gtest/gtest.h>

#include "tests/support/gunzip.h"

namespace connwatch::gzip_test {
namespace {

TEST(GzipTest, GivesTheSameTextBack) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(100'000, 'x'), std::string("a\0b", 3)}) {
    EXPECT_EQ(Gunzip(Gzip(text)), text);
  }
}

TEST(GzipTest, BeginsWithTheGzipHeader) {
  // RFC 1952 section 2.3.1.
  EXPECT_EQ(Gzip("x").substr(0, 3), "\x1f\x8b\x08");
}

}  // namespace
}  // namespace connwatch::gzip_test
