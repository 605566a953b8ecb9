#include "core/alerts/alert_template.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace connwatch::alert_template_test {
namespace {

Alert TestAlert() {
  return {.rule = std::make_shared<const AlertRule>(
              AlertRule{.name = "A",
                        .signal = AlertSignal::kListenerSynQueueUtilization,
                        .threshold = AlertThreshold{.value = 0.8}}),
          .subject = "[::]:443",
          .value = 0.914,
          .threshold = 0.8,
          .cause = "syn_flood"};
}

TEST(AlertTemplate, FillsInEveryWord) {
  EXPECT_EQ(
      FillTemplate("{{subject}} at {{value}}, above {{ threshold }}: {{cause}}.", TestAlert()),
      "[::]:443 at 91.4 %, above 80 %: syn_flood.");
  EXPECT_EQ(FillTemplate("plain", TestAlert()), "plain");
  EXPECT_EQ(FillTemplate("", TestAlert()), "");
}

TEST(AlertTemplate, SaysWhereThereIsNoCause) {
  Alert alert = TestAlert();
  alert.cause.clear();
  EXPECT_EQ(FillTemplate("{{cause}}", alert), "not diagnosed");
}

TEST(AlertTemplate, GrowthAloneIsPerSecond) {
  Alert alert = TestAlert();
  alert.rule = std::make_shared<const AlertRule>(AlertRule{.growth = AlertGrowth{20}});
  alert.value = 33;
  EXPECT_EQ(FillTemplate("{{value}}", alert), "33/s");
}

TEST(AlertTemplate, DoesNotFillInWhatItFilledIn) {
  Alert alert = TestAlert();
  alert.subject = "{{value}}";
  EXPECT_EQ(FillTemplate("{{subject}}", alert), "{{value}}");
}

TEST(AlertTemplate, LeavesWhatIsNoWord) {
  EXPECT_EQ(FillTemplate("{{what}} {{value", TestAlert()), "{{what}} {{value");
  EXPECT_EQ(FillTemplate("a }} {b} {{value}} {{", TestAlert()), "a }} {b} 91.4 % {{");
}

TEST(AlertTemplate, TheWordsCanBeOthers) {
  constexpr std::array<std::string_view, 1> kWords = {"name"};
  const auto twice = [](std::string_view word) { return std::string(word) + std::string(word); };
  EXPECT_EQ(FillTemplate("{{ name }}/{{value}}", twice, kWords), "namename/{{value}}");
  EXPECT_FALSE(FindTemplateMistake("{{name}}", kWords));
  EXPECT_EQ(FindTemplateMistake("{{name}} {{value}}", kWords)->word, "value");
}

TEST(AlertTemplate, FindsTheFirstMistake) {
  EXPECT_FALSE(FindTemplateMistake(""));
  EXPECT_FALSE(FindTemplateMistake("{{subject}} {{value}} {{threshold}} {{ cause }} {x} }}"));
  EXPECT_EQ(FindTemplateMistake("{{value}} {{ Subject }} {{no}}")->word, "Subject");
  EXPECT_EQ(FindTemplateMistake("{{}}")->word, "");
  EXPECT_FALSE(FindTemplateMistake("{{}}")->is_open);
  EXPECT_TRUE(FindTemplateMistake("{{value}} {{value")->is_open);
  EXPECT_TRUE(FindTemplateMistake("{{")->is_open);
}

}  // namespace
}  // namespace connwatch::alert_template_test
