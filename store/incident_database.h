// Incidents in an SQLite database: what was found is written down, bounded in rows, bytes and age.
// If the disk takes nothing, changes are kept in memory until it does.
//
// Two databases are behind it. `main` is the file; `spare` is in memory and has what could not be
// written to the file. Readers see both. A file that is damaged is put aside, and a new one begun.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/incidents/incident.h"
#include "store/sqlite.h"

namespace connwatch {

/// The bounds of what is kept. The oldest incidents go first.
struct IncidentBounds {
  std::size_t incidents = 10'000;
  std::uint64_t bytes = 64ULL << 20U;  // of the file; a quarter of it without a file
  std::chrono::hours age{30 * 24};
};

/// For one thread at a time. Every call may wait for the disk.
class IncidentDatabase {
 public:
  /// The most incidents and the most samples that are kept in memory while the disk takes nothing.
  static constexpr std::size_t kMaxSpareIncidents = 1'000;
  static constexpr std::size_t kMaxSpareSamples = 1'000;
  static constexpr const char* kFileName = "incidents.db";

  /// Opens the database in `directory`; in memory if it is empty. Incidents that go on are closed,
  /// because the daemon that wrote them is no more. Fails if the file cannot be used.
  static Result<IncidentDatabase> Open(const std::filesystem::path& directory,
                                       const IncidentBounds& bounds = {});

  /// Renames the file, which is damaged, and begins a new one.
  static Result<IncidentDatabase> OpenNew(const std::filesystem::path& directory,
                                          const IncidentBounds& bounds, const Error& damage);

  /// What was done about a file that could not be used; empty if there was none. For the log.
  const std::string& notice() const { return notice_; }
  bool is_persistent() const { return is_persistent_; }

  /// Writes the changes to the file. If that fails, keeps them in memory (at most
  /// kMaxSpareIncidents and kMaxSpareSamples, the newest) and still returns the error; later calls
  /// write them to the file.
  Result<void> Save(const IncidentChanges& changes);
  /// Writes what is kept in memory to the file, if there is anything.
  Result<void> SaveSpare();
  Result<IncidentPage> Read(const IncidentQuery& query);
  /// Returns what is in memory only.
  Result<IncidentChanges> Unsaved();
  /// Removes what is beyond the bounds of rows and age.
  Result<void> Prune(WallTime now);

  Result<std::uint64_t> CountIncidents();
  Result<std::uint64_t> CountBytes();

 private:
  IncidentDatabase(SqlDatabase database, const IncidentBounds& bounds, bool is_persistent)
      : database_(std::move(database)), bounds_(bounds), is_persistent_(is_persistent) {}
  static Result<IncidentDatabase> OpenFile(const std::string& path, const IncidentBounds& bounds);

  using Step = std::function<Result<void>()>;
  Result<void> Prepare();
  Result<void> SetLimit();
  Result<void> CheckFile();
  Result<void> EndWhatWasOpen();
  // Does `write` in one transaction.
  Result<void> AsOne(const Step& write);
  // The same. If the file or the disk is full, makes room and tries once more; if that fails, too,
  // nothing has changed.
  Result<void> WithRoom(const Step& write);
  Result<void> WriteRows(const std::string& schema, const IncidentChanges& changes);
  Result<void> MoveSpare(std::size_t count);
  Result<void> KeepWithinRows();
  Result<void> KeepInSpare(const IncidentChanges& changes);
  Result<void> RemoveOldest(std::size_t count);
  // Reads what a statement finds: the incidents with these ids; samples with `at` and `document`.
  Result<void> ReadIncidents(SqlStatement& ids, std::vector<Incident>& incidents);
  static Result<void> ReadSamples(SqlStatement& rows, std::vector<IncidentSample>& samples);
  Result<Incident> ReadIncident(const std::string& id);

  SqlDatabase database_;
  IncidentBounds bounds_;
  bool is_persistent_;
  std::filesystem::path file_;  // empty: in memory
  bool has_spare_ = false;      // the spare database is not empty
  std::string notice_;
};

}  // namespace connwatch
