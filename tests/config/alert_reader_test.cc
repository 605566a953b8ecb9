// The rules of alerts as a whole file shows them; their words are in alert_parser_test.cc.
#include "config/alert_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "core/alerts/alert_defaults.h"
#include "tests/config/mistakes.h"

namespace connwatch::alert_reader_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// All rules that are in force with `text`; none where it has mistakes.
std::vector<AlertRule> Rules(std::string_view text) {
  const ConfigResult result = ParseConfig(text, "f");
  EXPECT_THAT(Lines(result), IsEmpty()) << text;
  const auto* config = std::get_if<Config>(&result);
  return config != nullptr ? config->alerts : std::vector<AlertRule>{};
}

AlertRule Find(const std::vector<AlertRule>& rules, std::string_view name) {
  const auto found = std::ranges::find(rules, name, &AlertRule::name);
  if (found != rules.end()) return *found;
  ADD_FAILURE() << "no rule " << name;
  return {};
}

AlertRule Rule(std::string_view text, std::string_view name) { return Find(Rules(text), name); }

AlertRule Default(std::string_view name) { return Find(DefaultAlertRules(), name); }

AlertThreshold Above(double value) { return {ThresholdSide::kAbove, value}; }

TEST(AlertReader, ReadsEveryKey) {
  const AlertRule expected{.name = "ApiQueue",
                           .signal = AlertSignal::kListenerAcceptQueueUtilization,
                           .threshold = Above(0.5),
                           .growth = AlertGrowth{.per_second = 0.01, .over = 30s},
                           .hold = 30s,
                           .clear = {.level = 0.25, .hold = 1min},
                           .severity = AlertSeverity::kCritical,
                           .labels = {{"team", "api"}, {"tier", "1"}},
                           .annotations = {{"summary", "{{subject}} is {{value}} full"}},
                           .match = {{"0.0.0.0:8443", false}, {"[::]:", true}},
                           .enabled = false};
  EXPECT_EQ(Rule("alerts:\n"
                 "  - name: ApiQueue\n"
                 "    signal: listener_accept_queue_utilization\n"
                 "    above: 50%\n"
                 "    growth: {per_second: 1%, over: 30s}\n"
                 "    for: 30s\n"
                 "    clear: {below: 25%, for: 1m}\n"
                 "    severity: critical\n"
                 "    labels: {team: api, tier: 1}\n"
                 "    annotations: {summary: \"{{subject}} is {{value}} full\"}\n"
                 "    match: [\"0.0.0.0:8443\", \"[::]:*\"]\n"
                 "    enabled: false\n",
                 "ApiQueue"),
            expected);
}

TEST(AlertReader, WhatIsNotGivenHasADefault) {
  const AlertRule expected{
      .name = "A", .signal = AlertSignal::kAttemptFails, .threshold = Above(1)};
  EXPECT_EQ(Rule("alerts: [{name: A, signal: attempt_fails, above: 1}]", "A"), expected);
}

