#include "exporters/notify/webhook_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "core/alerts/alert_receiver.h"
#include "tests/support/alerts.h"
#include "tests/support/firing_alerts.h"

namespace connwatch::webhook_body_test {
namespace {

using testing::HasSubstr;
using testing::Not;

const NoticeContext kContext{
    .origin = kTestOrigin, .now = TestInstant(100), .expires_at = std::nullopt};

// The firing one of TestAlerts, with texts of its own.
Alert TestAlert() {
  Alert alert = TestAlerts()->alerts.front();
  auto rule = std::make_shared<AlertRule>(*alert.rule);
  rule->threshold = AlertThreshold{ThresholdSide::kAbove, 64};
  rule->annotations = {{"summary", "It is wrong"}, {"description", "Look there"}};
  alert.rule = rule;
  alert.unit = "nginx.service";
  return alert;
}

std::string Body(const Alert& alert, std::string_view body,
                 std::optional<Instant> resolved_at = std::nullopt) {
  return WebhookBody(
      {LabelsOf(alert, kTestOrigin), std::make_shared<const Alert>(alert), resolved_at}, kContext,
      body);
}

TEST(WebhookBodyTest, IsAnObjectWithAllThatIsKnown) {
  EXPECT_EQ(Body(TestAlert(), ""),
            R"json({"version":1,"status":"firing","alertname":"SynRecvBacklogGrowth",)json"
            R"json("severity":"critical","subject":"0.0.0.0:443","summary":"It is wrong",)json"
            R"json("description":"Look there",)json"
            R"json("labels":{"alertname":"SynRecvBacklogGrowth","severity":"critical",)json"
            R"json("instance":"web1:10177","job":"connwatch","listener":"0.0.0.0:443",)json"
            R"json("unit":"nginx.service"},)json"
            R"json("annotations":{"summary":"It is wrong","description":"Look there",)json"
            R"json("value":"3000","threshold":"64","cause":"syn_flood",)json"
            R"json("unit":"nginx.service",)json"
            R"json("evidence":"SYN queue 3000 of 4096","top_sources":"198.51.100.0/24 (40)",)json"
            R"json("runbook_url":"http://web1:10177/runbook#SynRecvBacklogGrowth"},)json"
            R"json("startsAt":"2023-11-14T22:13:40.000Z","generatorURL":)json"
            R"json("http://web1:10177/#alert=SynRecvBacklogGrowth&subject=0.0.0.0%3A443)json"
            R"json(&incident=cb5b731bf0508f31",)json"
            R"json("runbook_url":"http://web1:10177/runbook#SynRecvBacklogGrowth"})json");
}

TEST(WebhookBodyTest, HasAnEndOnlyIfItHasEnded) {
  EXPECT_THAT(Body(TestAlert(), ""), Not(HasSubstr("endsAt")));
  const std::string resolved = Body(TestAlert(), "", TestInstant(50));
  EXPECT_THAT(resolved, HasSubstr(R"("status":"resolved")"));
  EXPECT_THAT(resolved, HasSubstr(R"("endsAt":"2023-11-14T22:14:10.000Z")"));
}

TEST(WebhookBodyTest, IsTheUsersTemplateWithEveryWordFilledIn) {
  std::string all;
  for (const std::string_view word : kWebhookWords) all += "{{" + std::string(word) + "}};";
  EXPECT_EQ(Body(TestAlert(), "{\"text\": \"" + all + "\"}"),
            R"json({"text": "firing;SynRecvBacklogGrowth;critical;It is wrong;Look there;)json"
            R"json(0.0.0.0:443;3000;64;syn_flood;nginx.service;web1:10177;)json"
            R"json(2023-11-14T22:13:40.000Z;)json"
            R"json(http://web1:10177/#alert=SynRecvBacklogGrowth&subject=0.0.0.0%3A443)json"
            R"json(&incident=cb5b731bf0508f31;)json"
            R"json(http://web1:10177/runbook#SynRecvBacklogGrowth;"})json");
  EXPECT_EQ(Body(TestAlert(), R"({"content": "{{ status }}"})", TestInstant(50)),
            R"({"content": "resolved"})");
}

TEST(WebhookBodyTest, ValuesAreEscapedForAJsonString) {
  Alert alert = TestAlert();
  alert.subject = "a\"b\\c\nd\xff{{status}}";
  EXPECT_EQ(Body(alert, R"(["{{subject}}"])"), "[\"a\\\"b\\\\c\\nd\xef\xbf\xbd{{status}}\"]");
}

TEST(WebhookBodyTest, SaysWhatIsNotKnown) {
  Alert alert = TestAlert();
  alert.cause.clear();
  alert.unit.clear();
  EXPECT_EQ(Body(alert, R"(["{{cause}}", "{{unit}}"])"), R"(["not diagnosed", "unknown unit"])");
}

}  // namespace
}  // namespace connwatch::webhook_body_test
