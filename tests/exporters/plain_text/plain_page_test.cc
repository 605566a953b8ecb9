#include "exporters/plain_text/plain_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "exporters/plain_text/verdict.h"
#include "tests/support/reports.h"
#include "tests/support/text_files.h"

namespace connwatch::plain_page_test {
namespace {

using testing::HasSubstr;
using testing::Not;

// All polls are on time at TestInstant(22).
Report FreshReport() {
  Snapshot snapshot = FullSnapshot();
  for (PollHealth& poll : snapshot.polls) {
    poll.RecordSuccess(TestInstant(22), std::chrono::microseconds(1));
  }
  Report report = FullReport(std::move(snapshot));
  report.notifications.clear();
  return report;
}

Report WithAlerts(Report report, std::vector<Alert> alerts) {
  report.alerts = std::make_shared<const AlertList>(AlertList{.alerts = std::move(alerts)});
  return report;
}

std::string VerdictAt(int second, const Report& report) {
  return VerdictOn(report, TestInstant(second).monotonic);
}

Report WithoutTrouble(Report report) {
  Snapshot calm = *report.snapshot;
  for (Listener& listener : calm.listeners->listeners) listener.status.diagnosis = {};
  calm.namespaces.reset();
  report.snapshot = std::make_shared<const Snapshot>(std::move(calm));
  return report;
}

TEST(VerdictTest, NamesTheWorstAlone) {
  const Report report = FreshReport();
  const auto& alerts = report.alerts->alerts;
  const auto firing =
      static_cast<std::size_t>(std::ranges::count(alerts, AlertState::kFiring, &Alert::state));
  ASSERT_EQ(firing, 1U);
  EXPECT_EQ(VerdictAt(22, report), "1 alert is firing");
  Alert pending = alerts.front();
  pending.state = AlertState::kPending;
  EXPECT_EQ(VerdictAt(22, WithAlerts(report, {pending, pending})), "2 alerts are pending");
  EXPECT_EQ(VerdictAt(22, WithAlerts(report, {})), "2 listeners in trouble");
  EXPECT_EQ(VerdictAt(22, WithAlerts(WithoutTrouble(report), {})), "All is well");
}

TEST(VerdictTest, SaysThatNumbersAreOld) {
  EXPECT_EQ(VerdictAt(3'600, FreshReport()), "1 alert is firing, some numbers are out of date");
  EXPECT_EQ(VerdictAt(3'600, WithAlerts(WithoutTrouble(FreshReport()), {})),
            "Some numbers are out of date");
}

TEST(VerdictTest, SaysThatAlertsAreNotDelivered) {
  Report report = FreshReport();
  report.notifications = {{.receiver = "webhook", .failure = Error{0, "no answer"}}};
  EXPECT_EQ(VerdictAt(22, report), "1 alert is firing, alerts are not delivered");
  EXPECT_EQ(VerdictAt(22, WithAlerts(WithoutTrouble(report), {})), "Alerts are not delivered");
}

TEST(VerdictTest, BeforeTheFirstPollNothingIsWell) {
  EXPECT_EQ(VerdictAt(22, EmptyReport()), "Waiting for the first poll");
}

TEST(VerdictTest, AListenerOfAFiringAlertIsInTrouble) {
  const Report calm = WithoutTrouble(FreshReport());
  EXPECT_TRUE(TroubledListenersOf(WithAlerts(calm, {})).empty());
  Alert alert = calm.alerts->alerts.front();
  alert.state = AlertState::kFiring;
  alert.subject = calm.snapshot->listeners->listeners.back().Name();
  const Report troubled = WithAlerts(calm, {alert});
  ASSERT_EQ(TroubledListenersOf(troubled).size(), 1U);
  EXPECT_EQ(TroubledListenersOf(troubled).front().subject, "[::1%eth0]:22");
}

TEST(PlainPageTest, TheAnswerIsTheDocumentedExample) {
  const std::string document = ReadSourceFile("docs/api.md");
  const std::string head = "```text\n";
  const std::size_t begin = document.find(head) + head.size();
  EXPECT_EQ(RenderPlainPage(FullReport(), TestInstant(60)),
            document.substr(begin, document.find("```\n", begin) - begin));
}

TEST(PlainPageTest, LinesFitATerminal) {
  std::istringstream page(RenderPlainPage(FullReport(), TestInstant(60)));
  for (std::string line; std::getline(page, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(PlainPageTest, BeforeTheFirstPollItSaysSo) {
  const std::string page = RenderPlainPage(EmptyReport(), TestInstant(60));
  EXPECT_THAT(page, HasSubstr("\nWaiting for the first poll\n"));
  EXPECT_THAT(page, HasSubstr("full: not polled yet"));
  EXPECT_THAT(page, Not(HasSubstr("SOCKETS")));
}

TEST(PlainPageTest, TimeIsThatOfTheHost) {
  Report report = EmptyReport();
  report.host = {.name = "db1", .time_zone = "NST", .utc_offset = -std::chrono::minutes(210)};
  EXPECT_TRUE(
      RenderPlainPage(report, TestInstant(0)).starts_with("db1  2023-11-14 18:43:20 NST\n"));
}

TEST(PlainPageTest, NamesOfOthersCannotMoveTheCursor) {
  Snapshot snapshot = FullSnapshot();
  snapshot.listeners->listeners.front().unit = "a\x1b]0;x\x07\nALL IS WELL\n.service";
  snapshot.pending_connects->destinations.front().unit =
      "\xc2\x9b"
      "2J\xff";
  const std::string page = RenderPlainPage(FullReport(std::move(snapshot)), TestInstant(60));
  EXPECT_THAT(page, HasSubstr("(a]0;xALL IS WELL.service)"));
  EXPECT_THAT(page, HasSubstr("2J?"));
  EXPECT_TRUE(std::ranges::none_of(
      page, [](char c) { return (c >= '\0' && c < ' ' && c != '\n') || c == '\x7f'; }));
}

TEST(PlainPageTest, LongListsAreCut) {
  const Report report = FullReport();
  std::vector<Alert> alerts(5'000, report.alerts->alerts.front());
  const std::string page = RenderPlainPage(WithAlerts(report, alerts), TestInstant(60));
  EXPECT_THAT(page, HasSubstr("  and 4,980 more: /api/v1/alerts\n"));
  EXPECT_LT(page.size(), 20'000U);
}

}  // namespace
}  // namespace connwatch::plain_page_test
