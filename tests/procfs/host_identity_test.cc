#include "procfs/host_identity.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace connwatch::host_identity_test {
namespace {

// The zone of the process while it lives.
class ScopedZone {
 public:
  explicit ScopedZone(const char* zone) {
    const char* before = std::getenv("TZ");
    if (before != nullptr) before_ = before;
    setenv("TZ", zone, /*overwrite=*/1);
  }
  ~ScopedZone() {
    if (before_.empty()) {
      unsetenv("TZ");
    } else {
      setenv("TZ", before_.c_str(), /*overwrite=*/1);
    }
  }
  ScopedZone(const ScopedZone&) = delete;
  ScopedZone& operator=(const ScopedZone&) = delete;

 private:
  std::string before_;
};

constexpr WallTime kWinter{std::chrono::seconds(1'700'000'000)};
constexpr WallTime kSummer{std::chrono::seconds(1'690'000'000)};

TEST(HostIdentityTest, TheZoneIsThatOfTheTimeGiven) {
  const ScopedZone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(ReadHostIdentity(kWinter).time_zone, "CET");
  EXPECT_EQ(ReadHostIdentity(kWinter).utc_offset, std::chrono::hours(1));
  EXPECT_EQ(ReadHostIdentity(kSummer).time_zone, "CEST");
  EXPECT_EQ(ReadHostIdentity(kSummer).utc_offset, std::chrono::hours(2));
}

TEST(HostIdentityTest, AnOffsetMayBeNegativeAndOfHalfAnHour) {
  const ScopedZone zone("NST3:30");
  EXPECT_EQ(ReadHostIdentity(kWinter).utc_offset, -std::chrono::minutes(210));
}

TEST(HostIdentityTest, EveryHostHasAName) {
  EXPECT_FALSE(HostName().empty());
  EXPECT_EQ(ReadHostIdentity(kWinter).name, HostName());
}

}  // namespace
}  // namespace connwatch::host_identity_test
