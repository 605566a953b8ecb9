#include "exporters/prometheus_rules/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/alerts/alert_defaults.h"
#include "core/handshakes/handshake_trends.h"
#include "exporters/prometheus_rules/prometheus_text.h"
#include "exporters/prometheus_rules/rule_expression.h"
#include "tests/support/text_files.h"

namespace connwatch::rule_file_test {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const std::filesystem::path kShippedFile = "dashboards/prometheus/connwatch.alerts.yml";

AlertRule TestRule(AlertSignal signal = AlertSignal::kListenerAcceptQueuePeakUtilization) {
  return {.name = "Test", .signal = signal, .threshold = AlertThreshold{.value = 0.5}};
}

std::string Render(const AlertRule& rule, std::chrono::seconds scrape_interval = 15s) {
  return RenderRuleFile(std::vector<AlertRule>{rule}, scrape_interval);
}

// After an intended change: CONNWATCH_UPDATE_GOLDEN=1 build/dev/exporters_test, and read the diff.
TEST(RuleFile, OfTheDefaultsIsTheShippedOne) {
  const std::string file = RenderRuleFile(DefaultAlertRules(), kDefaultScrapeInterval);
  if (std::getenv("CONNWATCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(CONNWATCH_SOURCE_DIR / kShippedFile) << file;
  }
  EXPECT_EQ(file, ReadSourceFile(kShippedFile));
}

TEST(RuleFile, HasARuleForEachThatIsEnabledAndCanMatch) {
  AlertRule off = TestRule();
  off.enabled = false;
  AlertRule elsewhere = TestRule(AlertSignal::kAttemptFails);
  elsewhere.match = {{"db", true}};
  EXPECT_THAT(RenderRuleFile(std::vector{off, elsewhere}, 15s), EndsWith("    rules: []\n"));
  elsewhere.match.push_back({"ho", true});
  EXPECT_THAT(Render(elsewhere), HasSubstr("- alert: \"Test\"\n"));
}

TEST(RuleFile, HasTheRunbookOfTheConfigurationOrOfTheDaemon) {
  EXPECT_THAT(Render(TestRule()),
              HasSubstr("\"runbook_url\": \"http://{{ $labels.instance }}/runbook#Test\"\n"));
  AlertRule own = TestRule();
  own.name = "Own";
  own.annotations["runbook_url"] = "https://own";
  const std::string file =
      RenderRuleFile(std::vector{TestRule(), own}, 15s, "https://wiki/{{alertname}}.html");
  EXPECT_THAT(file, HasSubstr("\"runbook_url\": \"https://wiki/Test.html\"\n"));
  EXPECT_THAT(file, HasSubstr("\"runbook_url\": \"https://own\"\n"));
  EXPECT_THAT(file, Not(HasSubstr("Own.html")));
}

TEST(RuleFile, LabelsAreNoTemplates) {
  AlertRule rule = TestRule();
  rule.labels = {{"a", "{{{{ $value }}"}, {"b", "x: \"y\" \\ #"}};
  const std::string file = Render(rule);
  EXPECT_THAT(file, HasSubstr(R"("a": "{{ `{{` }}{{ `{{` }} $value }}")"));
  EXPECT_THAT(file, HasSubstr(R"("b": "x: \"y\" \\ #")"));
}

TEST(RuleFile, AnnotationsBecomeTemplatesOfPrometheus) {
  AlertRule rule = TestRule(AlertSignal::kReceiveQueueBytes);
  rule.annotations = {{"text", "{{subject}} {{value}} {{threshold}} {{cause}}\n$value"}};
  EXPECT_THAT(Render(rule), HasSubstr("{{ $labels.group }} {{ humanize1024 $value }}B 0.5 bytes "
                                      "not diagnosed\\u000a$value\""));
  rule = TestRule(AlertSignal::kHandshakeLatencyGrowth);
  rule.annotations = {{"text", "{{value}} {{threshold}}"}};
  EXPECT_THAT(Render(rule), HasSubstr("\"{{ printf `%.1f` $value }} x 0.5 x\""));
  rule = TestRule(AlertSignal::kAttemptFails);
  rule.threshold.reset();
  rule.growth = AlertGrowth{.per_second = 3, .over = 10s};
  rule.annotations = {{"text", "{{subject}} {{value}} {{threshold}}"}};
  EXPECT_THAT(Render(rule),
              HasSubstr("{{ $labels.instance }} {{ printf `%.1f` $value }}/s/s 3/s/s\""));
}

TEST(RuleFile, WindowsAndHoldsFollowTheScrapes) {
  AlertRule rule = TestRule(AlertSignal::kListenerDrops);
  rule.hold = 15s;
  EXPECT_THAT(Render(rule, 1s), testing::AllOf(HasSubstr("[10s]"), HasSubstr(" for: 15s\n")));
  EXPECT_THAT(Render(rule, 1min), testing::AllOf(HasSubstr("[4m]"), HasSubstr(" for: 245s\n"),
                                                 HasSubstr("    interval: 1m\n")));
  rule = TestRule();
  rule.hold = 10s;
  EXPECT_EQ(RuleHold(rule, 5s), 10s);
  EXPECT_EQ(RuleHold(rule, 15s), 15s);
  rule.hold = 0s;
  EXPECT_EQ(RuleHold(rule, 15s), 0s);
  EXPECT_THAT(Render(rule), Not(HasSubstr("for:")));
}

TEST(RuleExpression, MatchesSubjects) {
  AlertRule rule = TestRule(AlertSignal::kSynSentRetransmitting);
  EXPECT_EQ(RuleExpression(rule, 15s), "connwatch_syn_sent_retransmitting > 0.5");
  rule.match = {{"a.b|\"\n<window>", false}, {"db(", true}};
  EXPECT_EQ(
      RuleExpression(rule, 15s),
      R"(connwatch_syn_sent_retransmitting{group=~"a\\.b\\|\"\u000a<window>|db\\(.*"} > 0.5)");
  rule.signal = AlertSignal::kCloseWaitSockets;
  rule.match = {{"web", false}};
  EXPECT_EQ(RuleExpression(rule, 15s),
            "sum without (direction, state) "
            R"((connwatch_tcp_group_sockets{state="close_wait",group=~"web"}) > 0.5)");
}

