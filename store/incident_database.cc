#include "store/incident_database.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace connwatch {

namespace {

using std::chrono::microseconds;

// Counted in `user_version` of the file. A file with another one is put aside.
constexpr std::int64_t kLayout = 1;
constexpr std::uint64_t kPageBytes = 4096;  // SQLite's default
constexpr std::uint64_t kLeastPages = 16;

// Times are microseconds since 1970. `severity` and `ended_how` are the numbers of AlertSeverity
// and IncidentEnd. The index has all that a search looks at, so a search does not read the
// documents.
std::string TablesOf(const std::string& schema) {
  return "CREATE TABLE IF NOT EXISTS " + schema +
         ".incidents(id TEXT PRIMARY KEY, alert TEXT NOT NULL, subject TEXT NOT NULL, "
         "severity INTEGER NOT NULL, fired INTEGER NOT NULL, ended INTEGER, "
         "ended_how INTEGER NOT NULL, document TEXT NOT NULL);"
         "CREATE INDEX IF NOT EXISTS " +
         schema +
         ".searched ON incidents(fired, ended, alert, subject, severity, id);"
         "CREATE TABLE IF NOT EXISTS " +
         schema +
         ".samples(at INTEGER PRIMARY KEY, document TEXT NOT NULL);"
         // When the daemon was last known to be alive: one row.
         "CREATE TABLE IF NOT EXISTS " +
         schema + ".life(one INTEGER PRIMARY KEY, at INTEGER NOT NULL);";
}

// What the query asks for, of both databases. The spare one has the newer rows.
constexpr std::string_view kFound =
    " FROM (SELECT id, fired, ended, alert, subject, severity FROM spare.incidents UNION ALL "
    "SELECT id, fired, ended, alert, subject, severity FROM main.incidents "
    "WHERE id NOT IN (SELECT id FROM spare.incidents)) "
    "WHERE (?1 IS NULL OR ended IS NULL OR ended >= ?1) AND (?2 IS NULL OR fired <= ?2) "
    "AND (?3 IS NULL OR alert = ?3) AND (?4 IS NULL OR subject = ?4) "
    "AND (?5 IS NULL OR severity = ?5) AND (?6 IS NULL OR id = ?6)";

constexpr std::string_view kMargin = "300000000";  // kIncidentMargin
static_assert(microseconds(kIncidentMargin).count() == 300'000'000);

std::int64_t ToMicroseconds(WallTime time) {
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

std::optional<std::int64_t> ToMicroseconds(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return ToMicroseconds(*time);
}

WallTime ToTime(std::int64_t number) { return WallTime(microseconds(number)); }

void BindFilters(SqlStatement& statement, const IncidentQuery& query) {
  std::optional<std::int64_t> severity;
  if (query.severity) severity = static_cast<std::int64_t>(*query.severity);
  statement.BindIfAny(1, ToMicroseconds(query.since))
      .BindIfAny(2, ToMicroseconds(query.until))
      .BindIfAny(3, query.alert)
      .BindIfAny(4, query.subject)
      .BindIfAny(5, severity)
      .BindIfAny(6, query.id);
}

// What a file on this disk may have: at most half of what is free, so that others have room, too.
std::uint64_t BytesFor(const std::filesystem::path& file, std::uint64_t most) {
  std::error_code ignored;
  const auto space = std::filesystem::space(file.parent_path(), ignored);
  if (ignored) return most;
  const std::uintmax_t size = std::filesystem::file_size(file, ignored);
  const std::uint64_t used = ignored ? 0 : size;
  return std::min<std::uint64_t>(most, used + space.available / 2);
}

}  // namespace

Result<IncidentDatabase> IncidentDatabase::Open(const std::filesystem::path& directory,
                                                const IncidentBounds& bounds) {
  if (directory.empty()) {
    auto database = SqlDatabase::Open(":memory:");
    if (!database) return std::move(database).error();
    IncidentDatabase opened(std::move(database).value(), bounds, false);
    if (auto done = opened.Prepare(bounds.bytes / 4); !done) return std::move(done).error();
    return opened;
  }
  // SQLite would only say that it cannot open the file.
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return Error{0, Error::FromErrno(errno, "write to " + directory.string()).context};
  }
  const std::filesystem::path file = directory / kFileName;
  auto opened = OpenFile(file, bounds);
  if (opened || !IsDamaged(opened.error())) return opened;
  const std::filesystem::path aside = file.string() + ".damaged";
  std::error_code failed;
  std::filesystem::rename(file, aside, failed);
  if (failed) return std::move(opened).error().Within("cannot be put aside");
  std::filesystem::remove(file.string() + "-journal", failed);
  const std::string why = opened.error().context;
  opened = OpenFile(file, bounds);
  if (opened) opened->notice_ = why + "; it is now " + aside.string() + ", and a new one is begun";
  return opened;
}

