// What people read: the sentences of alerts that last, get better, and are over.
#include "core/alerts/alert_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/alerts/alert_defaults.h"
#include "core/alerts/alert_template.h"
#include "core/alerts/signal_words.h"
#include "tests/support/alert_world.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch::alert_text_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Alert Firing(AlertRule rule, std::string subject, double value) {
  Alert alert{.rule = std::make_shared<const AlertRule>(std::move(rule)),
              .subject = std::move(subject),
              .state = AlertState::kFiring,
              .value = value,
              .worst = value,
              .since = TestInstant(0),
              .fired_at = TestInstant(10)};
  alert.threshold = alert.rule->threshold ? alert.rule->threshold->value : 0;
  return alert;
}

AlertRule Default(std::string_view name) {
  for (AlertRule& rule : DefaultAlertRules()) {
    if (rule.name == name) return rule;
  }
  ADD_FAILURE() << name;
  return {};
}

// A listener whose application is stuck, as the engine finds it.
AlertWorld Stuck(const std::string& unit) {
  AlertWorld world({Default("AcceptQueueNearlyFull")});
  ListenerStatus& status = world.ListenerOn(8080);
  status.accept_queue = OneQueue(9, 8);
  status.signs.drops_per_second = 14.23;
  world.snapshot.listeners->listeners[0].unit = unit;
  world.SetCause(8080, DiagnosisCause::kAcceptQueueFull);
  world.Ticks(11);
  return world;
}

TEST(AlertText, SaysWhoseAndWhatAndHowMuch) {
  const AlertWorld world = Stuck("nginx.service");
  const Alert alert = world.engine.alerts().at(0);
  EXPECT_EQ(alert.unit, "nginx.service");
  EXPECT_EQ(SummaryOf(alert),
            "nginx.service does not accept connections fast enough on 0.0.0.0:8080: 9 connections "
            "wait, its limit is 8, and 14.2 clients a second are refused");
  EXPECT_THAT(DescriptionOf(alert),
              HasSubstr("What to do: Look at the application first: is it blocked"));
  EXPECT_THAT(DescriptionOf(alert), testing::StartsWith("When it fired: Accept queue 9 (peak 9"));
}

TEST(AlertText, WithoutAUnitItIsTheApplication) {
  const AlertWorld world = Stuck("");
  EXPECT_THAT(SummaryOf(world.engine.alerts().at(0)),
              testing::StartsWith("The application does not accept connections fast enough on "));
}

TEST(AlertText, TellsThePresentQueue) {
  AlertWorld world = Stuck("nginx.service");
  world.ListenerOn(8080).accept_queue = OneQueue(8, 8);
  world.ListenerOn(8080).signs.drops_per_second = 14.21;
  world.Ticks(3);
  EXPECT_EQ(SummaryOf(world.engine.alerts().at(0)),
            "nginx.service does not accept connections fast enough on 0.0.0.0:8080: 8 connections "
            "wait, its limit is 8, and 14.2 clients a second are refused");
}

TEST(AlertText, SaysWhenItGetsBetterAndWhatItWaitsFor) {
  AlertWorld world = Stuck("nginx.service");
  world.ListenerOn(8080).accept_queue = OneQueue(3, 8);
  world.Ticks(13);
  const Alert alert = world.engine.alerts().at(0);
  EXPECT_EQ(EndsWhen(alert), "when it has been below 50 % for 78 s more");
  EXPECT_EQ(SummaryOf(alert),
            "Getting better: nginx.service did not accept connections fast enough on "
            "0.0.0.0:8080. It is at 33.33 % now, at its worst 100 %, threshold 80 %. The "
            "alert ends when it has been below 50 % for 78 s more");
}

TEST(AlertText, BetweenBothLevelsItWaitsForTheWholeTime) {
  AlertWorld world = Stuck("");
  world.ListenerOn(8080).accept_queue = OneQueue(6, 8);
  world.Ticks(3);
  EXPECT_EQ(EndsWhen(world.engine.alerts().at(0)), "when it has been below 50 % for 90 s");
}

TEST(AlertText, OfTheEndTellsTheTimeAndTheWorst) {
  Alert alert = Firing(Default("SynCookiesActive"), "host", 0);
  alert.worst = 120;
  EXPECT_EQ(
      SummaryOf(alert, TestInstant(250)),
      "Ended after 4 min: a SYN queue of this host was full, and the kernel answered with SYN "
      "cookies (at its worst 120/s, threshold 1/s)");
  EXPECT_THAT(SummaryOf(alert),
              testing::StartsWith("Getting better: a SYN queue of this host was "));
}

