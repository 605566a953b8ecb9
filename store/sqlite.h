// The part of SQLite that the store uses, with owners for its handles and errors as values. Knows
// nothing of incidents.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace connwatch {

/// An Error of SQLite has one of its result codes as `code`, not an errno.
bool IsFull(const Error& error);     // no space on the disk, or the limit of bytes is reached
bool IsDamaged(const Error& error);  // no database, damaged, or other tables
/// Returns an error for which IsDamaged is true.
Error DamagedError(std::string_view context);

/// A statement that is ready to run. Must not outlive its database.
class SqlStatement {
 public:
  explicit SqlStatement(sqlite3_stmt* statement) : statement_(statement, Finalize) {}

  /// Sets the parameter ?1, ?2, ... `text` is copied.
  SqlStatement& Bind(int index, std::int64_t number);
  SqlStatement& Bind(int index, std::string_view text);
  /// NULL if it is absent.
  SqlStatement& BindIfAny(int index, const std::optional<std::int64_t>& number);
  SqlStatement& BindIfAny(int index, const std::optional<std::string>& text);

  /// Runs to the next row. Returns false if there is none.
  Result<bool> Step();
  /// Runs a statement that has no rows, and makes it ready to run again.
  Result<void> Run();
  /// Makes it ready to run again. The parameters keep their values.
  void Reset();

  /// The values of the row, by column from 0 on.
  std::int64_t Number(int column) const;
  std::optional<std::int64_t> NumberIfAny(int column) const;
  std::string Text(int column) const;

 private:
  static void Finalize(sqlite3_stmt* statement);

  std::unique_ptr<sqlite3_stmt, void (*)(sqlite3_stmt*)> statement_;
};

/// For one thread at a time.
class SqlDatabase {
 public:
  /// Opens the file, and makes it if it does not exist. ":memory:" is a database in memory.
  static Result<SqlDatabase> Open(const std::string& path);

  /// Runs statements that have neither parameters nor rows that matter.
  Result<void> Execute(const std::string& statements);
  Result<SqlStatement> Prepare(const std::string& statement);
  /// Returns the number in the first column of the only row of `statement`.
  Result<std::int64_t> QueryNumber(const std::string& statement);

 private:
  explicit SqlDatabase(sqlite3* database) : database_(database, Close) {}
  static void Close(sqlite3* database);

  std::unique_ptr<sqlite3, void (*)(sqlite3*)> database_;
};

}  // namespace connwatch
