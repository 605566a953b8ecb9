#include "exporters/http/accept_encoding.h"

#include <gtest/gtest.h>

namespace connwatch::accept_encoding_test {
namespace {

TEST(AcceptEncodingTest, AdmitsGzipOnlyIfAsked) {
  for (const char* header : {"gzip", "GZIP", "x-gzip", "deflate, gzip", " gzip ;q=0.5", "*",
                             "gzip;q=1.000", "br;q=1, *;q=0.1", "gzip;foo=bar;q=0.001"}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header : {"", "identity", "deflate", "gzip;q=0", "gzip;q=0.000", "gzip; Q=0.",
                             "*;q=0", "gzip;q=0, *", "gzipped", "x, ,"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

}  // namespace
}  // namespace connwatch::accept_encoding_test
