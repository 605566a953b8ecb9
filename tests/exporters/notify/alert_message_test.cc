#include "exporters/notify/alert_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/alerts.h"

namespace connwatch {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const AlertMessageContext kContext{.instance = "web1", .expires_at = TestInstant(260).wall};

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

std::string Render(const Alert& alert, std::optional<WallTime> resolved_at = std::nullopt) {
  const AlertReport report{std::make_shared<const Alert>(alert), resolved_at};
  return RenderAlertMessage({&report, 1}, kContext);
}

TEST(AlertMessageTest, FiringAlertsEndByThemselves) {
  const Alert alert = WithRule([](AlertRule& rule) {
    rule.labels = {{"team", "network"}};
    rule.annotations = {{"summary", "{{subject}}: {{value}} of {{threshold}} ({{cause}})"}};
  });
  EXPECT_EQ(
      Render(alert),
      R"json([{"labels":{"alertname":"SynRecvBacklogGrowth","severity":"critical",)json"
      R"json("subject":"0.0.0.0:443","team":"network","instance":"web1"},)json"
      R"json("annotations":{"summary":"0.0.0.0:443: 3000 of 64 (syn_flood)",)json"
      R"json("value":"3000","threshold":"64","cause":"syn_flood",)json"
      R"json("evidence":"SYN queue 3000 of 4096","top_sources":"198.51.100.0/24 (40)"},)json"
      R"json("startsAt":"2023-11-14T22:13:40.000Z","endsAt":"2023-11-14T22:17:40.000Z"}])json");
}

TEST(AlertMessageTest, ResolvedAlertsEndWhenTheyDid) {
  EXPECT_THAT(Render(TestAlert(), TestInstant(50).wall + 7ms),
              HasSubstr(R"("endsAt":"2023-11-14T22:14:10.007Z")"));
}

TEST(AlertMessageTest, NoneEndsBeforeItBegan) {
  EXPECT_THAT(
      Render(TestAlert(), TestInstant(1).wall),
      HasSubstr(R"("startsAt":"2023-11-14T22:13:40.000Z","endsAt":"2023-11-14T22:13:40.000Z")"));
}

TEST(AlertMessageTest, TheUsersOwnTextsStay) {
  const std::string text = Render(WithRule([](AlertRule& rule) {
    rule.labels = {{"instance", "edge"}};
    rule.annotations = {{"cause", "see the runbook"}, {"evidence", ""}};
  }));
  EXPECT_THAT(text, HasSubstr(R"("instance":"edge")"));
  EXPECT_THAT(text, Not(HasSubstr("web1")));
  EXPECT_THAT(text, HasSubstr(R"("cause":"see the runbook")"));
  EXPECT_THAT(text, HasSubstr(R"("evidence":"")"));
}

TEST(AlertMessageTest, WhatIsNotKnownIsLeftOut) {
  Alert alert = TestAlert();
  alert.cause.clear();
  alert.evidence = std::make_shared<const AlertEvidence>();
  const std::string text = Render(alert);
  for (const char* name : {"cause", "evidence", "top_sources", "top_destinations"}) {
    EXPECT_THAT(text, Not(HasSubstr(std::string("\"") + name + "\""))) << name;
  }
}

TEST(AlertMessageTest, RemoteAddressesStayOutOfLabels) {
  Alert alert = TestAlert();
  auto evidence = std::make_shared<AlertEvidence>();
  evidence->top_sources = {{"198.51.100.0/24", 40}, {"203.0.113.0/24", 7}};
  evidence->top_destinations = {{"192.0.2.1:443", 3}};
  alert.evidence = evidence;
  const std::string text = Render(alert);
  const std::string labels = text.substr(0, text.find("annotations"));
  EXPECT_THAT(labels, Not(HasSubstr("198.51.100")));
  EXPECT_THAT(text, HasSubstr(R"x("top_sources":"198.51.100.0/24 (40), 203.0.113.0/24 (7)")x"));
  EXPECT_THAT(text, HasSubstr(R"x("top_destinations":"192.0.2.1:443 (3)")x"));
}

TEST(AlertMessageTest, IsJsonWhateverTheTextsHold) {
  Alert alert = TestAlert();
  alert.subject = "a\xff\"\n";
  EXPECT_THAT(Render(alert), HasSubstr("\"subject\":\"a\xef\xbf\xbd\\\"\\n\""));
}

TEST(AlertMessageTest, SeveralAreOneArray) {
  const AlertReport report{std::make_shared<const Alert>(TestAlert()), std::nullopt};
  const std::vector<AlertReport> both = {report, report};
  const std::string text = RenderAlertMessage(both, kContext);
  EXPECT_THAT(text, HasSubstr("},{\"labels\""));
  EXPECT_EQ(RenderAlertMessage({}, kContext), "[]");
}

TEST(AlertMessageTest, IdentityIsTheLabels) {
  const AlertIdentity one = IdentityOf(TestAlert());
  Alert later = TestAlert();
  later.value = 1;
  later.cause = "other";
  EXPECT_EQ(IdentityOf(later), one);
  EXPECT_NE(IdentityOf(WithRule([](AlertRule& rule) { rule.labels = {{"team", "a"}}; })), one);
  EXPECT_NE(IdentityOf(WithRule([](AlertRule& rule) { rule.severity = AlertSeverity::kInfo; })),
            one);
}

}  // namespace
}  // namespace connwatch
