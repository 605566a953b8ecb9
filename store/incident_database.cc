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
constexpr std::uint64_t kPartInMemory = 4;  // a quarter of what a file may have

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

// A damaged file may have any number. From 1970 to 2200.
WallTime ToTime(std::int64_t number) {
  constexpr std::int64_t kLatest = 7'258'118'400'000'000;
  return WallTime(microseconds(std::clamp<std::int64_t>(number, 0, kLatest)));
}

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
    if (auto done = opened.Prepare(); !done) return std::move(done).error();
    return opened;
  }
  // SQLite would only say that it cannot open the file.
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return Error{0, Error::FromErrno(errno, "write to " + directory.string()).context};
  }
  const std::filesystem::path file = directory / kFileName;
  auto opened = OpenFile(file, bounds);
  if (opened || !IsDamaged(opened.error())) return opened;
  return OpenNew(directory, bounds, opened.error());
}

Result<IncidentDatabase> IncidentDatabase::OpenNew(const std::filesystem::path& directory,
                                                   const IncidentBounds& bounds,
                                                   const Error& damage) {
  const std::filesystem::path file = directory / kFileName;
  const std::filesystem::path aside = file.string() + ".damaged";
  std::error_code failed;
  std::filesystem::rename(file, aside, failed);
  if (failed) return Error(damage).Within("cannot be put aside");
  std::filesystem::remove(file.string() + "-journal", failed);
  auto opened = OpenFile(file, bounds);
  if (opened) {
    opened->notice_ = damage.context + "; it is now " + aside.string() + ", and a new one is begun";
  }
  return opened;
}

Result<IncidentDatabase> IncidentDatabase::OpenFile(const std::string& path,
                                                    const IncidentBounds& bounds) {
  auto database = SqlDatabase::Open(path);
  if (!database) return std::move(database).error();
  IncidentDatabase opened(std::move(database).value(), bounds, true);
  opened.file_ = path;
  auto done = opened.Prepare();
  if (done) done = opened.CheckFile();
  if (done) done = opened.EndWhatWasOpen();
  if (!done) return std::move(done).error().Within(path);
  return opened;
}

// A rollback journal needs less of a small disk than a write-ahead log. TRUNCATE keeps the file of
// the journal, which saves changes of the directory.
Result<void> IncidentDatabase::Prepare() {
  constexpr const char* kSettings =
      "PRAGMA main.locking_mode = EXCLUSIVE;"
      "PRAGMA main.journal_mode = TRUNCATE;"
      "PRAGMA temp_store = MEMORY;"
      "ATTACH ':memory:' AS spare;";
  if (auto done = database_.Execute(kSettings); !done) return done;
  if (auto done = SetLimit(); !done) return done;
  if (auto done = database_.Execute(TablesOf("spare")); !done) return done;
  auto layout = database_.QueryNumber("PRAGMA main.user_version");
  if (!layout) return std::move(layout).error();
  if (*layout != 0 && *layout != kLayout) {
    return DamagedError("has the layout of another version of connwatch");
  }
  return database_.Execute("BEGIN IMMEDIATE;" + TablesOf("main") +
                           "PRAGMA main.user_version = " + std::to_string(kLayout) + ";COMMIT;");
}

// How much room there is may change while the file is open.
Result<void> IncidentDatabase::SetLimit() {
  const std::uint64_t bytes =
      is_persistent_ ? BytesFor(file_, bounds_.bytes) : bounds_.bytes / kPartInMemory;
  return database_.Execute("PRAGMA main.max_page_count = " +
                           std::to_string(std::max(bytes / kPageBytes, kLeastPages)));
}

// The tables must be those that are made here. SQLite's own check reads the whole file.
Result<void> IncidentDatabase::CheckFile() {
  auto others = database_.QueryNumber(
      "SELECT count(*) FROM (SELECT type, name, sql FROM main.sqlite_master EXCEPT "
      "SELECT type, name, sql FROM spare.sqlite_master)");
  if (!others) return std::move(others).error();
  if (*others != 0) return DamagedError("has other tables than connwatch makes");
  auto check = database_.Prepare("PRAGMA main.integrity_check(1)");
  if (!check) return std::move(check).error();
  if (auto row = check->Step(); !row) return std::move(row).error();
  if (check->Text(0) != "ok") return DamagedError("is damaged: " + check->Text(0));
  return {};
}

