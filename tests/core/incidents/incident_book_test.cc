#include "core/incidents/incident_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/alerts.h"

namespace connwatch::incident_book_test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

// An alert that fires at the second 100, and its book. Documents tell the worst value and the end.
class Book {
 public:
  Book() {
    firing_ = TestAlerts()->alerts.front();
    firing_.fired_at = TestInstant(100);
  }

  std::optional<IncidentChanges> Fire() {
    return Tell({{AlertState::kPending, AlertState::kFiring, TestInstant(100), firing_}}, 100);
  }
  std::optional<IncidentChanges> Tell(const std::vector<AlertTransition>& transitions, int second) {
    const AlertList list{.rules = {}, .alerts = {firing_}, .transitions = {}};
    return book.Observe(transitions, list, history, TestInstant(second));
  }
  std::optional<IncidentChanges> Wait(int second) { return Tell({}, second); }
  std::optional<IncidentChanges> Resolve(int second) {
    firing_.state = AlertState::kResolved;
    return Tell({{AlertState::kFiring, AlertState::kResolved, TestInstant(second), firing_}},
                second);
  }
  void Worsen(double value, int second) {
    firing_.worst = value;
    firing_.worst_at = TestInstant(second);
  }
  // Samples that end at these seconds; the last one is in progress.
  void SetHistory(const std::vector<int>& seconds) {
    history.samples.clear();
    for (const int second : seconds) {
      HistorySample& sample = history.samples.emplace_back();
      sample.at = TestInstant(second).wall;
    }
  }

  IncidentBook book{{.alert =
                         [](const Alert& alert, const std::optional<Instant>& ended) {
                           return std::to_string(static_cast<int>(alert.worst)) +
                                  (ended ? " ended" : "");
                         },
                     .sample = [](const HistorySample&) { return std::string("sample"); }}};
  RecentHistory history;

 private:
  Alert firing_;
};

std::vector<int> SecondsOf(const std::vector<IncidentSample>& samples) {
  std::vector<int> seconds;
  seconds.reserve(samples.size());
  for (const IncidentSample& sample : samples) {
    seconds.push_back(static_cast<int>((sample.at - TestInstant(0).wall) / 1s));
  }
  return seconds;
}

TEST(IncidentBook, WritesTheBeginningAndTheEnd) {
  Book book;
  const auto begun = book.Fire();
  ASSERT_TRUE(begun);
  ASSERT_THAT(begun->incidents, SizeIs(1));
  const Incident& first = begun->incidents.front();
  EXPECT_EQ(first.alert, "SynRecvBacklogGrowth");
  EXPECT_EQ(first.subject, "0.0.0.0:443");
  EXPECT_EQ(first.severity, AlertSeverity::kCritical);
  EXPECT_EQ(first.fired_at, TestInstant(100).wall);
  EXPECT_EQ(first.end, IncidentEnd::kGoesOn);
  EXPECT_FALSE(first.ended_at);
  EXPECT_EQ(first.document, "3200");
  EXPECT_FALSE(book.Wait(101)) << "nothing is new";
  const auto ended = book.Resolve(130);
  ASSERT_TRUE(ended);
  ASSERT_THAT(ended->incidents, SizeIs(1));
  EXPECT_EQ(ended->incidents.front().id, first.id);
  EXPECT_EQ(ended->incidents.front().end, IncidentEnd::kResolved);
  EXPECT_EQ(ended->incidents.front().ended_at, TestInstant(130).wall);
  EXPECT_EQ(ended->incidents.front().document, "3200 ended");
  EXPECT_FALSE(book.Wait(200)) << "nothing is open";
}

TEST(IncidentBook, AnAlertThatIsOnlyPendingIsNoIncident) {
  Book book;
  Alert pending = TestAlerts()->alerts.back();
  EXPECT_FALSE(book.Tell({{AlertState::kInactive, AlertState::kPending, TestInstant(1), pending},
                          {AlertState::kPending, AlertState::kInactive, TestInstant(2), pending}},
                         2));
}

TEST(IncidentBook, WritesWhatGetsWorseAtMostEveryTenSeconds) {
  Book book;
  book.Fire();
  book.Worsen(4'000, 103);
  EXPECT_FALSE(book.Wait(103));
  const auto worse = book.Wait(110);
  ASSERT_TRUE(worse);
  ASSERT_THAT(worse->incidents, SizeIs(1));
  EXPECT_EQ(worse->incidents.front().document, "4000");
  const auto alive = book.Wait(120);
  ASSERT_TRUE(alive) << "it shows that the daemon is alive";
  EXPECT_THAT(alive->incidents, IsEmpty());
  EXPECT_EQ(alive->at, TestInstant(120).wall);
}

TEST(IncidentBook, AStopEndsWhatIsOpen) {
  Book book;
  book.Fire();
  const auto stopped = book.book.Stop(TestInstant(140));
  ASSERT_TRUE(stopped);
  ASSERT_THAT(stopped->incidents, SizeIs(1));
  EXPECT_EQ(stopped->incidents.front().end, IncidentEnd::kDaemonStopped);
  EXPECT_EQ(stopped->incidents.front().ended_at, TestInstant(140).wall);
  EXPECT_FALSE(book.book.Stop(TestInstant(141)));
}

TEST(IncidentBook, KeepsTheHistoryFromFiveMinutesBeforeToFiveMinutesAfter) {
  Book book;
  book.SetHistory({-205, -200, 95, 99});
  const auto begun = book.Fire();
  ASSERT_TRUE(begun);
  EXPECT_EQ(SecondsOf(begun->samples), (std::vector{-200, 95})) << "the last one is in progress";
  book.SetHistory({-200, 95, 100, 105});
  const auto next = book.Wait(105);
  ASSERT_TRUE(next);
  EXPECT_EQ(SecondsOf(next->samples), std::vector{100}) << "each once";
  book.Resolve(130);
  book.SetHistory({100, 395, 400, 405, 410});
  const auto last = book.Wait(410);
  ASSERT_TRUE(last) << "also after it has ended";
  EXPECT_EQ(SecondsOf(last->samples), (std::vector{395, 400}));
}

TEST(IncidentBook, GoesOnAfterTheClockWasSetBack) {
  Book book;
  book.SetHistory({95, 99});
  book.Fire();
  book.SetHistory({35, 40, 45});
  const auto after = book.Wait(101);
  ASSERT_TRUE(after);
  EXPECT_EQ(SecondsOf(after->samples), (std::vector{35, 40}));
}

TEST(IncidentId, IsTheSameForTheSameAlertAndDiffersForOthers) {
  Alert alert = TestAlerts()->alerts.front();
  const std::string id = IncidentIdOf(alert);
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{16}"));
  alert.value = 1;
  EXPECT_EQ(IncidentIdOf(alert), id);
  std::set<std::string> ids{id};
  alert.subject = "0.0.0.0:80";
  ids.insert(IncidentIdOf(alert));
  alert.fired_at = TestInstant(21);
  ids.insert(IncidentIdOf(alert));
  EXPECT_THAT(ids, SizeIs(3));
}

}  // namespace
}  // namespace connwatch::incident_book_test