Result<IncidentDatabase> IncidentDatabase::OpenFile(const std::string& path,
                                                    const IncidentBounds& bounds) {
  auto database = SqlDatabase::Open(path);
  if (!database) return std::move(database).error();
  IncidentDatabase opened(std::move(database).value(), bounds, true);
  if (auto done = opened.Prepare(BytesFor(path, bounds.bytes)); !done) {
    return std::move(done).error().Within(path);
  }
  return opened;
}

// A rollback journal needs less of a small disk than a write-ahead log. TRUNCATE keeps the file of
// the journal, which saves changes of the directory.
Result<void> IncidentDatabase::Prepare(std::uint64_t bytes) {
  const std::uint64_t pages = std::max(bytes / kPageBytes, kLeastPages);
  const std::string settings =
      "PRAGMA main.locking_mode = EXCLUSIVE;"
      "PRAGMA main.journal_mode = TRUNCATE;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA main.max_page_count = " +
      std::to_string(pages) + ";ATTACH ':memory:' AS spare;";
  if (auto done = database_.Execute(settings); !done) return done;
  if (auto done = database_.Execute(TablesOf("spare")); !done) return done;
  auto layout = database_.QueryNumber("PRAGMA main.user_version");
  if (!layout) return std::move(layout).error();
  if (*layout != 0 && *layout != kLayout) {
    return DamagedError("has the layout of another version of connwatch");
  }
  auto check = database_.Prepare("PRAGMA main.quick_check(1)");
  if (!check) return std::move(check).error();
  if (auto row = check->Step(); !row) return std::move(row).error();
  if (check->Text(0) != "ok") return DamagedError("is damaged: " + check->Text(0));
  check->Reset();
  const auto open = static_cast<int>(IncidentEnd::kGoesOn);
  const auto ended = static_cast<int>(IncidentEnd::kDaemonEnded);
  // What was open when the daemon ended. It was alive at least when the last one fired.
  return database_.Execute(
      "BEGIN IMMEDIATE;" + TablesOf("main") + "PRAGMA main.user_version = " +
      std::to_string(kLayout) + ";UPDATE main.incidents SET ended_how = " + std::to_string(ended) +
      ", ended = max(fired, ifnull((SELECT at FROM main.life), fired)) WHERE ended_how = " +
      std::to_string(open) + ";COMMIT;");
}

Result<void> IncidentDatabase::Save(const IncidentChanges& changes) {
  Result<void> saved = SaveSpare();
  if (saved) saved = WithRoom([&] { return Write("main", changes); });
  if (saved) saved = KeepWithinRows();
  if (saved) return {};
  if (auto kept = KeepInSpare(changes); !kept) return kept;
  return saved;
}

// A file that has reached its limit gives up the oldest tenth, and so does one on a full disk: what
// is free in the file needs no space on the disk.
Result<void> IncidentDatabase::WithRoom(const std::function<Result<void>()>& write) {
  auto written = write();
  if (written || !IsFull(written.error())) return written;
  auto count = database_.QueryNumber("SELECT count(*) FROM main.incidents");
  if (!count || *count == 0) return written;
  if (!RemoveOldest(static_cast<std::size_t>(*count) / 10 + 1)) return written;
  return write();
}

// Removes some more than needed, so that not every incident removes another one.
Result<void> IncidentDatabase::KeepWithinRows() {
  auto count = database_.QueryNumber("SELECT count(*) FROM main.incidents");
  if (!count) return std::move(count).error();
  const auto rows = static_cast<std::size_t>(*count);
  if (rows <= bounds_.incidents) return {};
  return RemoveOldest(rows - bounds_.incidents + bounds_.incidents / 100);
}

