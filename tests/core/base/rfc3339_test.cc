#include "core/base/rfc3339.h"

#include <gtest/gtest.h>

#include <chrono>

namespace connwatch::rfc3339_test {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, WritesUtcWithMilliseconds) {
  EXPECT_EQ(Rfc3339(WallTime(1'700'000'000s + 250'999us)), "2023-11-14T22:13:20.250Z");
}

TEST(Rfc3339, ReadsWhatItWritesAndOtherZones) {
  const WallTime time(1'700'000'000s + 250ms);
  EXPECT_EQ(ParseRfc3339("2023-11-14T22:13:20.250Z"), time);
  EXPECT_EQ(ParseRfc3339("2023-11-14t22:13:20.25z"), time);
  EXPECT_EQ(ParseRfc3339("2023-11-14 23:43:20.250000000001+01:30"), time);
  EXPECT_EQ(ParseRfc3339("2023-11-14T17:13:20-05:00"), WallTime(1'700'000'000s));
  EXPECT_EQ(ParseRfc3339("2024-02-29T00:00:00Z"), WallTime(1'709'164'800s));
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13Z", "2023-13-14T22:13:20Z",
        "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:60:00Z",
        "2023-11-14T22:13:61Z", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx",
        "1969-11-14T22:13:20Z", "2201-11-14T22:13:20Z", "2023-11-14T22:13:20+1:00",
        "2023-11-14T22:13:20+24:00", "+023-11-14T22:13:20Z", "1970-01-01T00:00:00+00:01",
        "2023\r11-14T22:13:20Z",
        "2023-11-14T22\x1a"
        "13:20Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace connwatch::rfc3339_test
