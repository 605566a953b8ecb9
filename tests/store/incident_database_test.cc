#include "store/incident_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>

#include "store/sqlite.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::incident_database_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

WallTime At(int second) { return WallTime(1'700'000'000s + std::chrono::seconds(second)); }

Incident Fired(const std::string& id, int second) {
  return {.id = id,
          .alert = "Queue",
          .subject = "0.0.0.0:443",
          .severity = AlertSeverity::kCritical,
          .fired_at = At(second),
          .document = "{\"summary\": \"" + id + "\"}"};
}

Incident Ended(Incident incident, int second) {
  incident.end = IncidentEnd::kResolved;
  incident.ended_at = At(second);
  return incident;
}

IncidentDatabase Opened(const std::string& directory, const IncidentBounds& bounds = {}) {
  auto opened = IncidentDatabase::Open(directory, bounds);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().context);
  return std::move(opened).value();
}

void Save(IncidentDatabase& database, std::vector<Incident> incidents, int second) {
  const auto saved =
      database.Save({.incidents = std::move(incidents), .samples = {}, .at = At(second)});
  EXPECT_TRUE(saved) << (saved ? "" : saved.error().context);
}

std::vector<std::string> IdsOf(const Result<IncidentPage>& page) {
  std::vector<std::string> ids;
  if (!page) return {page.error().context};
  for (const Incident& incident : page->incidents) ids.push_back(incident.id);
  return ids;
}

TEST(IncidentDatabase, KeepsIncidentsOverARestart) {
  const ScratchDirectory directory;
  {
    IncidentDatabase database = Opened(directory.path());
    Save(database, {Fired("a", 10)}, 10);
    Save(database, {Ended(Fired("a", 10), 20), Fired("b", 15)}, 20);
  }
  IncidentDatabase database = Opened(directory.path());
  EXPECT_TRUE(database.is_persistent());
  EXPECT_EQ(database.notice(), "");
  const auto page = database.Read({});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 2U);
  EXPECT_TRUE(page->is_persistent);
  ASSERT_THAT(IdsOf(page), ElementsAre("b", "a"));
  const Incident& a = page->incidents.back();
  EXPECT_EQ(a.alert, "Queue");
  EXPECT_EQ(a.subject, "0.0.0.0:443");
  EXPECT_EQ(a.severity, AlertSeverity::kCritical);
  EXPECT_EQ(a.fired_at, At(10));
  EXPECT_EQ(a.ended_at, At(20));
  EXPECT_EQ(a.end, IncidentEnd::kResolved);
  EXPECT_EQ(a.document, "{\"summary\": \"a\"}");
}

TEST(IncidentDatabase, ClosesWhatWasOpenWhenTheDaemonWasKilled) {
  const ScratchDirectory directory;
  {
    IncidentDatabase database = Opened(directory.path());
    Save(database, {Fired("a", 10)}, 10);
    Save(database, {}, 50);  // alive
  }
  IncidentDatabase database = Opened(directory.path());
  const auto page = database.Read({});
  ASSERT_TRUE(page);
  ASSERT_THAT(page->incidents, SizeIs(1));
  EXPECT_EQ(page->incidents.front().end, IncidentEnd::kDaemonEnded);
  EXPECT_EQ(page->incidents.front().ended_at, At(50));
}