TEST(AlertReader, NumbersAreInTheUnitOfTheSignal) {
  const auto threshold = [](const std::string& signal, const std::string& above) {
    return Rule("alerts: [{above: " + above + ", name: A, signal: " + signal + "}]", "A")
        .threshold->value;
  };
  EXPECT_EQ(threshold("rtt_seconds", "250ms"), 0.25);
  EXPECT_EQ(threshold("send_queue_bytes", "64KiB"), 65'536);
  EXPECT_EQ(threshold("retransmit_ratio", "\"5%\""), 0.05);
  EXPECT_EQ(threshold("close_wait_sockets", "1.5"), 1.5);
}

TEST(AlertReader, ARuleCanBeBelowItsThreshold) {
  const AlertRule rule =
      Rule("alerts: [{name: A, signal: attempt_fails, below: 1, clear: {above: 2}}]", "A");
  EXPECT_EQ(rule.threshold, (AlertThreshold{ThresholdSide::kBelow, 1}));
  EXPECT_EQ(rule.clear, (AlertClear{.level = 2}));
}

TEST(AlertReader, TheDefaultsAreThereAndKeepTheirPlaces) {
  EXPECT_EQ(Rules("alerts: []"), DefaultAlertRules());
  const std::vector<AlertRule> rules = Rules(
      "alerts: [{name: A, signal: attempt_fails, above: 1}, {name: MonitorStale, above: 1m}]");
  std::vector<AlertRule> expected = DefaultAlertRules();
  std::ranges::find(expected, "MonitorStale", &AlertRule::name)->threshold = Above(60);
  expected.push_back(Rule("alerts: [{name: A, signal: attempt_fails, above: 1}]", "A"));
  EXPECT_EQ(rules, expected);
}

TEST(AlertReader, ADefaultRuleIsChangedKeyByKey) {
  const std::string name = "SynRecvBacklogGrowth";
  const auto changed = [&name](const std::string& keys) {
    return Rule("alerts: [{name: " + name + ", " + keys + "}]", name);
  };
  AlertRule rule = Default(name);
  EXPECT_EQ(changed("above: 64"), rule);
  rule.threshold = Above(256);
  EXPECT_EQ(changed("above: 256"), rule);
  rule = Default(name);
  rule.growth->over = 30s;
  EXPECT_EQ(changed("growth: {over: 30s}"), rule);
  rule = Default(name);
  rule.hold = 0s;
  EXPECT_EQ(changed("for: 0s"), rule);
  rule = Default(name);
  rule.clear.hold = 5s;
  EXPECT_EQ(changed("clear: {for: 5s}"), rule);
  rule = Default(name);
  rule.clear.level = 10;
  EXPECT_EQ(changed("clear: {below: 10}"), rule);
  rule = Default(name);
  rule.severity = AlertSeverity::kInfo;
  EXPECT_EQ(changed("severity: info"), rule);
  rule = Default(name);
  rule.labels = {{"team", "network"}};
  EXPECT_EQ(changed("labels: {team: network}"), rule);
  rule = Default(name);
  rule.annotations = {{"runbook", "x"}};
  EXPECT_EQ(changed("annotations: {runbook: x}"), rule);
  rule = Default(name);
  rule.match = {{"0.0.0.0:443", false}};
  EXPECT_EQ(changed("match: \"0.0.0.0:443\""), rule);
  rule = Default(name);
  rule.enabled = false;
  EXPECT_EQ(changed("enabled: false"), rule);
  rule = Default(name);
  EXPECT_EQ(changed("signal: listener_syn_queue"), rule);
}

TEST(AlertReader, ADefaultRuleCanBeSwitchedOn) {
  EXPECT_TRUE(Rule("alerts: [{name: RttHigh, enabled: true}]", "RttHigh").enabled);
}

TEST(AlertReader, AThresholdBelowTheClearLevelOfTheDefaultTakesItAlong) {
  const AlertRule rule = Rule("alerts: [{name: ConnectsPending, above: 3}]", "ConnectsPending");
  EXPECT_EQ(rule.clear.level, 3);
  EXPECT_EQ(rule.clear.hold, 180s);
}

TEST(AlertReader, TheOtherSideHasNoUseForTheClearLevelOfTheDefault) {
  const AlertRule rule = Rule("alerts: [{name: ConnectsPending, below: 3}]", "ConnectsPending");
  EXPECT_EQ(rule.threshold, (AlertThreshold{ThresholdSide::kBelow, 3}));
  EXPECT_EQ(rule.clear.level, std::nullopt);
}

TEST(AlertReader, ADefaultRuleWithAnotherSignalNeedsItsOwnNumbers) {
  EXPECT_THAT(
      Mistakes("alerts: [{name: SynRecvBacklogGrowth, signal: listener_drops}]"),
      ElementsAre("f:1:10: alerts[0]: has no condition, must have one of the keys above, below, "
                  "growth"));
  const AlertRule rule =
      Rule("alerts: [{name: SynRecvBacklogGrowth, signal: send_queue_bytes, above: 64KiB}]",
           "SynRecvBacklogGrowth");
  EXPECT_EQ(rule.threshold, Above(65'536));
  EXPECT_EQ(rule.growth, std::nullopt);
  EXPECT_EQ(rule.clear.level, std::nullopt);
  EXPECT_EQ(rule.hold, 10s);
  EXPECT_EQ(rule.severity, AlertSeverity::kCritical);
}

TEST(AlertReader, ClearMayStandAtTheThreshold) {
  EXPECT_EQ(Rule("alerts: [{name: A, signal: attempt_fails, above: 2, clear: {below: 2}}]", "A")
                .clear.level,
            2);
}

TEST(AlertReader, GrowthAloneIsACondition) {
  const AlertRule rule = Rule(
      "alerts: [{name: A, signal: send_queue_bytes, growth: {per_second: 1MiB, over: 5s}, clear: "
      "{below: 1KiB}}]",
      "A");
  EXPECT_EQ(rule.growth, (AlertGrowth{.per_second = 1'048'576, .over = 5s}));
  EXPECT_EQ(rule.threshold, std::nullopt);
  EXPECT_EQ(rule.clear.level, 1'024);
}

struct BadInput {
  std::string_view text;
  std::string_view line;
};

constexpr std::string_view kRuleKeys =
    "name, signal, above, below, growth, for, clear, severity, labels, annotations, match, enabled";
// A rule that is good, to be followed by more keys.
constexpr std::string_view kGood = "name: A, signal: attempt_fails, above: 1";

std::string Replaced(std::string text, std::string_view word, std::string_view by) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? text : text.replace(at, word.size(), by);
}

void ExpectMistakes(const std::vector<BadInput>& inputs) {
  for (const BadInput& input : inputs) {
    const std::string text = Replaced(std::string(input.text), "GOOD", kGood);
    EXPECT_THAT(Mistakes(text), ElementsAre(Replaced(std::string(input.line), "KEYS", kRuleKeys)))
        << text;
  }
}

TEST(AlertReader, NamesWrongTypes) {
  ExpectMistakes({
      {"alerts: {}", "f:1:9: alerts: is a mapping, must be a list with from 0 to 200 values"},
      {"alerts: on",
       "f:1:9: alerts: \"on\" is a single value, must be a list with from 0 to 200 values"},
      {"alerts: [A]",
       "f:1:10: alerts[0]: \"A\" is a single value, must be a mapping with keys: KEYS"},
      {"alerts: [[]]", "f:1:10: alerts[0]: is a list, must be a mapping with keys: KEYS"},
      {"alerts: [{GOOD, labels: [team, api]}]",
       "f:1:61: alerts[0].labels: is a list, must be a mapping such as {team: network}"},
      {"alerts: [{GOOD, labels: api}]",
       "f:1:61: alerts[0].labels: \"api\" is a single value, must be a mapping such as {team: "
       "network}"},
      {"alerts: [{GOOD, labels: {team: [api]}}]",
       "f:1:68: alerts[0].labels.team: is a list, must be a text"},
      {"alerts: [{GOOD, annotations: text}]",
       "f:1:66: alerts[0].annotations: \"text\" is a single value, must be a mapping such as "
       "{summary: text}"},
      {"alerts: [{GOOD, clear: 5}]",
       "f:1:60: alerts[0].clear: \"5\" is a single value, must be a mapping with keys: above, "
       "below, for"},
      {"alerts: [{name: A, signal: attempt_fails, growth: 5}]",
       "f:1:51: alerts[0].growth: \"5\" is a single value, must be a mapping with keys: "
       "per_second, over"},
      {"alerts: [{name: A, signal: attempt_fails, above: [1]}]",
       "f:1:50: alerts[0].above: is a list, must be a number such as 64 or 0.5"},
      {"alerts: [{name: A, signal: rtt_seconds, above: {}}]",
       "f:1:48: alerts[0].above: is a mapping, must be a duration such as 250ms"},
      {"alerts: [{name: [A], signal: attempt_fails, above: 1}]",
       "f:1:17: alerts[0].name: is a list, must be a name"},
      {"alerts: [{name: A, signal: {}, above: 1}]",
       "f:1:28: alerts[0].signal: is a mapping, must be the name of a signal"},
      {"alerts: [{GOOD, match: {}}]",
       "f:1:60: alerts[0].match: is a mapping, must be a subject such as \"0.0.0.0:443\" or "
       "\"db*\""},
      {"alerts: [{GOOD, enabled: 1}]",
       "f:1:62: alerts[0].enabled: unknown word \"1\", must be one of: false, true"},
  });
}

TEST(AlertReader, NamesValuesThatAreMissing) {
  ExpectMistakes({
      {"alerts: [{name: A, signal: attempt_fails, above: }]",
       "f:1:43: alerts[0].above: has no value, must be a number such as 64 or 0.5"},
      {"alerts: [{name: , signal: attempt_fails, above: 1}]",
       "f:1:11: alerts[0].name: has no value, must be a name"},
      {"alerts: [{name: A, signal: , above: 80%}]",
       "f:1:20: alerts[0].signal: has no value, must be the name of a signal"},
      {"alerts: [{GOOD, for: }]",
       "f:1:53: alerts[0].for: has no value, must be a duration from 0s to 24h"},
      {"alerts: [{GOOD, clear: {below: }}]",
       "f:1:61: alerts[0].clear.below: has no value, must be a number such as 64 or 0.5"},
      {"alerts: [{name: A, signal: attempt_fails, growth: }]",
       "f:1:43: alerts[0].growth: has no per_second, must have the keys per_second and over"},
      {"alerts: [{GOOD, severity: }]",
       "f:1:53: alerts[0].severity: has no value, must be one of: info, warning, critical"},
      {"alerts: [{GOOD, labels: {team: }}]",
       "f:1:62: alerts[0].labels.team: has no value, must be a text"},
      {"alerts: [{GOOD, match: }]",
       "f:1:53: alerts[0].match: has no value, must be a subject such as \"0.0.0.0:443\" or "
       "\"db*\""},
      {"alerts: [{GOOD, match: [~]}]",
       "f:1:60: alerts[0].match[0]: has no value, must be a subject such as \"0.0.0.0:443\" or "
       "\"db*\""},
      {"alerts: [{GOOD, enabled: }]",
       "f:1:53: alerts[0].enabled: has no value, must be one of: false, true"},
  });
}

TEST(AlertReader, NamesWhatARuleLacks) {
  ExpectMistakes({
      {"alerts: [{}]", "f:1:10: alerts[0]: has no name, must have the key name"},
      {"alerts: [~]", "f:1:9: alerts[0]: has no name, must have the key name"},
      {"alerts: [{signal: attempt_fails, above: 1}]",
       "f:1:10: alerts[0]: has no name, must have the key name"},
      // No unit to blame the number for: only what is missing is named.
      {"alerts: [{name: A, above: 80%, growth: {per_second: 64KiB, over: 5s}, clear: {below: 1s}}]",
       "f:1:10: alerts[0]: has no signal, must have the key signal"},
      {"alerts:\n- name: A\n  signal: attempt_fails\n",
       "f:2:3: alerts[0]: has no condition, must have one of the keys above, below, growth"},
      {"alerts: [{name: A, signal: attempt_fails, growth: {over: 30s}}]",
       "f:1:51: alerts[0].growth: has no per_second, must have the keys per_second and over"},
      {"alerts: [{name: A, signal: attempt_fails, growth: {per_second: 1}}]",
       "f:1:51: alerts[0].growth: has no over, must have the keys per_second and over"},
  });
}

TEST(AlertReader, NamesUnknownKeysAndWords) {
  ExpectMistakes({
      {"alerts:\n  - name: A\n    signal: attempt_fails\n    above: 1\n    foor: 5s\n",
       "f:5:5: alerts[0].foor: unknown key, did you mean \"for\"? known keys: KEYS"},
      {"alerts: [{GOOD, <<: {for: 5s}}]", "f:1:53: alerts[0].<<: unknown key, known keys: KEYS"},
      {"alerts: [{GOOD, above: 2}]",
       "f:1:53: alerts[0].above: duplicate key, must be given once; it is already on line 1"},
      {"alerts: [{GOOD, clear: {beneath: 1}}]",
       "f:1:61: alerts[0].clear.beneath: unknown key, known keys: above, below, for"},
      {"alerts: [{name: A, signal: attempt_fails, growth: {per_sec: 1, over: 5s}}]",
       "f:1:52: alerts[0].growth.per_sec: unknown key, did you mean \"per_second\"? known keys: "
       "per_second, over"},
      {"alerts: [{GOOD, severity: page}]",
       "f:1:63: alerts[0].severity: unknown word \"page\", must be one of: info, warning, "
       "critical"},
      {"alerts: [{GOOD, enabled: yes}]",
       "f:1:62: alerts[0].enabled: unknown word \"yes\", must be one of: false, true"},
      {"alerts: [{GOOD, annotations: {summary: \"{{valu}}\"}}]",
       "f:1:76: alerts[0].annotations.summary: unknown word {{valu}}, did you mean {{value}}? must "
       "be one of: subject, value, threshold, cause, unit, owner"},
      {"alerts: [{GOOD, annotations: {summary: \"{{value\"}}]",
       "f:1:76: alerts[0].annotations.summary: \"{{value\" has {{ without }}, must close it"},
  });
}

TEST(AlertReader, AnUnknownSignalIsTheOnlyMistake) {
  const std::vector<std::string> mistakes =
      Mistakes("alerts: [{name: A, signal: rtt_second, above: 250ms, clear: {below: 80%}}]");
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_THAT(
      mistakes.front(),
      testing::StartsWith("f:1:28: alerts[0].signal: unknown signal \"rtt_second\", did "
                          "you mean \"rtt_seconds\"? must be one of: listener_syn_queue, "));
}

TEST(AlertReader, NamesContradictions) {
  ExpectMistakes({
      {"alerts: [{GOOD, below: 1}]",
       "f:1:60: alerts[0].below: is given together with above, must be only one of them"},
      {"alerts: [{name: A, signal: attempt_fails, below: 1, growth: {per_second: 1, over: 5s}}]",
       "f:1:50: alerts[0].below: is given together with growth, must be above"},
      {"alerts: [{name: SynRecvBacklogGrowth, below: 1}]",
       "f:1:46: alerts[0].below: is given together with growth, must be above"},
      {"alerts: [{GOOD, clear: {above: 1}}]",
       "f:1:68: alerts[0].clear.above: is the side where the alert fires, must be the key below"},
      {"alerts: [{name: A, signal: attempt_fails, below: 1, clear: {below: 1}}]",
       "f:1:68: alerts[0].clear.below: is the side where the alert fires, must be the key above"},
      {"alerts: [{GOOD, clear: {below: 1, above: 1}}]",
       "f:1:78: alerts[0].clear.above: is the side where the alert fires, must be the key below"},
      {"alerts: [{GOOD, clear: {below: 1.5}}]",
       "f:1:68: alerts[0].clear.below: is on the side where the alert fires, must be at most 1"},
      {"alerts: [{name: A, signal: retransmit_ratio, below: 5%, clear: {above: 4%}}]",
       "f:1:72: alerts[0].clear.above: is on the side where the alert fires, must be at least 5%"},
      {"alerts: [{name: TimeWaitNearLimit, clear: {below: 90%}}]",
       "f:1:51: alerts[0].clear.below: is on the side where the alert fires, must be at most 80%"},
      {"alerts: [{GOOD, labels: {severity: page}}]",
       "f:1:72: alerts[0].labels.severity: is a label that alerts have already, must be "
       "another name"},
      {"alerts: [{GOOD, labels: {team: a, team: b}}]",
       "f:1:71: alerts[0].labels.team: duplicate key, must be given once"},
      {"alerts: [{GOOD, labels: {2nd: a}}]",
       "f:1:62: alerts[0].labels.2nd: \"2nd\" is not a name, must be 1 to 64 letters, digits or _, "
       "no digit first"},
  });
}

TEST(AlertReader, NamesEveryReservedLabel) {
  for (const std::string name : {"alertname", "group", "instance", "job", "listener", "namespace",
                                 "netns", "pod", "severity", "unit"}) {
    EXPECT_THAT(Mistakes("alerts: [{name: A, signal: attempt_fails, above: 1, labels: {team: z, " +
                         name + ": x}}]"),
                ElementsAre("f:1:" + std::to_string(73 + name.size()) + ": alerts[0].labels." +
                            name + ": is a label that alerts have already, must be another name"));
  }
}

TEST(AlertReader, NamesNumbersThatCannotBe) {
  ExpectMistakes({
      {"alerts: [{name: A, signal: attempt_fails, below: 0}]",
       "f:1:50: alerts[0].below: 0 is too small, must be more than 0: nothing is below 0"},
      {"alerts: [{name: A, signal: attempt_fails, above: -1}]",
       "f:1:50: alerts[0].above: \"-1\" is not a number, must be a number such as 64 or 0.5"},
      {"alerts: [{name: A, signal: attempt_fails, above: .nan}]",
       "f:1:50: alerts[0].above: \".nan\" is not a number, must be a number such as 64 or 0.5"},
      {"alerts: [{name: A, signal: attempt_fails, above: 1e300}]",
       "f:1:50: alerts[0].above: \"1e300\" is not a number, must be a number such as 64 or 0.5"},
      {"alerts: [{name: A, signal: attempt_fails, above: 9999999999999999999999999}]",
       "f:1:50: alerts[0].above: 9999999999999999999999999 is too large, must be at most 1e15"},
      {"alerts: [{name: A, signal: attempt_fails, above: 80%}]",
       "f:1:50: alerts[0].above: \"80%\" is not a number, must be a number such as 64 or 0.5"},
      {"alerts: [{name: RetransmitRateHigh, above: 5}]",
       "f:1:44: alerts[0].above: 5 is a share above 1, must be such as 0.8 or 80%"},
      {"alerts: [{name: SynRecvBacklogGrowth, growth: {per_second: 0}}]",
       "f:1:60: alerts[0].growth.per_second: 0 is too small, must be more than 0"},
      {"alerts: [{name: SynRecvBacklogGrowth, growth: {over: 4s}}]",
       "f:1:54: alerts[0].growth.over: 4s is too short, must be from 5s to 1h"},
      {"alerts: [{GOOD, for: 25h}]",
       "f:1:58: alerts[0].for: 25h is too long, must be from 0s to 24h"},
      {"alerts: [{GOOD, for: -1s}]",
       "f:1:58: alerts[0].for: \"-1s\" is not a whole number and a unit (us, ms, s, m, h), must be "
       "from 0s to 24h"},
      {"alerts: [{GOOD, for: 5}]",
       "f:1:58: alerts[0].for: \"5\" is not a whole number and a unit (us, ms, s, m, h), did you "
       "mean 5ms or 5s? must be from 0s to 24h"},
  });
}

TEST(AlertReader, NamesRepeatedNames) {
  EXPECT_THAT(Mistakes("alerts:\n"
                       "  - {name: A, signal: attempt_fails, above: 1}\n"
                       "  - {name: MonitorStale, above: 1m}\n"
                       "  - {name: A, signal: attempt_fails, above: 2}\n"
                       "  - {name: MonitorStale, enabled: false}\n"),
              ElementsAre("f:4:12: alerts[2].name: \"A\" is the name of alerts[0] already, must be "
                          "another name",
                          "f:5:12: alerts[3].name: \"MonitorStale\" is the name of alerts[1] "
                          "already, must be another name"));
}

TEST(AlertReader, NamesTheMistakesOfAllRules) {
  EXPECT_THAT(Mistakes("alerts: [{name: 1}, {name: A, signal: attempt_fails}, {nam: B}]"),
              ElementsAre(testing::StartsWith("f:1:17: alerts[0].name: \"1\" is not a name"),
                          testing::StartsWith("f:1:21: alerts[1]: has no condition"),
                          testing::StartsWith("f:1:56: alerts[2].nam: unknown key")));
}

TEST(AlertReader, AliasesAreRefused) {
  EXPECT_THAT(Mistakes("alerts: [&a {name: A, signal: attempt_fails, above: 1}]"),
              ElementsAre(testing::StartsWith("f:1:10: ")));
  EXPECT_THAT(Mistakes("alerts: [{<<: *a}]"), ElementsAre(testing::StartsWith("f:1:15: ")));
}

std::string Repeated(int count, const std::string& before, const std::string& after) {
  std::string text;
  for (int i = 0; i < count; ++i) text.append(before).append(std::to_string(i)).append(after);
  return text;
}

TEST(AlertReader, CountsRulesLabelsAndMatches) {
  const auto rules = [](int count) {
    return "alerts: [" + Repeated(count, "{signal: attempt_fails, above: 1, name: A", "}, ") + "]";
  };
  EXPECT_EQ(Rules(rules(200)).size(), 200 + DefaultAlertRules().size());
  EXPECT_THAT(
      Mistakes(rules(201)),
      ElementsAre("f:1:9: alerts: has 201 values, must be a list with from 0 to 200 values"));

  const auto with = [](const std::string& keys) {
    return "alerts: [{" + std::string(kGood) + ", " + keys + "}]";
  };
  const auto own = [&with](const std::string& key, int count) {
    return with(key + ": {" + Repeated(count, "k", ": v, ") + "}");
  };
  EXPECT_EQ(Rule(own("labels", 20), "A").labels.size(), 20U);
  EXPECT_THAT(Mistakes(own("labels", 21)),
              ElementsAre("f:1:61: alerts[0].labels: has 21 keys, must be at most 20"));
  EXPECT_EQ(Rule(own("annotations", 20), "A").annotations.size(), 20U);
  EXPECT_THAT(Mistakes(own("annotations", 21)),
              ElementsAre("f:1:66: alerts[0].annotations: has 21 keys, must be at most 20"));

  const auto matches = [&with](int count) {
    return with("match: [" + Repeated(count, "m", ", ") + "]");
  };
  EXPECT_EQ(Rule(matches(100), "A").match.size(), 100U);
  EXPECT_THAT(Mistakes(matches(101)),
              ElementsAre("f:1:60: alerts[0].match: has 101 values, must be a list with from 1 to "
                          "100 values"));
  EXPECT_THAT(Mistakes(matches(0)),
              ElementsAre("f:1:60: alerts[0].match: has 0 values, must be a list with from 1 to "
                          "100 values"));
}

TEST(AlertReader, VeryLongWordsAreClipped) {
  const std::string word(50'000, 'x');
  for (const std::string& text :
       {"alerts: [{name: " + word + "}]", "alerts: [{name: A, signal: " + word + "}]",
        "alerts: [{" + word + ": 1}]", "alerts: [{" + std::string(kGood) + ", for: " + word + "}]",
        "alerts: [{" + std::string(kGood) + ", labels: {" + word + ": 1}}]",
        "alerts: [{" + std::string(kGood) + ", labels: {a: " + word + "}}]",
        "alerts: [{" + std::string(kGood) + ", annotations: {a: \"{{" + word + "}}\"}}]",
        "alerts: [{" + std::string(kGood) + ", match: " + word + "}]"}) {
    const std::vector<std::string> mistakes = Mistakes(text);
    ASSERT_EQ(mistakes.size(), 1U);
    EXPECT_LT(mistakes.front().size(), 1000U);
  }
}

}  // namespace
}  // namespace connwatch::alert_reader_test
