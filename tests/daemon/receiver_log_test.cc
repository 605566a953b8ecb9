#include "daemon/receiver_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/snapshot_parts.h"

namespace connwatch::receiver_log_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct ReceiverLogTest : testing::Test {
  std::vector<std::string> Observe(int second = 0) {
    std::vector<std::string> texts;
    for (const ReceiverLog::Line& line : log.Observe({stats}, TestInstant(second))) {
      texts.push_back(line.text);
      levels.push_back(line.level);
    }
    return texts;
  }
  void SetLeftOut(std::map<std::string, std::uint64_t> by_rule) {
    stats.left_out = 0;
    for (const auto& [rule, count] : by_rule) stats.left_out += count;
    stats.left_out_by_rule = std::move(by_rule);
  }

  NotificationStats stats{.receiver = "a:1", .failure = std::nullopt};
  ReceiverLog log;
  std::vector<LogLevel> levels;
};

TEST_F(ReceiverLogTest, SaysNothingWhileAllIsWell) {
  EXPECT_THAT(Observe(), IsEmpty());
  stats.clock_ahead = 0ns;
  EXPECT_THAT(Observe(), IsEmpty());
}

TEST_F(ReceiverLogTest, ALineForEachKindOfFailureAndOneForTheRecovery) {
  stats.failure = Error{7, "refused"};
  EXPECT_THAT(Observe(),
              ElementsAre("alertmanager a:1 does not take alerts: refused; trying again"));
  EXPECT_THAT(Observe(), IsEmpty());
  stats.failure = Error{500, "answered with status 500"};
  EXPECT_THAT(Observe(), ElementsAre("alertmanager a:1 does not take alerts: answered with status "
                                     "500; trying again"));
  stats.failure.reset();
  EXPECT_THAT(Observe(), ElementsAre("alertmanager a:1 takes alerts again"));
  EXPECT_THAT(Observe(), IsEmpty());
  EXPECT_THAT(levels, ElementsAre(LogLevel::kError, LogLevel::kError, LogLevel::kInfo));
}

TEST_F(ReceiverLogTest, AReceiverThatIsRemovedIsForgotten) {
  stats.failure = Error{7, "refused"};
  Observe();
  EXPECT_THAT(log.Observe({}, TestInstant(1)), IsEmpty());
  EXPECT_THAT(Observe(), testing::SizeIs(1));
}

TEST_F(ReceiverLogTest, NamesTheRulesWhoseAlertsAreLeftOut) {
  SetLeftOut({{"A", 1}, {"B", 500}, {"C", 20}});
  EXPECT_THAT(Observe(), ElementsAre("alertmanager a:1 is not told of 521 alerts, because too many "
                                     "fire: B (500), C (20), A (1); the more severe ones and the "
                                     "older ones are told"));
  SetLeftOut({{"A", 1}, {"B", 2}, {"C", 3}, {"D", 4}, {"E", 5}, {"F", 6}, {"G", 7}});
  EXPECT_THAT(Observe(), IsEmpty()) << "more of the same";
  EXPECT_THAT(levels, ElementsAre(LogLevel::kError));
  log = {};
  EXPECT_THAT(Observe().front(), testing::HasSubstr("G (7), F (6), E (5), D (4), C (3) and 2 more "
                                                    "rules; "));
}

TEST_F(ReceiverLogTest, AllAreToldAgainOnceNoneWasLeftOutForAMinute) {
  SetLeftOut({{"A", 1}});
  Observe(0);
  SetLeftOut({});
  EXPECT_THAT(Observe(30), IsEmpty());
  SetLeftOut({{"A", 1}});
  EXPECT_THAT(Observe(40), IsEmpty());
  SetLeftOut({});
  EXPECT_THAT(Observe(99), IsEmpty());
  EXPECT_THAT(Observe(100), ElementsAre("alertmanager a:1 is told of all alerts again"));
  EXPECT_THAT(Observe(300), IsEmpty());
}

TEST_F(ReceiverLogTest, SaysWhoseClockDiffersAndByHowMuch) {
  stats.clock_ahead = 30s;
  EXPECT_THAT(Observe(), IsEmpty());
  stats.clock_ahead = 300'400ms;
  EXPECT_THAT(
      Observe(),
      ElementsAre("the clock of alertmanager a:1 is 300 s ahead of this host's; one of them "
                  "is wrong; alerts are sent in the receiver's time"));
  stats.clock_ahead = 25s;
  EXPECT_THAT(Observe(), IsEmpty());
  stats.clock_ahead = -19s;
  EXPECT_THAT(Observe(),
              ElementsAre("the clock of alertmanager a:1 agrees with this host's again"));
  stats.clock_ahead = -31s;
  EXPECT_THAT(Observe(),
              ElementsAre("the clock of alertmanager a:1 is 31 s behind this host's; one "
                          "of them is wrong; alerts are sent in the receiver's time"));
  EXPECT_THAT(levels, ElementsAre(LogLevel::kWarning, LogLevel::kInfo, LogLevel::kWarning));
}

}  // namespace
}  // namespace connwatch::receiver_log_test
