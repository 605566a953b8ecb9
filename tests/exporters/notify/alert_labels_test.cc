#include "exporters/notify/alert_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "tests/support/alerts.h"
#include "tests/support/firing_alerts.h"

namespace connwatch::alert_labels_test {
namespace {

using testing::ElementsAre;
using testing::Pair;

// The firing one of TestAlerts.
Alert TestAlert() { return TestAlerts()->alerts.front(); }

Alert WithLabels(std::map<std::string, std::string> labels) {
  Alert alert = TestAlert();
  auto rule = std::make_shared<AlertRule>(*alert.rule);
  rule->labels = std::move(labels);
  alert.rule = rule;
  return alert;
}

TEST(AlertLabels, AreThoseOfThePageAndTheHost) {
  EXPECT_THAT(LabelsOf(TestAlert(), kTestOrigin),
              ElementsAre(Pair("alertname", "SynRecvBacklogGrowth"), Pair("severity", "critical"),
                          Pair("instance", "web1:10177"), Pair("job", "connwatch"),
                          Pair("listener", "0.0.0.0:443"), Pair("unit", "nginx.service")));
  EXPECT_THAT(LabelsOf(TestAlerts()->alerts.back(), {}),
              ElementsAre(Pair("alertname", "ConnectsPending"), Pair("severity", "warning"),
                          Pair("group", "443")));
}

TEST(AlertLabels, NameTheOwner) {
  Alert alert = TestAlert();
  alert.subject = "shop/cart-7c9/0.0.0.0:443";
  alert.netns = "shop/cart-7c9";
  alert.pod_namespace = "shop";
  alert.pod = "cart-7c9";
  alert.unit = "shop/cart-7c9/redis";
  EXPECT_THAT(LabelsOf(alert, {}),
              ElementsAre(Pair("alertname", "SynRecvBacklogGrowth"), Pair("severity", "critical"),
                          Pair("listener", "0.0.0.0:443"), Pair("netns", "shop/cart-7c9"),
                          Pair("namespace", "shop"), Pair("pod", "cart-7c9"),
                          Pair("unit", "shop/cart-7c9/redis")));
}

TEST(AlertLabels, OfAHostHaveNoSubject) {
  Alert alert = TestAlert();
  alert.subject = "host";
  alert.listener.clear();
  alert.unit.clear();
  EXPECT_THAT(LabelsOf(alert, {}),
              ElementsAre(Pair("alertname", "SynRecvBacklogGrowth"), Pair("severity", "critical")));
}

TEST(AlertLabels, OfARuleComeBeforeThoseOfAllAlerts) {
  const AlertOrigin origin{
      .labels = {{"region", "eu"}, {"team", "host"}}, .external_url = {}, .runbook_url = {}};
  EXPECT_THAT(LabelsOf(WithLabels({{"team", "rule"}}), origin),
              ElementsAre(Pair("alertname", "SynRecvBacklogGrowth"), Pair("severity", "critical"),
                          Pair("team", "rule"), Pair("region", "eu"),
                          Pair("listener", "0.0.0.0:443"), Pair("unit", "nginx.service")));
}

TEST(AlertLabels, IdentifyAnAlert) {
  const AlertLabels one = LabelsOf(TestAlert(), kTestOrigin);
  Alert later = TestAlert();
  later.value = 1;
  later.cause = "other";
  EXPECT_EQ(LabelsOf(later, kTestOrigin), one);
  EXPECT_NE(LabelsOf(WithLabels({{"team", "a"}}), kTestOrigin), one);
  EXPECT_NE(LabelsOf(TestAlert(), {}), one);
}

// The same listener on the host and in two namespaces, and what their names could be taken for.
TEST(AlertLabels, DifferForDifferentSubjects) {
  std::set<AlertLabels> different;
  for (const auto& [netns, listener] :
       std::vector<std::pair<const char*, const char*>>{{"", "0.0.0.0:443"},
                                                        {"web", "0.0.0.0:443"},
                                                        {"web/a", "0.0.0.0:443"},
                                                        {"web", "0.0.0.0:80"}}) {
    Alert alert = TestAlert();
    alert.netns = netns;
    alert.listener = listener;
    different.insert(LabelsOf(alert, kTestOrigin));
  }
  EXPECT_EQ(different.size(), 4U);
}

TEST(AlertLinks, LeadToTheAlertOnTheStatusPage) {
  Alert alert = TestAlert();
  EXPECT_EQ(LinkTo(alert, kTestOrigin),
            "http://web1:10177/#alert=SynRecvBacklogGrowth&subject=0.0.0.0%3A443"
            "&incident=cb5b731bf0508f31");
  alert.subject = "a/[fe80::1]%eth0 \xc3\xa4+&#=-._~";
  EXPECT_EQ(LinkTo(alert, kTestOrigin),
            "http://web1:10177/#alert=SynRecvBacklogGrowth&subject="
            "a%2F%5Bfe80%3A%3A1%5D%25eth0%20%C3%A4%2B%26%23%3D-._~"
            "&incident=d5f180c3dff0e76a");
}

TEST(AlertLinks, LeadToTheRunbook) {
  EXPECT_EQ(RunbookOf(TestAlert(), {.labels = {},
                                    .external_url = {},
                                    .runbook_url = "https://wiki/{{ alertname }}.html"}),
            "https://wiki/SynRecvBacklogGrowth.html");
}

}  // namespace
}  // namespace connwatch::alert_labels_test