// The daemon that wrote them was alive at least when the last one fired.
Result<void> IncidentDatabase::EndWhatWasOpen() {
  const auto open = static_cast<int>(IncidentEnd::kGoesOn);
  const auto ended = static_cast<int>(IncidentEnd::kDaemonEnded);
  return database_.Execute(
      "UPDATE main.incidents SET ended_how = " + std::to_string(ended) +
      ", ended = max(fired, ifnull((SELECT at FROM main.life), fired)) WHERE ended_how = " +
      std::to_string(open));
}

Result<void> IncidentDatabase::Save(const IncidentChanges& changes) {
  Result<void> saved = SaveSpare();
  if (saved) saved = WithRoom([&] { return WriteRows("main", changes); });
  if (saved) saved = KeepWithinRows();
  if (saved) return {};
  if (auto kept = KeepInSpare(changes); !kept) return kept;
  return saved;
}

// A file that has reached its limit gives up the oldest tenth, and so does one on a full disk: what
// is free in the file needs no space on the disk.
Result<void> IncidentDatabase::WithRoom(const Step& write) {
  auto written = AsOne(write);
  if (written || !IsFull(written.error())) return written;
  if (auto set = SetLimit(); !set) return set;
  written = AsOne(write);
  if (written || !IsFull(written.error())) return written;
  auto count = database_.QueryNumber("SELECT count(*) FROM main.incidents");
  if (!count) return std::move(count).error();
  return AsOne([&] {
    auto removed = RemoveOldest(static_cast<std::size_t>(*count) / 10 + 1);
    return removed ? write() : removed;
  });
}

