// The daemon's log: spdlog makes the lines, and a LogThread writes them to standard error. So
// logging never waits. If standard error is the journal, each line begins with its priority, and a
// line of text has no time, because the journal adds it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "core/base/result.h"

namespace connwatch {

/// Starts the log. Must be called before anything is logged. Fails if no thread can be
/// started.
Result<void> StartLog(const LogConfig& config);

/// Changes level and format from now on. Not thread-safe: call it on the loop thread.
void ConfigureLogging(const LogConfig& config);

/// Ends the log. Whatever still waits is written, if that is possible within LogThread's patience.
/// What is logged later is lost. Does nothing if the log was not started.
void EndLog();

/// How many lines of the log could not be written since the start. Any thread may call it.
std::uint64_t LostLogLines();

/// Prints a line without time and level, and waits until that is done. For programs that print
/// something and end, and for errors before the log is started.
void PrintError(std::string_view line);

void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

/// Logs a warning if something has begun to fail, an info if it works again.
void LogChange(bool is_failure, const std::string& line);

}  // namespace connwatch
