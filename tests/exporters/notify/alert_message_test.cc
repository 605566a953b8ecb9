#include "exporters/notify/alert_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/alerts.h"
#include "tests/support/firing_alerts.h"

namespace connwatch::alert_message_test {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const NoticeContext kContext{
    .origin = kTestOrigin, .now = TestInstant(100), .expires_at = TestInstant(260).wall};

// The firing one of TestAlerts.
Alert TestAlert() { return TestAlerts()->alerts.front(); }

Alert WithRule(void (*change)(AlertRule&)) {
  Alert alert = TestAlert();
  auto rule = std::make_shared<AlertRule>(*alert.rule);
  rule->threshold = AlertThreshold{ThresholdSide::kAbove, 64};
  change(*rule);
  alert.rule = rule;
  return alert;
}

AlertReport ReportOf(const Alert& alert, std::optional<Instant> resolved_at = std::nullopt) {
  return {LabelsOf(alert, kTestOrigin), std::make_shared<const Alert>(alert), resolved_at};
}

std::string Render(const Alert& alert, std::optional<Instant> resolved_at = std::nullopt,
                   const NoticeContext& context = kContext) {
  AlertMessage message(context);
  EXPECT_TRUE(message.Add(ReportOf(alert, resolved_at)));
  return std::move(message).Finish();
}

// "startsAt endsAt", without the day and the zone.
std::string TimesIn(const std::string& message) {
  const auto after = [&message](const char* name) {
    const std::size_t at = message.find(name);
    return at == std::string::npos ? "-"
                                   : message.substr(at + 11 + std::string_view(name).size(), 12);
  };
  return after("startsAt\":\"") + " " + after("endsAt\":\"");
}

Instant Moved(Instant instant, std::chrono::milliseconds wall) {
  instant.wall += wall;
  return instant;
}

TEST(AlertMessageTest, FiringAlertsEndByThemselves) {
  const Alert alert = WithRule([](AlertRule& rule) {
    rule.labels = {{"team", "network"}};
    rule.annotations = {{"summary", "{{subject}}: {{value}} of {{threshold}} ({{cause}})"},
                        {"description", "Look there"}};
  });
  EXPECT_EQ(Render(alert),
            R"json([{"labels":{"alertname":"SynRecvBacklogGrowth","severity":"critical",)json"
            R"json("team":"network","instance":"web1:10177","job":"connwatch",)json"
            R"json("listener":"0.0.0.0:443","unit":"nginx.service"},)json"
            R"json("annotations":{"summary":"0.0.0.0:443: 3000 of 64 (syn_flood)",)json"
            R"json("description":"Look there",)json"
            R"json("value":"3000","threshold":"64","cause":"syn_flood",)json"
            R"json("unit":"nginx.service",)json"
            R"json("evidence":"SYN queue 3000 of 4096","top_sources":"198.51.100.0/24 (40)",)json"
            R"json("runbook_url":"http://web1:10177/runbook#SynRecvBacklogGrowth"},)json"
            R"json("startsAt":"2023-11-14T22:13:40.000Z","endsAt":"2023-11-14T22:17:40.000Z",)json"
            R"json("generatorURL":)json"
            R"json("http://web1:10177/#alert=SynRecvBacklogGrowth&subject=0.0.0.0%3A443)json"
            R"json(&incident=cb5b731bf0508f31"}])json");
}

TEST(AlertMessageTest, WithoutAnExpiryTheReceiverDecides) {
  NoticeContext context = kContext;
  context.expires_at.reset();
  EXPECT_EQ(TimesIn(Render(TestAlert(), std::nullopt, context)), "22:13:40.000 -");
}

TEST(AlertMessageTest, ResolvedAlertsEndWhenTheyDid) {
  EXPECT_EQ(TimesIn(Render(TestAlert(), Moved(TestInstant(50), 7ms))), "22:13:40.000 22:14:10.007");
}