TEST(RuleExpression, ConnectsAreOutboundOnly) {
  AlertRule rule = TestRule(AlertSignal::kConnectsUnreachableRatio);
  EXPECT_EQ(RuleExpression(rule, 15s),
            "sum without (direction, outcome) (increase(connwatch_handshakes_total{"
            "direction=\"outbound\",outcome=\"unreachable\"}[1m]))\n"
            "/ (sum without (direction, outcome) (increase(connwatch_handshakes_total{"
            "direction=\"outbound\"}[1m])) >= 10) > 0.5");
  rule.match = {{"db", false}};
  EXPECT_THAT(RuleExpression(rule, 15s), HasSubstr(R"({direction="outbound",group=~"db"}[1m])"));
  rule = TestRule(AlertSignal::kUntracedAttemptFails);
  EXPECT_EQ(RuleExpression(rule, 15s),
            "(\n"
            "  rate(connwatch_kernel_tcp_attempt_fails_total[1m])\n"
            "  unless on (job, instance) connwatch_handshake_tracing_in_use == 1) > 0.5");
}

TEST(RuleExpression, LatencyIsComparedAsTheDaemonDoes) {
  const AlertRule rule = TestRule(AlertSignal::kHandshakeLatencyGrowth);
  const std::string enough = ")) >= " + std::to_string(HandshakeTrends::kMinHandshakes);
  const std::string text = RuleExpression(rule, 15s);
  EXPECT_THAT(text, HasSubstr(">= 0.002 + histogram_quantile(0.5, "));
  EXPECT_THAT(text, HasSubstr("_count{direction=\"outbound\"}[2m]" + enough));
  EXPECT_THAT(text, HasSubstr("_count{direction=\"outbound\"}[1h] offset 2m" + enough));
  EXPECT_THAT(RuleExpression(rule, 1min), HasSubstr("[1h] offset 4m"));
}

TEST(RuleExpression, BelowIsTheOtherSide) {
  AlertRule rule = TestRule(AlertSignal::kSynSentRetransmitting);
  rule.threshold->side = ThresholdSide::kBelow;
  rule.clear.level = 2;
  EXPECT_EQ(RuleExpression(rule, 15s),
            "connwatch_syn_sent_retransmitting < 0.5\n"
            "or (\n"
            "  connwatch_syn_sent_retransmitting <= 2\n"
            "  and on (job, instance, group) ALERTS{alertname=\"Test\",alertstate=\"firing\"})");
}

TEST(RuleExpression, GrowthAloneIsTheValue) {
  AlertRule rule = TestRule(AlertSignal::kSendQueueBytes);
  rule.threshold.reset();
  rule.growth = AlertGrowth{.per_second = 1e6, .over = 5min};
  EXPECT_EQ(RuleExpression(rule, 15s),
            "deriv((sum without (direction) (connwatch_tcp_send_queue_bytes))[5m:15s]) > 1e+06");
  rule.clear.level = 100;
  EXPECT_THAT(RuleExpression(rule, 15s),
              HasSubstr("or (\n"
                        "  deriv((sum without (direction) "
                        "(connwatch_tcp_send_queue_bytes))[5m:15s])\n"
                        "  and on (job, instance, group) (\n"
                        "    sum without (direction) (connwatch_tcp_send_queue_bytes) >= 100)\n"
                        "  and on (job, instance, group) ALERTS{"));
}