TEST(AlertText, ATextOfTheRulesOwnTellsTheWorstAtTheEnd) {
  AlertRule rule = Default("SynCookiesActive");
  rule.annotations = {{"summary", "{{value}} cookies"}, {"description", "call {{unit}}"}};
  Alert alert = Firing(rule, "host", 7);
  EXPECT_EQ(SummaryOf(alert), "7/s cookies");
  EXPECT_EQ(DescriptionOf(alert), "call unknown unit");
  alert.worst = 9;
  EXPECT_THAT(SummaryOf(alert, TestInstant(20)),
              testing::StartsWith("Ended after 10 s: 9/s cookies"));
}

TEST(AlertText, NamesCausesInWords) {
  Alert alert = Firing(Default("SynRecvBacklogGrowth"), "0.0.0.0:443", 3'050);
  alert.unit = "nginx.service";
  alert.cause = "syn_flood";
  auto evidence = std::make_shared<AlertEvidence>();
  evidence->numbers = {{"source_prefixes", 250}};
  alert.evidence = evidence;
  EXPECT_EQ(SummaryOf(alert),
            "Handshakes with nginx.service on 0.0.0.0:443 do not complete: 3050 wait for their "
            "final ACK, from 250 networks. This looks like a SYN flood, which is usually an attack "
            "with forged sources");
  EXPECT_THAT(DescriptionOf(alert), HasSubstr("net.ipv4.tcp_syncookies=1"));
}

TEST(AlertText, NamesTheDestinationAndTheUnitThatStandOut) {
  Alert alert = Firing(Default("ConnectsPending"), "payments", 14);
  auto evidence = std::make_shared<AlertEvidence>();
  evidence->top_destinations = {{"10.0.0.7:443", 12}, {"10.0.0.8:443", 2}};
  evidence->top_units = {{"checkout.service", 12}};
  alert.evidence = evidence;
  EXPECT_EQ(
      SummaryOf(alert),
      "New connections of the group payments get no answer: 14 of them had to repeat their SYN, "
      "most of all from checkout.service to 10.0.0.7:443");
  alert.unit = "checkout.service";  // contributes more than half
  EXPECT_THAT(SummaryOf(alert), HasSubstr(", mostly from checkout.service to 10.0.0.7:443"));
  EXPECT_THAT(DescriptionOf(alert), HasSubstr("Destinations: 10.0.0.7:443 (12), 10.0.0.8:443 "
                                              "(2).\nWhat to do: The destination is down"));
  EXPECT_THAT(DescriptionOf(alert, TestInstant(9)),
              HasSubstr("\nIf it comes back: The destination is down"));
}

TEST(AlertText, SaysHowOftenItCame) {
  Alert alert = Firing(Default("SynCookiesActive"), "host", 7);
  alert.flapping = AlertFlapping{.times = 5, .span = 236s};
  EXPECT_THAT(SummaryOf(alert), HasSubstr(" (5 times in 4 min)"));
  alert.value = 0;
  alert.clears_in = 130s;
  EXPECT_EQ(EndsWhen(alert), "when it has been not above 1/s for 2 min more");
}

TEST(AlertText, OfARuleThatWatchesLowValuesSaysOnlyTheNumbers) {
  AlertRule rule = Default("CloseWaitLeak");
  rule.threshold = AlertThreshold{ThresholdSide::kBelow, 10};
  EXPECT_EQ(SummaryOf(Firing(rule, "web", 3)),
            "web is at 3, the threshold is 10: Sockets in CLOSE-WAIT: the peer has closed, the "
            "application has not");
}

TEST(AlertText, EverySignalHasWordsAndNoRawKeys) {
  for (const AlertSignalSpec& spec : AlertSignals()) {
    const SignalWords& words = WordsOf(spec.id);
    EXPECT_EQ(words.signal, spec.id);
    EXPECT_FALSE(words.is.empty() || words.was.empty());
    for (const std::string_view text : {words.is, words.was, words.measure}) {
      EXPECT_FALSE(text.ends_with('.')) << text;
      EXPECT_FALSE(FindTemplateMistake(text).has_value()) << text;
    }
    // A value of 1 or 0 says nothing.
    const bool is_yes_or_no = spec.id == AlertSignal::kTotalsExact;
    EXPECT_EQ(words.measure.find("{{value}}") != std::string_view::npos, !is_yes_or_no)
        << words.measure;
    EXPECT_TRUE(words.advice.ends_with('.')) << words.advice;
  }
}

TEST(AlertText, SpansAreShort) {
  EXPECT_EQ(SpanText(0ns), "0 s");
  EXPECT_EQ(SpanText(119s), "119 s");
  EXPECT_EQ(SpanText(236s), "4 min");
  EXPECT_EQ(SpanText(3'900s), "1 h 5 min");
}

}  // namespace
}  // namespace connwatch::alert_text_test