// It fired at 22:13:40 and was resolved at 22:14:10 by this host's clock. It is 22:15:00.
TEST(AlertMessageTest, TimesAreToldByTheReceiversClock) {
  struct Case {
    std::chrono::milliseconds ahead;
    const char* firing;
    const char* resolved;
  };
  const std::vector<Case> cases = {
      {0ms, "22:13:40.000 22:17:40.000", "22:13:40.000 22:14:10.000"},
      {2s, "22:13:40.000 22:17:40.000", "22:13:40.000 22:14:10.000"},
      {-4'400ms, "22:13:40.000 22:17:40.000", "22:13:40.000 22:14:10.000"},
      {300s, "22:18:40.000 22:17:40.000", "22:18:40.000 22:19:10.000"},
      {-300'400ms, "22:08:40.000 22:17:40.000", "22:08:40.000 22:09:10.000"},
      {1h, "23:13:40.000 22:17:40.000", "23:13:40.000 23:14:10.000"},
  };
  for (const auto& [ahead, firing, resolved] : cases) {
    NoticeContext context = kContext;
    context.now.wall += ahead;
    EXPECT_EQ(TimesIn(Render(TestAlert(), std::nullopt, context)), firing) << ahead.count();
    EXPECT_EQ(TimesIn(Render(TestAlert(), TestInstant(50), context)), resolved) << ahead.count();
  }
}

TEST(AlertMessageTest, AClockThatWasSetChangesNoOrder) {
  for (const auto step : {-86'400s, -3'600s, -40s, 40s, 3'600s, 86'400s}) {
    // It was set between firing and the end.
    const Instant resolved = Moved(TestInstant(50), step);
    NoticeContext context = kContext;
    context.now.wall += step;
    const std::string times = TimesIn(Render(TestAlert(), resolved, context));
    const auto second = [&times](std::size_t at) { return std::stoi(times.substr(at + 6, 2)); };
    EXPECT_EQ((second(13) - second(0) + 60) % 60, 30) << times;
  }
}

TEST(AlertMessageTest, NothingHasEndedBeforeItBeganOrInTheFuture) {
  EXPECT_EQ(TimesIn(Render(TestAlert(), TestInstant(1))), "22:13:40.000 22:13:40.000");
  EXPECT_EQ(TimesIn(Render(TestAlert(), Moved(TestInstant(99), 3s))), "22:13:40.000 22:15:00.000");
  NoticeContext context = kContext;
  context.now = TestInstant(19);
  EXPECT_EQ(TimesIn(Render(TestAlert(), TestInstant(20), context)), "22:13:39.000 22:13:39.000");
}

TEST(AlertMessageTest, TheUsersOwnTextsStay) {
  const std::string text = Render(WithRule([](AlertRule& rule) {
    rule.annotations = {
        {"cause", "see the runbook"}, {"evidence", ""}, {"runbook_url", "https://wiki/own"}};
  }));
  EXPECT_THAT(text, HasSubstr(R"("runbook_url":"https://wiki/own")"));
  EXPECT_THAT(text, HasSubstr(R"("cause":"see the runbook")"));
  EXPECT_THAT(text, HasSubstr(R"("evidence":"")"));
}

TEST(AlertMessageTest, WhatIsNotKnownIsLeftOut) {
  Alert alert = TestAlert();
  alert.cause.clear();
  alert.evidence = std::make_shared<const AlertEvidence>();
  const std::string text = Render(alert);
  for (const char* name :
       {"cause", "evidence", "top_sources", "top_destinations", "top_groups", "top_units"}) {
    EXPECT_THAT(text, Not(HasSubstr(std::string("\"") + name + "\""))) << name;
  }
}

TEST(AlertMessageTest, RemoteAddressesStayOutOfLabels) {
  Alert alert = TestAlert();
  auto evidence = std::make_shared<AlertEvidence>();
  evidence->top_sources = {{"198.51.100.0/24", 40}, {"203.0.113.0/24", 7}};
  evidence->top_destinations = {{"192.0.2.1:443", 3}};
  evidence->top_groups = {{"https", 3}};
  evidence->top_units = {{"web.service", 2}};
  alert.evidence = evidence;
  const std::string text = Render(alert);
  const std::string labels = text.substr(0, text.find("annotations"));
  EXPECT_THAT(labels, Not(HasSubstr("198.51.100")));
  EXPECT_THAT(text, HasSubstr(R"x("top_sources":"198.51.100.0/24 (40), 203.0.113.0/24 (7)")x"));
  EXPECT_THAT(text, HasSubstr(R"x("top_destinations":"192.0.2.1:443 (3)")x"));
  EXPECT_THAT(text, HasSubstr(R"x("top_groups":"https (3)","top_units":"web.service (2)")x"));
}

TEST(AlertMessageTest, IsJsonWhateverTheTextsHold) {
  Alert alert = TestAlert();
  alert.listener = "a\xff\"\n";
  EXPECT_THAT(Render(alert), HasSubstr("\"listener\":\"a\xef\xbf\xbd\\\"\\n\""));
}

TEST(AlertMessageTest, SeveralAreOneArray) {
  const AlertReport report = ReportOf(TestAlert());
  AlertMessage message(kContext);
  EXPECT_TRUE(message.Add(report));
  EXPECT_TRUE(message.Add(report));
  const std::string one = Render(TestAlert());
  const std::string text = std::move(message).Finish();
  EXPECT_EQ(text, one.substr(0, one.size() - 1) + "," + one.substr(1));
  EXPECT_EQ(AlertMessage(kContext).Finish(), "[]");
}

TEST(AlertMessageTest, SizeIsLimited) {
  const Alert alert = WithRule([](AlertRule& rule) {
    for (int i = 0; i < 20; ++i) rule.annotations[std::to_string(i)] = std::string(1'000, 'x');
  });
  const AlertReport report = ReportOf(alert);
  AlertMessage message(kContext);
  std::size_t count = 0;
  while (message.Add(report)) ++count;
  EXPECT_FALSE(message.Add(report));
  const std::string text = std::move(message).Finish();
  const std::size_t each = Render(alert).size() - 1;  // with its comma
  EXPECT_LE(text.size(), AlertMessage::kMaxBytes);
  EXPECT_GT(text.size() + each, AlertMessage::kMaxBytes);
  EXPECT_EQ(text.size(), count * each + 1);
}

TEST(AlertMessageTest, OneAloneAlwaysHasRoom) {
  Alert alert = TestAlert();
  alert.cause = std::string(AlertMessage::kMaxBytes, 'x');
  EXPECT_THAT(Render(alert), testing::EndsWith("\"}]"));
}

}  // namespace
}  // namespace connwatch::alert_message_test
