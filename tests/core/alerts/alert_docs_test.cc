// Holds docs/alerts.md to the signals and the default rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "core/alerts/alert_defaults.h"
#include "core/alerts/alert_template.h"
#include "tests/support/text_files.h"

namespace connwatch::alert_docs_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string Code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string Seconds(std::chrono::milliseconds duration) {
  return FormatValue(SignalUnit::kSeconds, std::chrono::duration<double>(duration).count());
}

std::string SignalLine(const AlertSignalSpec& spec) {
  return "| " + Code(spec.name) + " | " + std::string(Name(spec.subject)) + " | " +
         std::string(Name(spec.form)) + " | " + std::string(Name(spec.unit)) + " | " +
         (spec.tier ? std::string(Name(*spec.tier)) : "-") + " | " +
         (spec.form == SignalForm::kLevel ? "-" : Seconds(spec.window)) + " | " +
         std::string(spec.meaning) + " |\n";
}

std::string Condition(const AlertRule& rule) {
  const SignalUnit unit = SpecOf(rule.signal).unit;
  std::string text;
  if (rule.growth) {
    text = "grows by more than " + FormatValue(unit, rule.growth->per_second) + "/s over " +
           Seconds(rule.growth->over);
  }
  if (rule.growth && rule.threshold) text += ", and ";
  if (rule.threshold) {
    text += rule.threshold->side == ThresholdSide::kAbove ? "above " : "below ";
    text += FormatValue(unit, rule.threshold->value);
  }
  return text;
}

std::string Clear(const AlertRule& rule) {
  std::string text;
  if (rule.clear.level) {
    text = "below " + FormatValue(SpecOf(rule.signal).unit, *rule.clear.level) + " ";
  }
  return rule.clear.hold > 0s ? text + "for " + Seconds(rule.clear.hold) : "at once";
}

// Without the reason, which only the document has.
std::string RuleLine(const AlertRule& rule) {
  return "| " + Code(rule.name) + " | " + Code(Name(rule.signal)) + " | " + Condition(rule) +
         " | " + Seconds(rule.hold) + " | " + Clear(rule) + " | " +
         std::string(Name(rule.severity)) + (rule.enabled ? "" : ", off") + " | ";
}

// The lines of the table below `heading`, without its head.
std::vector<std::string> TableBelow(const std::string& text, const std::string& heading) {
  std::istringstream lines(text.substr(std::min(text.find(heading), text.size())));
  std::vector<std::string> table;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) table.push_back(line);
    if (line.starts_with("## ") && line != heading) break;
  }
  return table;
}

TEST(AlertDocs, ListEverySignal) {
  const std::vector<std::string> documented =
      TableBelow(ReadSourceFile("docs/alerts.md"), "## Signals");
  ASSERT_EQ(documented.size(), AlertSignals().size());
  for (std::size_t i = 0; i < documented.size(); ++i) {
    EXPECT_EQ(documented[i] + "\n", SignalLine(AlertSignals()[i]));
  }
}

TEST(AlertDocs, ListEveryDefaultRuleWithAReason) {
  const std::vector<AlertRule> rules = DefaultAlertRules();
  const std::vector<std::string> documented =
      TableBelow(ReadSourceFile("docs/alerts.md"), "## Default rules");
  ASSERT_EQ(documented.size(), rules.size());
  for (std::size_t i = 0; i < documented.size(); ++i) {
    const std::string line = RuleLine(rules[i]);
    EXPECT_EQ(documented[i].substr(0, line.size()), line);
    constexpr std::size_t kShortestReason = 40;
    EXPECT_GT(documented[i].size(), line.size() + kShortestReason) << rules[i].name;
  }
}

TEST(AlertDefaults, AreThoseThatWerePromised) {
  std::vector<std::string> names;
  std::vector<std::string> off;
  for (const AlertRule& rule : DefaultAlertRules()) {
    names.push_back(rule.name);
    if (!rule.enabled) off.push_back(rule.name);
  }
  EXPECT_THAT(
      names,
      testing::UnorderedElementsAre(
          "SynRecvBacklogGrowth", "SynQueueNearlyFull", "AcceptQueueNearlyFull", "ListenerDropping",
          "SynCookiesActive", "ConnectsPending", "ConnectFailures", "ConnectsRefused",
          "ConnectsTimingOut", "ConnectsUnreachable", "HandshakeLatencyDoubled",
          "SynRetransmissionsHigh", "EphemeralPortsNearlyExhausted", "SourcePortsNearlyExhausted",
          "TimeWaitNearLimit", "RetransmitRateHigh", "CloseWaitLeak", "ConnectionsStalled",
          "ReuseportImbalance", "TcpMemoryPressure", "OrphansNearLimit", "ConntrackNearlyFull",
          "ConntrackInsertFailed", "TotalsNotExact", "DestroyEventsAbsent", "DestroyEventsLost",
          "MonitorStale", "RttHigh"));
  EXPECT_THAT(off, testing::ElementsAre("RttHigh", "DestroyEventsAbsent", "DestroyEventsLost"));
}

TEST(AlertDefaults, AreRulesThatCouldBeWritten) {
  for (const AlertRule& rule : DefaultAlertRules()) {
    EXPECT_TRUE(rule.threshold || rule.growth) << rule.name;
    if (rule.clear.level) EXPECT_LE(*rule.clear.level, rule.threshold.value().value) << rule.name;
  }
}

}  // namespace
}  // namespace connwatch::alert_docs_test
