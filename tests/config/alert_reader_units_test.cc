// Thresholds with and without their unit, and keys of a rule with nothing below them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "config/config_loader.h"
#include "core/alerts/alert_defaults.h"
#include "tests/config/mistakes.h"

namespace connwatch::alert_reader_units_test {
namespace {

using testing::ElementsAre;

TEST(AlertReaderUnits, SecondsAndBytesNeedTheirsWhereverTheyStand) {
  const auto expect = [](std::string_view text, const std::string& mistake) {
    EXPECT_THAT(Mistakes(text), ElementsAre(mistake)) << text;
  };
  const std::string seconds =
      "\"100\" is not a whole number and a unit (us, ms, s, m, h), did you mean 100ms or 100s? "
      "must "
      "be from 0s to 24h";
  expect("alerts: [{name: RttHigh, above: 100}]", "f:1:33: alerts[0].above: " + seconds);
  expect("alerts: [{name: RttHigh, clear: {below: 100}}]",
         "f:1:41: alerts[0].clear.below: " + seconds);
  expect("alerts: [{name: RttHigh, growth: {per_second: 100, over: 1m}}]",
         "f:1:47: alerts[0].growth.per_second: " + seconds);
  expect("alerts: [{name: A, signal: monitor_age_seconds, below: 100}]",
         "f:1:56: alerts[0].below: " + seconds);
  const std::string bytes =
      "\"100\" is not a whole number and a unit (B, KiB, MiB, GiB), did you mean 100B or 100KiB? "
      "must be from 0B to 900000GiB";
  expect("alerts: [{name: A, signal: send_queue_bytes, above: 100}]",
         "f:1:53: alerts[0].above: " + bytes);
  expect("alerts: [{name: A, signal: send_queue_bytes, above: 1MiB, clear: {below: 100}}]",
         "f:1:74: alerts[0].clear.below: " + bytes);
  expect("alerts: [{name: A, signal: receive_queue_bytes, growth: {per_second: 100, over: 5s}}]",
         "f:1:70: alerts[0].growth.per_second: " + bytes);
}

TEST(AlertReaderUnits, AMessageTellsALimitAsItIsWritten) {
  const std::string wrong_side = "is on the side where the alert fires, must be at most ";
  EXPECT_THAT(Mistakes("alerts: [{name: RttHigh, clear: {below: 300ms}}]"),
              ElementsAre("f:1:41: alerts[0].clear.below: " + wrong_side + "250ms"));
  EXPECT_THAT(
      Mistakes("alerts: [{name: A, signal: send_queue_bytes, above: 1MiB, clear: {below: 2MiB}}]"),
      ElementsAre("f:1:74: alerts[0].clear.below: " + wrong_side + "1MiB"));
}

TEST(AlertReaderUnits, KeysWithNothingBelowThemAreNotGiven) {
  for (const std::string text :
       {"alerts:\n#  - {name: MonitorStale, enabled: false}\n",
        "alerts:\n  - name: SynRecvBacklogGrowth\n    growth:\n#      per_second: 1\n",
        "alerts:\n  - name: SynRecvBacklogGrowth\n    clear:\n#      below: 1\n",
        "alerts:\n  - name: SynRecvBacklogGrowth\n    labels:\n#      team: a\n",
        "alerts:\n  - name: SynRecvBacklogGrowth\n    annotations:\n#      summary: a\n"}) {
    const ConfigResult result = ParseConfig(text, "f");
    ASSERT_THAT(Lines(result), ElementsAre()) << text;
    EXPECT_EQ(std::get<Config>(result).alerts, DefaultAlertRules()) << text;
  }
}

}  // namespace
}  // namespace connwatch::alert_reader_units_test