TEST(RuleExpression, WatchesOtherNamespacesAsAWhole) {
  AlertRule rule = TestRule(AlertSignal::kListenerAcceptQueueUtilization);
  EXPECT_EQ(RuleExpression(rule, 15s),
            "(\n"
            "  connwatch_listener_accept_queue_utilization_ratio{listener!=\"other\"} > 0.5)\n"
            "* on (job, instance, listener) group_left (unit) connwatch_listener_info\n"
            "or (\n"
            "  connwatch_netns_accept_queue_utilization_ratio{netns!=\"other\"} > 0.5)");
  EXPECT_TRUE(IsForNamespaces(rule));
  for (const AlertSignal signal :
       {AlertSignal::kListenerSynQueueUtilization, AlertSignal::kSynSentRetransmitting,
        AlertSignal::kAttemptFails}) {
    EXPECT_FALSE(IsForNamespaces(TestRule(signal))) << Name(signal);
  }
  rule.threshold->side = ThresholdSide::kBelow;
  EXPECT_FALSE(IsForNamespaces(rule)) << "the fullest socket is not every socket";
}

TEST(RuleExpression, PatternsOfNamespacesAreNotForTheHost) {
  const std::string with_unit =
      "\n* on (job, instance, listener) group_left (unit) connwatch_listener_info";
  const auto expression_of = [](std::vector<SubjectPattern> match) {
    AlertRule rule = TestRule(AlertSignal::kListenerDrops);
    rule.match = std::move(match);
    return RuleExpression(rule, 15s);
  };
  EXPECT_EQ(expression_of({{"0.0.0.0:443", false}}),
            "(\n  "
            R"(rate(connwatch_listener_drops_total{listener!="other",)"
            R"(listener=~"0\\.0\\.0\\.0:443"}[1m]) > 0.5))" +
                with_unit);
  // Pods in the namespace "web" of Kubernetes are called "web/POD".
  EXPECT_EQ(expression_of({{"web/", true}, {"web/0.0.0.0:1", false}}),
            R"(rate(connwatch_netns_listener_drops_total{netns!="other",netns=~"web|web/.*"}[1m]) )"
            "> 0.5");
  EXPECT_EQ(
      expression_of({{"shop/cart", true}}),
      R"(rate(connwatch_netns_listener_drops_total{netns!="other",netns=~"shop/cart.*"}[1m]) )"
      "> 0.5");
  EXPECT_EQ(
      expression_of({{"we", true}}),
      "(\n  "
      R"(rate(connwatch_listener_drops_total{listener!="other",listener=~"we.*"}[1m]) > 0.5))" +
          with_unit +
          "\nor (\n  "
          R"(rate(connwatch_netns_listener_drops_total{netns!="other",netns=~"we.*"}[1m]) > 0.5))");
}

TEST(RuleFile, ARuleForOneListenerOfANamespaceIsLeftOut) {
  AlertRule rule = TestRule(AlertSignal::kListenerDrops);
  rule.match = {{"web/0.0.0.0:443", false}};
  EXPECT_FALSE(HasSubjects(rule));
  EXPECT_THAT(Render(rule), EndsWith("    rules: []\n"));
}

TEST(QuotedForPrometheus, EscapesWhatYamlForbids) {
  EXPECT_EQ(QuotedForPrometheus("Größe €"), "\"Größe €\"");
  EXPECT_EQ(QuotedForPrometheus("\"\\\t\x7f"), R"("\"\\\u0009\u007f")");
  EXPECT_EQ(QuotedForPrometheus(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(QuotedForPrometheus("a\xc2\x85\xc2\xa0z"), "\"a\\u0085\xc2\xa0z\"");
  EXPECT_EQ(QuotedForPrometheus("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xe2\x80"),
            "\"\\u2028\\u2029\\ufeff\xe2\x80\"");
}

TEST(PrometheusDuration, IsInTheLargestUnitThatFits) {
  EXPECT_EQ(PrometheusDuration(1500ms), "1500ms");
  EXPECT_EQ(PrometheusDuration(65s), "65s");
  EXPECT_EQ(PrometheusDuration(24h), "24h");
}

}  // namespace
}  // namespace connwatch::rule_file_test
