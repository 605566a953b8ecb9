#include "store/sqlite.h"

#include <sqlite3.h>

#include <cstddef>
#include <system_error>
#include <utility>

namespace connwatch {

namespace {

// SQLite quotes what is in the file, which may be anything. So the text becomes one line of ASCII
// that is not long.
std::string Cleaned(std::string_view text) {
  constexpr std::size_t kLongest = 300;
  std::string cleaned(text.substr(0, kLongest));
  for (char& c : cleaned) {
    if (c == '\n') c = ' ';
    if (c < ' ' || c > '~') c = '?';
  }
  return cleaned;
}

// The message has the primary result code only, so the errno is added: it says why.
Error ErrorOf(sqlite3* database, std::string_view what) {
  const int code = sqlite3_errcode(database);
  std::string text = std::string(what) + ": " + sqlite3_errmsg(database);
  const int cause = sqlite3_system_errno(database);
  const bool is_io = code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_FULL;
  if (is_io && cause != 0) text += " (" + std::generic_category().message(cause) + ")";
  return Error{code, Cleaned(text)};
}

}  // namespace

bool IsFull(const Error& error) { return error.code == SQLITE_FULL; }

// SQLITE_ERROR is a statement that does not fit the tables in the file.
bool IsDamaged(const Error& error) {
  return error.code == SQLITE_CORRUPT || error.code == SQLITE_NOTADB || error.code == SQLITE_ERROR;
}

Error DamagedError(std::string_view context) { return Error{SQLITE_CORRUPT, Cleaned(context)}; }

void SqlStatement::Finalize(sqlite3_stmt* statement) { sqlite3_finalize(statement); }

SqlStatement& SqlStatement::Bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

SqlStatement& SqlStatement::Bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

SqlStatement& SqlStatement::BindIfAny(int index, const std::optional<std::int64_t>& number) {
  if (number) return Bind(index, *number);
  sqlite3_bind_null(statement_.get(), index);
  return *this;
}

SqlStatement& SqlStatement::BindIfAny(int index, const std::optional<std::string>& text) {
  if (text) return Bind(index, *text);
  sqlite3_bind_null(statement_.get(), index);
  return *this;
}

Result<bool> SqlStatement::Step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return ErrorOf(sqlite3_db_handle(statement_.get()), "run a statement");
  }
}

Result<void> SqlStatement::Run() {
  auto stepped = Step();
  Reset();
  if (!stepped) return std::move(stepped).error();
  return {};
}

// What failed was told by Step.
void SqlStatement::Reset() { sqlite3_reset(statement_.get()); }

std::int64_t SqlStatement::Number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> SqlStatement::NumberIfAny(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return Number(column);
}

std::string SqlStatement::Text(int column) const {
  const unsigned char* const text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {text, text + size};
}

void SqlDatabase::Close(sqlite3* database) { sqlite3_close(database); }

Result<SqlDatabase> SqlDatabase::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  // SQLITE_OPEN_NOMUTEX: only one thread uses it at a time.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return Error{code, "open " + path + ": no memory"};
  SqlDatabase database(handle);  // SQLite gives a handle that must be closed also if it fails
  if (code != SQLITE_OK) return ErrorOf(handle, "open " + path);
  return database;
}

Result<void> SqlDatabase::Execute(const std::string& statements) {
  if (sqlite3_exec(database_.get(), statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return {};
  }
  return ErrorOf(database_.get(), "run a statement");
}

Result<SqlStatement> SqlDatabase::Prepare(const std::string& statement) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), statement.data(),
                                      static_cast<int>(statement.size()), &prepared, nullptr);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), "prepare a statement");
  return SqlStatement(prepared);
}

Result<std::int64_t> SqlDatabase::QueryNumber(const std::string& statement) {
  auto prepared = Prepare(statement);
  if (!prepared) return std::move(prepared).error();
  auto row = prepared->Step();
  if (!row) return std::move(row).error();
  return *row ? prepared->Number(0) : 0;
}

}  // namespace connwatch
