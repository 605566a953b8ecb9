#include "core/connections/totals_audit.h"

#include <gtest/gtest.h>

#include "tests/support/tracked_traffic.h"

namespace connwatch::totals_audit_test {
namespace {

using namespace std::chrono_literals;

class TotalsAuditTest : public testing::Test {
 protected:
  TotalsGaps After(int second) { return audit_.Observe(events_, tracker_, At(second)); }

  TotalsAudit audit_;
  DestroyEventStats events_{.is_wanted = true, .is_active = true};
  TrackerStats tracker_;
};

TEST_F(TotalsAuditTest, WithoutAGapTheyAreExact) {
  EXPECT_TRUE(After(0).AreExact());
  events_.events = 1'000;
  tracker_.tracked = 50;
  EXPECT_TRUE(After(1).AreExact());
  EXPECT_EQ(Explain(After(2)), "");
}

TEST_F(TotalsAuditTest, EventsThatAreSwitchedOffAreAGapAsLongAsTheyAre) {
  events_ = {};
  EXPECT_EQ(After(0), TotalsGaps{.is_off = true});
  EXPECT_EQ(Explain(After(500)), "destroy_events is off in the configuration");
  events_.is_wanted = true;
  EXPECT_TRUE(After(501).AreExact());
}

TEST_F(TotalsAuditTest, AnAbsenceIsAGapUntilAMinuteAfterItsEnd) {
  events_.absent = 1s;
  EXPECT_EQ(After(0), TotalsGaps{.is_absent = true}) << "it may have begun before the first look";
  events_.absent = 31s;
  EXPECT_FALSE(After(30).AreExact());
  EXPECT_FALSE(After(89).AreExact());
  EXPECT_TRUE(After(90).AreExact());
}

TEST_F(TotalsAuditTest, LostEventsAreAGapForAMinute) {
  events_.overruns = 2;
  EXPECT_EQ(After(0), TotalsGaps{.is_lost = true});
  EXPECT_FALSE(After(59).AreExact());
  EXPECT_TRUE(After(60).AreExact());
  ++events_.overruns;
  EXPECT_FALSE(After(200).AreExact());
}

TEST_F(TotalsAuditTest, ConnectionsWithoutRoomAreAGap) {
  tracker_.left_out = 3;
  EXPECT_EQ(After(0), TotalsGaps{.left_out = 3});
  tracker_.left_out = 0;
  EXPECT_TRUE(After(1).AreExact());
}

TEST_F(TotalsAuditTest, EveryReasonIsNamed) {
  events_ = {.overruns = 1, .absent = 1s};
  tracker_.left_out = 7;
  EXPECT_EQ(
      Explain(After(0)),
      "destroy_events is off in the configuration; "
      "connwatch was not told which connections ended for a part of the last minute (its log "
      "says why); "
      "ends of connections were lost within the last minute, because destroy_event_buffer was "
      "full; "
      "7 connections are not followed, because max_tracked_connections is too low");
}

}  // namespace
}  // namespace connwatch::totals_audit_test