TEST(IncidentDatabase, FindsByTimeAlertSubjectSeverityAndId) {
  IncidentDatabase database = Opened("");
  EXPECT_FALSE(database.is_persistent());
  Incident other = Fired("c", 30);
  other.alert = "Ports";
  other.subject = "host";
  other.severity = AlertSeverity::kInfo;
  Save(database, {Ended(Fired("a", 10), 20), Ended(Fired("b", 25), 28), other}, 30);
  const auto find = [&database](const IncidentQuery& query) { return IdsOf(database.Read(query)); };
  EXPECT_THAT(find({}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(find({.since = At(20), .until = At(26)}), ElementsAre("b", "a"));
  EXPECT_THAT(find({.since = At(21)}), ElementsAre("c", "b"));
  EXPECT_THAT(find({.since = At(1'000)}), ElementsAre("c")) << "it goes on";
  EXPECT_THAT(find({.until = At(9)}), IsEmpty());
  EXPECT_THAT(find({.alert = "Ports"}), ElementsAre("c"));
  EXPECT_THAT(find({.subject = "0.0.0.0:443"}), ElementsAre("b", "a"));
  EXPECT_THAT(find({.severity = AlertSeverity::kInfo}), ElementsAre("c"));
  EXPECT_THAT(find({.id = "b"}), ElementsAre("b"));
  EXPECT_THAT(find({.id = "' OR 1"}), IsEmpty());
  EXPECT_THAT(find({.limit = 1, .offset = 1}), ElementsAre("b"));
  EXPECT_EQ(database.Read({.limit = 1})->total, 3U);
}

TEST(IncidentDatabase, ShowsTheSamplesAroundAnIncident) {
  IncidentDatabase database = Opened("");
  IncidentChanges changes{.incidents = {Fired("a", 1'000)}, .samples = {}, .at = At(1'000)};
  for (const int second : {699, 700, 1'300, 1'301}) {
    changes.samples.push_back({At(second), std::to_string(second)});
  }
  ASSERT_TRUE(database.Save(changes));
  const auto page = database.Read({.id = "a"});
  ASSERT_TRUE(page);
  ASSERT_THAT(page->samples, SizeIs(2));
  EXPECT_EQ(page->samples.front().document, "700");
  EXPECT_EQ(page->samples.back().at, At(1'300));
  EXPECT_THAT(database.Read({})->samples, IsEmpty());
}

TEST(IncidentDatabase, RemovesTheOldestBeyondItsBounds) {
  IncidentDatabase database = Opened("", {.incidents = 10});
  for (int i = 0; i < 40; ++i) Save(database, {Ended(Fired(std::to_string(i), i), i)}, i);
  EXPECT_EQ(*database.CountIncidents(), 10U);
  EXPECT_EQ(IdsOf(database.Read({})).front(), "39");
  ASSERT_TRUE(database.Prune(At(30 * 24 * 3'600 + 35)));
  EXPECT_THAT(IdsOf(database.Read({})), ElementsAre("39", "38", "37", "36", "35"));
}

TEST(IncidentDatabase, StaysWithinItsBytes) {
  const ScratchDirectory directory;
  constexpr std::uint64_t kBytes = 512 * 1'024;
  IncidentDatabase database = Opened(directory.path(), {.bytes = kBytes});
  for (int i = 0; i < 1'000; ++i) {
    Incident incident = Ended(Fired(std::to_string(i), i), i);
    incident.document.append(3'000, 'x');
    Save(database, {std::move(incident)}, i);
  }
  EXPECT_LE(*database.CountBytes(), kBytes);
  EXPECT_LE(std::filesystem::file_size(directory.PathTo("incidents.db")), kBytes);
  EXPECT_GE(*database.CountIncidents(), 50U);
  EXPECT_EQ(IdsOf(database.Read({.limit = 1})).front(), "999");
}

// What waits in memory needs more room than one change does.
TEST(IncidentDatabase, MakesRoomForWhatWaitedInMemory) {
  const ScratchDirectory directory;
  constexpr std::uint64_t kBytes = 256 * 1'024;
  IncidentDatabase database = Opened(directory.path(), {.bytes = kBytes});
  for (int i = 0; i < 40; ++i) {
    std::vector<Incident> many;
    for (int j = 0; j < 10; ++j) {
      many.push_back(Ended(Fired(std::to_string(i) + "." + std::to_string(j), i), i));
      many.back().document.append(2'000, 'x');
    }
    // A tenth may not be room enough at once; then they wait, and a later call writes them.
    static_cast<void>(database.Save({.incidents = std::move(many), .samples = {}, .at = At(i)}));
  }
  EXPECT_TRUE(database.SaveSpare());
  EXPECT_LE(*database.CountBytes(), kBytes);
  EXPECT_EQ(IdsOf(database.Read({.limit = 1})).front(), "39.0");
}

TEST(IncidentDatabase, PutsADamagedFileAside) {
  for (const std::string& content :
       {std::string("no database at all, but long enough"),
        std::string("SQLite format 3\0", 16) + std::string(5'000, 'x')}) {
    const ScratchDirectory directory;
    directory.Write("incidents.db", content);
    IncidentDatabase database = Opened(directory.path());
    EXPECT_THAT(database.notice(), HasSubstr("incidents.db.damaged"));
    Save(database, {Fired("a", 10)}, 10);
    EXPECT_THAT(IdsOf(database.Read({})), ElementsAre("a"));
    EXPECT_EQ(std::filesystem::file_size(directory.PathTo("incidents.db.damaged")), content.size());
  }
}

TEST(IncidentDatabase, PutsAFileAsideWhosePagesAreDamaged) {
  const ScratchDirectory directory;
  {
    IncidentDatabase database = Opened(directory.path());
    for (int i = 0; i < 200; ++i) Save(database, {Fired(std::to_string(i), i)}, i);
  }
  {
    std::fstream file(directory.PathTo("incidents.db"), std::ios::in | std::ios::out);
    file.seekp(4'096);
    for (int i = 0; i < 20'000; ++i) file.put('?');
  }
  IncidentDatabase database = Opened(directory.path());
  EXPECT_THAT(database.notice(), HasSubstr("damaged"));
  EXPECT_EQ(*database.CountIncidents(), 0U);
}

TEST(IncidentDatabase, FailsWithoutADirectory) {
  const auto opened = IncidentDatabase::Open("/nonexistent/folder");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().context, HasSubstr("No such file or directory"));
}

TEST(IncidentDatabase, TwoDaemonsDoNotShareAFile) {
  const ScratchDirectory directory;
  IncidentDatabase database = Opened(directory.path());
  const auto second = IncidentDatabase::Open(directory.path());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().context, HasSubstr("locked"));
}

TEST(IncidentDatabase, TellsWhatIsInMemoryOnly) {
  const ScratchDirectory directory;
  const IncidentChanges changes{
      .incidents = {Fired("a", 10)}, .samples = {{At(11), "sample"}}, .at = At(12)};
  IncidentDatabase memory = Opened("");
  ASSERT_TRUE(memory.Save(changes));
  const auto unsaved = memory.Unsaved();
  ASSERT_TRUE(unsaved);
  EXPECT_THAT(unsaved->incidents, SizeIs(1));
  EXPECT_THAT(unsaved->samples, SizeIs(1));
  EXPECT_EQ(unsaved->at, At(12));
  IncidentDatabase file = Opened(directory.path());
  ASSERT_TRUE(file.Save(*unsaved));
  EXPECT_THAT(file.Read({.id = "a"})->samples, SizeIs(1));
  EXPECT_THAT(file.Unsaved()->incidents, IsEmpty()) << "all is in the file";
  EXPECT_THAT(file.Unsaved()->samples, IsEmpty());
}

// Runs statements on a file that nobody has open.
void Change(const ScratchDirectory& directory, const std::string& statements) {
  auto database = SqlDatabase::Open(directory.PathTo("incidents.db"));
  ASSERT_TRUE(database);
  const auto done = database->Execute(statements);
  ASSERT_TRUE(done) << (done ? "" : done.error().context);
}

TEST(IncidentDatabase, PutsAFileAsideThatIsNotAsItMakesThem) {
  for (const char* change :
       {"ALTER TABLE incidents ADD COLUMN more", "DROP INDEX searched; CREATE TABLE searched(a)",
        "DROP TABLE incidents; CREATE VIEW incidents AS SELECT 1",
        "CREATE TRIGGER all_gone AFTER INSERT ON incidents BEGIN DELETE FROM incidents; END",
        // The index is older than the row.
        "PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT * FROM sqlite_master;"
        "DELETE FROM sqlite_master WHERE name = 'searched'"}) {
    const ScratchDirectory directory;
    {
      IncidentDatabase database = Opened(directory.path());
      Save(database, {Fired("a", 10)}, 10);
    }
    Change(directory, change);
    IncidentDatabase database = Opened(directory.path());
    EXPECT_THAT(database.notice(), HasSubstr("incidents.db.damaged")) << change;
    Save(database, {Fired("b", 20)}, 20);
    EXPECT_THAT(IdsOf(database.Read({})), ElementsAre("b")) << change;
  }
}

TEST(IncidentDatabase, TimesOfAnotherEraAreBrought1970To2200) {
  const ScratchDirectory directory;
  {
    IncidentDatabase database = Opened(directory.path());
    Save(database, {Fired("a", 10), Ended(Fired("b", 10), 11)}, 10);
  }
  for (const char* time : {"9223372036854775807", "-9223372036854775808", "'x'", "1e300"}) {
    Change(directory,
           "UPDATE incidents SET fired = " + std::string(time) +
               "; UPDATE incidents SET ended = fired WHERE id = 'b'; UPDATE life SET at = " + time +
               ";UPDATE incidents SET ended = NULL, ended_how = 0 WHERE id = 'a';");
    IncidentDatabase database = Opened(directory.path());
    const auto page = database.Read({});
    ASSERT_TRUE(page) << time;
    ASSERT_THAT(page->incidents, SizeIs(2)) << time;
    for (const Incident& incident : page->incidents) {
      EXPECT_GE(incident.fired_at, WallTime()) << time;
      EXPECT_LE(*incident.ended_at, WallTime(std::chrono::years(231))) << time;
    }
  }
}

TEST(IncidentDatabase, ASmallFileKeepsTheNewest) {
  const ScratchDirectory directory;
  IncidentDatabase database = Opened(directory.path(), {.bytes = 100'000});
  Save(database, {Fired("first", 1)}, 1);
  std::vector<Incident> many;
  for (int i = 0; i < 200; ++i) {
    many.push_back(Ended(Fired(std::to_string(i), 100 + i), 100 + i));
    many.back().document.append(3'000, 'x');
  }
  // All at once is more than the file may have. They wait, and a later call writes them in parts.
  EXPECT_FALSE(database.Save({.incidents = std::move(many), .samples = {}, .at = At(300)}));
  EXPECT_EQ(*database.CountIncidents(), 201U) << "the file has lost nothing for that";
  ASSERT_TRUE(database.SaveSpare());
  EXPECT_THAT(database.Unsaved()->incidents, IsEmpty());
  const auto ids = IdsOf(database.Read({}));
  EXPECT_GT(ids.size(), 10U);
  EXPECT_EQ(ids.front(), "199");
}

}  // namespace
}  // namespace connwatch::incident_database_test
