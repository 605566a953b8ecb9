#include "exporters/landing_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(LandingPageTest, ShowsAgeAndReasonAndEscapesIt) {
  const std::string page = RenderLandingPage(FullSnapshot(), kTestBuild, TestInstant(25).wall);
  EXPECT_THAT(page, HasSubstr("Last successful full poll: 15 s ago."));
  EXPECT_THAT(page, HasSubstr("The latest poll failed: socket &lt;dump&gt;: lost"));
  EXPECT_THAT(page, HasSubstr("3 TCP sockets."));
  EXPECT_THAT(page, HasSubstr("6 listening addresses."));
  EXPECT_THAT(page, HasSubstr("href=\"/metrics\""));
}

TEST(LandingPageTest, NamesTheListenerInTroubleAndWhy) {
  EXPECT_THAT(RenderLandingPage(FullSnapshot(), kTestBuild, TestInstant(25).wall),
              HasSubstr("<p><strong>0.0.0.0:443: syn_flood</strong>: SYN queue 12"));
}

TEST(LandingPageTest, NamesTheAlertThatFires) {
  const std::string page = RenderLandingPage(FullSnapshot(), kTestBuild, TestInstant(25).wall);
  EXPECT_THAT(page, HasSubstr("<strong>SynRecvBacklogGrowth: 0.0.0.0:443</strong> syn_flood SYN "
                              "queue 3000 of 4096"));
  EXPECT_THAT(page, Not(HasSubstr("ConnectsPending")));
}

TEST(LandingPageTest, BeforeTheFirstPollItShowsNoCounts) {
  const std::string page = RenderLandingPage(EmptySnapshot(), kTestBuild, TestInstant(0).wall);
  EXPECT_THAT(page, HasSubstr("No successful full poll yet."));
  EXPECT_THAT(page, Not(HasSubstr("TCP sockets.")));
}

TEST(LandingPageTest, AClockSetBackIsNoNegativeAge) {
  EXPECT_THAT(RenderLandingPage(FullSnapshot(), kTestBuild, TestInstant(0).wall),
              HasSubstr("poll: 0 s ago"));
}

}  // namespace
}  // namespace connwatch
