// The daemon's log: spdlog to standard error. If that is the journal, each line begins with its
// priority, and a line of text has no time, because the journal adds it.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace connwatch {

/// Sets up or changes the log. Not thread-safe: call it on the loop thread.
void ConfigureLogging(const LogConfig& config);

/// Prints a line without time and level, for errors before the log is set up.
void PrintError(std::string_view line);

void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

/// For KernelReader::Log. Logs a warning if something cannot be read, else an info.
void LogReadChange(bool is_failure, const std::string& line);

}  // namespace connwatch
