// The key alert_labels: labels of all alerts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "config/config_loader.h"
#include "tests/config/mistakes.h"

namespace connwatch::labels_of_alerts_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(LabelsOfAlerts, MaySetTheHost) {
  const ConfigResult result = ParseConfig(
      "alert_labels: {region: eu, job: net, instance: \"{{host}}.example.org:{{ port }}\"}", "f");
  ASSERT_THAT(Lines(result), IsEmpty());
  EXPECT_THAT(std::get<Config>(result).alert_labels,
              ElementsAre(Pair("instance", "{{host}}.example.org:{{ port }}"), Pair("job", "net"),
                          Pair("region", "eu")));
}

TEST(LabelsOfAlerts, MayBeNone) {
  for (const char* text : {"alert_labels: {}", "alert_labels:"}) {
    EXPECT_THAT(Mistakes(text), IsEmpty()) << text;
  }
}

TEST(LabelsOfAlerts, CannotSayWhatAnAlertIsAbout) {
  for (const std::string name :
       {"alertname", "group", "listener", "namespace", "netns", "pod", "severity", "unit"}) {
    EXPECT_THAT(Mistakes("alert_labels: {" + name + ": x}"),
                ElementsAre("f:1:" + std::to_string(18 + name.size()) + ": alert_labels." + name +
                            ": is a label that alerts have already, must be another name"));
  }
}

TEST(LabelsOfAlerts, HaveNamesAndValuesThatPrometheusTakes) {
  EXPECT_THAT(Mistakes("alert_labels: {__x: a}"),
              ElementsAre("f:1:16: alert_labels.__x: \"__x\" begins with __, which Prometheus "
                          "reserves for itself, must be another name"));
  EXPECT_THAT(
      Mistakes("alert_labels: {a: \"{{hos}}\"}"),
      ElementsAre("f:1:19: alert_labels.a: unknown word {{hos}}, did you mean {{host}}? must "
                  "be one of: host, port"));
  EXPECT_THAT(
      Mistakes("alert_labels: [a]"),
      ElementsAre("f:1:15: alert_labels: is a list, must be a mapping such as {region: eu}"));
}

TEST(LabelsOfAlerts, TwentyAreTheMost) {
  std::string many = "alert_labels: {";
  for (int i = 0; i < 21; ++i) many += "a" + std::to_string(i) + ": b, ";
  EXPECT_THAT(Mistakes(many + "}"),
              ElementsAre("f:1:15: alert_labels: has 21 keys, must be at most 20"));
}

}  // namespace
}  // namespace connwatch::labels_of_alerts_test