Result<void> IncidentDatabase::Write(const std::string& schema, const IncidentChanges& changes) {
  if (auto begun = database_.Execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto written = WriteRows(schema, changes);
  if (written) written = database_.Execute("COMMIT");
  // After some failures SQLite has rolled back by itself; then this one does nothing.
  if (!written) static_cast<void>(database_.Execute("ROLLBACK"));
  return written;
}

Result<void> IncidentDatabase::WriteRows(const std::string& schema,
                                         const IncidentChanges& changes) {
  auto incident = database_.Prepare("INSERT OR REPLACE INTO " + schema +
                                    ".incidents VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  if (!incident) return std::move(incident).error();
  for (const Incident& change : changes.incidents) {
    incident->Bind(1, change.id)
        .Bind(2, change.alert)
        .Bind(3, change.subject)
        .Bind(4, static_cast<std::int64_t>(change.severity))
        .Bind(5, ToMicroseconds(change.fired_at))
        .BindIfAny(6, ToMicroseconds(change.ended_at))
        .Bind(7, static_cast<std::int64_t>(change.end))
        .Bind(8, change.document);
    if (auto done = incident->Run(); !done) return done;
  }
  auto sample = database_.Prepare("INSERT OR REPLACE INTO " + schema + ".samples VALUES(?1, ?2)");
  if (!sample) return std::move(sample).error();
  for (const IncidentSample& change : changes.samples) {
    sample->Bind(1, ToMicroseconds(change.at)).Bind(2, change.document);
    if (auto done = sample->Run(); !done) return done;
  }
  auto life = database_.Prepare("INSERT OR REPLACE INTO " + schema + ".life VALUES(1, ?1)");
  if (!life) return std::move(life).error();
  return life->Bind(1, ToMicroseconds(changes.at)).Run();
}

Result<void> IncidentDatabase::KeepInSpare(const IncidentChanges& changes) {
  has_spare_ = true;
  if (auto written = Write("spare", changes); !written) return written;
  return database_.Execute(
      "DELETE FROM spare.incidents WHERE id NOT IN (SELECT id FROM spare.incidents "
      "ORDER BY fired DESC LIMIT " +
      std::to_string(kMaxSpareIncidents) +
      ");DELETE FROM spare.samples WHERE at NOT IN (SELECT at FROM spare.samples "
      "ORDER BY at DESC LIMIT " +
      std::to_string(kMaxSpareSamples) + ");");
}

Result<void> IncidentDatabase::SaveSpare() {
  if (!has_spare_) return {};
  auto moved = WithRoom([this] {
    auto done = database_.Execute(
        "BEGIN IMMEDIATE;"
        "INSERT OR REPLACE INTO main.incidents SELECT * FROM spare.incidents;"
        "INSERT OR REPLACE INTO main.samples SELECT * FROM spare.samples;"
        "DELETE FROM spare.incidents;DELETE FROM spare.samples;COMMIT;");
    if (!done) static_cast<void>(database_.Execute("ROLLBACK"));
    return done;
  });
  if (moved) has_spare_ = false;
  return moved;
}

Result<void> IncidentDatabase::Prune(WallTime now) {
  const std::int64_t oldest = ToMicroseconds(now - bounds_.age);
  auto removal = database_.Prepare("DELETE FROM main.incidents WHERE ended < ?1");
  if (!removal) return std::move(removal).error();
  if (auto done = removal->Bind(1, oldest).Run(); !done) return done;
  return RemoveOldest(0);
}

// Samples that no incident needs any more go with it.
Result<void> IncidentDatabase::RemoveOldest(std::size_t count) {
  return database_.Execute(
      "DELETE FROM main.incidents WHERE id IN (SELECT id FROM main.incidents "
      "ORDER BY fired LIMIT " +
      std::to_string(count) +
      ");DELETE FROM main.samples WHERE at < ifnull((SELECT min(fired) FROM "
      "main.incidents), 0) - " +
      std::string(kMargin) + ";");
}

Result<IncidentPage> IncidentDatabase::Read(const IncidentQuery& query) {
  IncidentPage page{.total = 0, .incidents = {}, .samples = {}, .is_persistent = is_persistent_};
  auto count = database_.Prepare("SELECT count(*)" + std::string(kFound));
  if (!count) return std::move(count).error();
  BindFilters(*count, query);
  if (auto row = count->Step(); !row) return std::move(row).error();
  page.total = static_cast<std::size_t>(count->Number(0));
  auto ids = database_.Prepare("SELECT id" + std::string(kFound) +
                               " ORDER BY fired DESC, id LIMIT ?7 OFFSET ?8");
  if (!ids) return std::move(ids).error();
  BindFilters(*ids, query);
  ids->Bind(7, static_cast<std::int64_t>(query.limit));
  ids->Bind(8, static_cast<std::int64_t>(query.offset));
  while (true) {
    auto row = ids->Step();
    if (!row) return std::move(row).error();
    if (!*row) break;
    auto incident = ReadIncident(ids->Text(0));
    if (!incident) return std::move(incident).error();
    page.incidents.push_back(std::move(incident).value());
  }
  if (!query.id || page.incidents.empty()) return page;
  if (auto read = ReadSamples(page.incidents.front(), page); !read) return std::move(read).error();
  return page;
}

Result<Incident> IncidentDatabase::ReadIncident(const std::string& id) {
  const std::string columns =
      "SELECT id, alert, subject, severity, fired, ended, ended_how, document";
  auto found = database_.Prepare(columns + " FROM spare.incidents WHERE id = ?1 UNION ALL " +
                                 columns + " FROM main.incidents WHERE id = ?1");
  if (!found) return std::move(found).error();
  found->Bind(1, id);
  if (auto row = found->Step(); !row) return std::move(row).error();
  Incident incident{.id = found->Text(0),
                    .alert = found->Text(1),
                    .subject = found->Text(2),
                    .severity = static_cast<AlertSeverity>(found->Number(3)),
                    .fired_at = ToTime(found->Number(4)),
                    .end = static_cast<IncidentEnd>(found->Number(6)),
                    .document = found->Text(7)};
  if (const auto ended = found->NumberIfAny(5)) incident.ended_at = ToTime(*ended);
  return incident;
}

Result<void> IncidentDatabase::ReadSamples(const Incident& incident, IncidentPage& page) {
  auto samples = database_.Prepare(
      "SELECT at, document FROM (SELECT * FROM spare.samples UNION SELECT * FROM main.samples) "
      "WHERE at BETWEEN ?1 - " +
      std::string(kMargin) + " AND ?1 + " + std::string(kMargin) + " ORDER BY at");
  if (!samples) return std::move(samples).error();
  samples->Bind(1, ToMicroseconds(incident.fired_at));
  while (true) {
    auto row = samples->Step();
    if (!row) return std::move(row).error();
    if (!*row) return {};
    page.samples.push_back({ToTime(samples->Number(0)), samples->Text(1)});
  }
}

Result<void> IncidentDatabase::CopyTo(IncidentDatabase& other) {
  IncidentQuery all;
  all.limit = bounds_.incidents;
  auto page = Read(all);
  if (!page) return std::move(page).error();
  auto samples = database_.Prepare("SELECT at, document FROM main.samples ORDER BY at");
  if (!samples) return std::move(samples).error();
  while (true) {
    auto row = samples->Step();
    if (!row) return std::move(row).error();
    if (!*row) break;
    page->samples.push_back({ToTime(samples->Number(0)), samples->Text(1)});
  }
  const auto life = database_.QueryNumber("SELECT at FROM main.life");
  return other.Save({.incidents = std::move(page->incidents),
                     .samples = std::move(page->samples),
                     .at = ToTime(life ? *life : 0)});
}

Result<std::uint64_t> IncidentDatabase::CountIncidents() {
  auto count = database_.QueryNumber(
      "SELECT (SELECT count(*) FROM main.incidents) + (SELECT count(*) FROM spare.incidents "
      "WHERE id NOT IN (SELECT id FROM main.incidents))");
  if (!count) return std::move(count).error();
  return static_cast<std::uint64_t>(*count);
}

Result<std::uint64_t> IncidentDatabase::CountBytes() {
  auto pages = database_.QueryNumber("PRAGMA main.page_count");
  if (!pages) return std::move(pages).error();
  return static_cast<std::uint64_t>(*pages) * kPageBytes;
}

}  // namespace connwatch