Result<void> IncidentDatabase::AsOne(const Step& write) {
  if (auto begun = database_.Execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto written = write();
  if (written) written = database_.Execute("COMMIT");
  // After some failures SQLite has rolled back by itself; then this one does nothing.
  if (!written) static_cast<void>(database_.Execute("ROLLBACK"));
  return written;
}

// Removes some more than needed, so that not every incident removes another one.
Result<void> IncidentDatabase::KeepWithinRows() {
  auto count = database_.QueryNumber("SELECT count(*) FROM main.incidents");
  if (!count) return std::move(count).error();
  const auto rows = static_cast<std::size_t>(*count);
  if (rows <= bounds_.incidents) return {};
  return RemoveOldest(rows - bounds_.incidents + bounds_.incidents / 100);
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
  if (auto written = AsOne([&] { return WriteRows("spare", changes); }); !written) return written;
  return database_.Execute(
      "DELETE FROM spare.incidents WHERE id NOT IN (SELECT id FROM spare.incidents "
      "ORDER BY fired DESC LIMIT " +
      std::to_string(kMaxSpareIncidents) +
      ");DELETE FROM spare.samples WHERE at NOT IN (SELECT at FROM spare.samples "
      "ORDER BY at DESC LIMIT " +
      std::to_string(kMaxSpareSamples) + ");");
}

// In parts, so that a small file takes at least the newest of them.
Result<void> IncidentDatabase::SaveSpare() {
  std::size_t part = kMaxSpareIncidents;
  while (has_spare_) {
    auto moved = WithRoom([&] { return MoveSpare(part); });
    if (!moved && (!IsFull(moved.error()) || part == 1)) return moved;
    if (!moved) part /= 2;
    auto left = database_.QueryNumber(
        "SELECT (SELECT count(*) FROM spare.incidents) + (SELECT count(*) FROM spare.samples)");
    if (!left) return std::move(left).error();
    has_spare_ = *left > 0;
  }
  return {};
}

// The oldest ones first.
Result<void> IncidentDatabase::MoveSpare(std::size_t count) {
  const auto move = [count](const std::string& table, const std::string& time) {
    const std::string these =
        " FROM spare." + table + " ORDER BY " + time + " LIMIT " + std::to_string(count);
    return "INSERT OR REPLACE INTO main." + table + " SELECT *" + these + ";DELETE FROM spare." +
           table + " WHERE rowid IN (SELECT rowid" + these + ");";
  };
  return database_.Execute(move("incidents", "fired") + move("samples", "at"));
}

Result<void> IncidentDatabase::Prune(WallTime now) {
  const std::int64_t oldest = ToMicroseconds(now - bounds_.age);
  auto removal = database_.Prepare("DELETE FROM main.incidents WHERE ended < ?1");
  if (!removal) return std::move(removal).error();
  if (auto done = removal->Bind(1, oldest).Run(); !done) return done;
  return RemoveOldest(0);
}

// Samples that no incident needs any more go with them.
Result<void> IncidentDatabase::RemoveOldest(std::size_t count) {
  return database_.Execute(
      "DELETE FROM main.incidents WHERE id IN (SELECT id FROM main.incidents "
      "ORDER BY fired LIMIT " +
      std::to_string(count) +
      ");DELETE FROM main.samples WHERE at < ifnull((SELECT min(fired) FROM "
      "main.incidents), 9e18) - " +
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
  if (auto read = ReadIncidents(*ids, page.incidents); !read) return std::move(read).error();
  if (!query.id || page.incidents.empty()) return page;
  auto samples = database_.Prepare(
      "SELECT at, document FROM (SELECT * FROM spare.samples UNION SELECT * FROM main.samples) "
      "WHERE at BETWEEN ?1 - " +
      std::string(kMargin) + " AND ?1 + " + std::string(kMargin) + " ORDER BY at");
  if (!samples) return std::move(samples).error();
  samples->Bind(1, ToMicroseconds(page.incidents.front().fired_at));
  if (auto read = ReadSamples(*samples, page.samples); !read) return std::move(read).error();
  return page;
}

Result<Incident> IncidentDatabase::ReadIncident(const std::string& id) {
  const std::string columns =
      "SELECT id, alert, subject, severity, fired, ended, ended_how, document";
  auto found = database_.Prepare(columns + " FROM spare.incidents WHERE id = ?1 UNION ALL " +
                                 columns + " FROM main.incidents WHERE id = ?1");
  if (!found) return std::move(found).error();
  found->Bind(1, id);
  auto row = found->Step();
  if (!row) return std::move(row).error();
  if (!*row) return DamagedError("an index names an incident that does not exist");
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

Result<void> IncidentDatabase::ReadIncidents(SqlStatement& ids, std::vector<Incident>& incidents) {
  while (true) {
    auto row = ids.Step();
    if (!row) return std::move(row).error();
    if (!*row) return {};
    auto incident = ReadIncident(ids.Text(0));
    if (!incident) return std::move(incident).error();
    incidents.push_back(std::move(incident).value());
  }
}

Result<void> IncidentDatabase::ReadSamples(SqlStatement& rows,
                                           std::vector<IncidentSample>& samples) {
  while (true) {
    auto row = rows.Step();
    if (!row) return std::move(row).error();
    if (!*row) return {};
    samples.push_back({ToTime(rows.Number(0)), rows.Text(1)});
  }
}

Result<IncidentChanges> IncidentDatabase::Unsaved() {
  IncidentChanges unsaved{.incidents = {}, .samples = {}, .at = WallTime()};
  const std::string in_main = is_persistent_ ? " WHERE false" : "";
  auto ids = database_.Prepare(
      "SELECT id FROM spare.incidents UNION SELECT id FROM main.incidents" + in_main);
  if (!ids) return std::move(ids).error();
  if (auto read = ReadIncidents(*ids, unsaved.incidents); !read) return std::move(read).error();
  auto samples =
      database_.Prepare("SELECT * FROM spare.samples UNION SELECT * FROM main.samples" + in_main);
  if (!samples) return std::move(samples).error();
  if (auto read = ReadSamples(*samples, unsaved.samples); !read) return std::move(read).error();
  auto life = database_.QueryNumber(
      "SELECT max(ifnull((SELECT at FROM spare.life), 0), ifnull((SELECT at FROM main.life), 0))");
  if (life) unsaved.at = ToTime(*life);
  return unsaved;
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
